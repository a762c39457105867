import assert from 'node:assert/strict'
import fc from 'fast-check'
import { validate } from '../../engine/canonical/index.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { FunctionError, libraryFunctions } from '../../engine/mapping/library/index.ts'

type Call = (...args: unknown[]) => unknown
const library = libraryFunctions() as unknown as Record<string, Call>
const call = (name: string, ...args: unknown[]): unknown => library[name]!(...args)

function refuses(name: string, ...args: unknown[]): FunctionError {
  try {
    call(name, ...args)
  } catch (error) {
    assert.ok(error instanceof FunctionError, `${name}(${JSON.stringify(args)}): ${error}`)
    assert.deepEqual([error.category, error.code, error.function], ['invalid', 'mapping.value', `$${name}`])
    return error
  }
  return assert.fail(`$${name} took ${JSON.stringify(args)}`)
}

/** Rows of `[arguments, result]`; a result of FunctionError says that the function refuses. */
function table(name: string, rows: [unknown[], unknown][]): void {
  for (const [args, expected] of rows)
    it(`$${name}(${args.map((arg) => JSON.stringify(arg) ?? 'nothing').join(', ')})`, () => {
      if (expected === FunctionError) refuses(name, ...args)
      else assert.deepEqual(call(name, ...args), expected)
    })
}

describe('functions of mappings', () => {
  it('nothing given is nothing back, also null and blanks', () => {
    const takes = Object.keys(library).filter((name) => !['eval', 'sha256', 'reference', 'requires'].includes(name))
    for (const name of takes)
      for (const nothing of [undefined, null, '']) {
        if (name === 'addressLines') assert.equal(call(name, nothing), undefined)
        else assert.equal(call(name, nothing, 'EUR', 'kg'), undefined, `${name}(${nothing})`)
      }
  })

  it('an error never quotes the value, which may be anybody’s', () => {
    for (const [name, ...args] of [
      ['phone', 'Jo Doe 12345', 'DE'],
      ['country', 'Jo Doe'],
      ['amount', 'Jo Doe', 'EUR'],
      ['localTime', 'Jo Doe', 'Europe/Berlin'],
      ['parseNumber', 'Jo Doe'],
      ['convert', 1, 'Jo Doe', 'kg'],
    ] as [string, ...unknown[]][]) {
      const error = refuses(name, ...args)
      assert.doesNotMatch(error.message, /Jo Doe/)
    }
  })

  it('whatever is given, the answer is a value or one of our errors', () => {
    const anything = fc.oneof(fc.anything({ maxDepth: 2 }), fc.string(), fc.double(), fc.date().map(String))
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(library)), fc.array(anything, { maxLength: 4 }), (name, args) => {
        try {
          call(name, ...args)
        } catch (error) {
          assert.ok(error instanceof FunctionError, `${name}: ${error}`)
        }
      }),
      { numRuns: 5000, seed: 20261126 },
    )
  })
})

describe('numbers and money', () => {
  table('parseNumber', [
    [['1234'], 1234],
    [['-1,5', { decimal: ',' }], -1.5],
    [['+7'], 7],
    [['1.234.567,8', { decimal: ',', group: '.' }], 1234567.8],
    [["1'234.50", { group: "'" }], 1234.5],
    [['1 234', { group: ' ' }], 1234],
    [['007'], 7],
    [[12.5], 12.5],
    [['12.34.56'], FunctionError],
    [['1.23,4', { decimal: ',', group: '.' }], FunctionError],
    [['1,234', { decimal: '.', group: '.' }], FunctionError],
    [['12', { decimals: ',' }], FunctionError],
    [['1e3'], FunctionError],
    [['0x10'], FunctionError],
    [['.5'], FunctionError],
    [['5.'], FunctionError],
    [['Infinity'], FunctionError],
    [[Number.NaN], FunctionError],
    [['12345678901234567'], FunctionError],
    [[{}], FunctionError],
    [[['1', '2']], FunctionError],
  ])
  table('plainDecimal', [
    [['0012.50'], '12.50'],
    [['-0,10', { decimal: ',' }], '-0.10'],
  ])
  table('amount', [
    [['0.1', 'eur'], { amount: '0.10', currency: 'EUR' }],
    [['12.900', 'EUR'], { amount: '12.90', currency: 'EUR' }],
    [['12.345', 'KWD'], { amount: '12.345', currency: 'KWD' }],
    [['12', 'JPY'], { amount: '12', currency: 'JPY' }],
    [[7.99, 'USD'], { amount: '7.99', currency: 'USD' }],
    [['-3.5', 'EUR'], { amount: '-3.50', currency: 'EUR' }],
    [['9.995', 'EUR', { round: true }], { amount: '10.00', currency: 'EUR' }],
    [['-9.995', 'EUR', { round: true }], { amount: '-10.00', currency: 'EUR' }],
    [['12.5', 'JPY'], FunctionError],
    [['1.00'], FunctionError],
    [['1.00', 'EURO'], FunctionError],
    [['1,00', 'EUR'], FunctionError],
  ])
  table('money', [
    [[0, 'EUR'], { amount: '0.00', currency: 'EUR' }],
    [[-5, 'EUR'], { amount: '-0.05', currency: 'EUR' }],
    [['799', 'EUR'], FunctionError],
    [[1.5, 'EUR'], FunctionError],
    [[2 ** 53, 'EUR'], FunctionError],
  ])
  const euros = (amount: string) => ({ amount, currency: 'EUR' })
  table('sumMoney', [
    [[[]], undefined],
    [[euros('1.10')], euros('1.10')],
    [[[euros('0.1'), euros('0.2'), null]], euros('0.30')],
    [[[euros('1'), { amount: '1', currency: 'USD' }]], FunctionError],
    [[[{ amount: 1, currency: 'EUR' }]], FunctionError],
  ])
  table('subtractMoney', [
    [[euros('1.00'), undefined], euros('1.00')],
    [[euros('1.00'), euros('0.99')], euros('0.01')],
    [[undefined, euros('1')], undefined],
  ])

  it('minor units and money are each other’s opposite, for every currency', () => {
    const currencies = fc.constantFrom('EUR', 'USD', 'JPY', 'KWD')
    fc.assert(
      fc.property(fc.maxSafeInteger(), currencies, (minor, currency) =>
        assert.equal(call('minorUnits', call('money', minor === 0 ? 0 : minor, currency)), minor === 0 ? 0 : minor),
      ),
      { numRuns: 500, seed: 20261126 },
    )
  })
})

describe('units', () => {
  table('convert', [
    [[1, 'KGM', 'LBR', 6], 2.204623],
    [[16, 'oz', 'lb'], 1],
    [[-40, 'C', 'F'], -40],
    [['0', 'CEL', 'KEL'], 273.15],
    [[100, 'km/h', 'm/s', 3], 27.778],
    [[1, 'mi', 'km'], 1.609344],
    [[2.5, 'h', 'min'], 150],
    [[1, 'FTQ', 'l', 2], 28.32],
    [[1.005, 'kg', 'kg', 2], 1.01],
    [[1, 'kg', 'furlong'], FunctionError],
    [[1, 'kg', 'kg', 1.5], FunctionError],
    [['1,5', 'kg', 'g'], FunctionError],
  ])
  table('unit', [
    [['pallet'], 'PAL'],
    [['TO'], 'T'],
    [['TNE', 'sap'], 'TO'],
    [['PC', 'unece'], 'H87'],
    [['PAL', 'unece'], FunctionError],
    [['kg', 'imperial'], FunctionError],
    [['constructor'], FunctionError],
  ])
  it('there and back is the same weight', () => {
    const grams = fc.integer({ min: 0, max: 1e9 })
    fc.assert(
      fc.property(grams, (value) =>
        assert.equal(call('convert', call('convert', value, 'g', 'lb', 12), 'lb', 'g', 0), value),
      ),
      { numRuns: 300, seed: 20261126 },
    )
  })
})

describe('times', () => {
  const berlin = 'Europe/Berlin'
  table('localTime', [
    [['2026-03-02 14:47', berlin], '2026-03-02T14:47:00+01:00'],
    [['2026-07-02T14:47:02.250', berlin], '2026-07-02T14:47:02.250+02:00'],
    [['2026-07-02T14:47:02', 'America/New_York'], '2026-07-02T14:47:02-04:00'],
    [['2026-07-02T14:47:02', 'UTC'], '2026-07-02T14:47:02Z'],
    [['2026-07-02T14:47:02', 'Asia/Kathmandu'], '2026-07-02T14:47:02+05:45'],
    [['2026-03-29T02:30:00', berlin, { gap: 'earlier' }], '2026-03-29T01:30:00+01:00'],
    [['2026-03-29T02:30:00', berlin, { gap: 'later' }], '2026-03-29T03:30:00+02:00'],
    [['2026-10-25T02:30:00', berlin, { overlap: 'earlier' }], '2026-10-25T02:30:00+02:00'],
    [['2026-10-25T02:30:00', berlin, { overlap: 'later' }], '2026-10-25T02:30:00+01:00'],
    [['2026-10-25T03:00:00', berlin], '2026-10-25T03:00:00+01:00'],
    [['2026-03-29T02:30:00', '+01:00'], '2026-03-29T02:30:00+01:00'],
    // Half an hour on Lord Howe Island; a whole day that Samoa left out.
    [['2026-04-05T01:45:00', 'Australia/Lord_Howe', { overlap: 'later' }], '2026-04-05T01:45:00+10:30'],
    [['2011-12-30T12:00:00', 'Pacific/Apia', { gap: 'later' }], '2011-12-31T12:00:00+14:00'],
    [['2026-03-02T14:47:02Z', berlin], FunctionError],
    [['2026-02-30T14:47:02', berlin], FunctionError],
    [['2026-03-02T24:00:00', berlin], FunctionError],
    [['0001-01-01T00:00:00', berlin], FunctionError],
    [['2026-03-02', berlin], FunctionError],
    [['2026-03-02T14:47:02'], FunctionError],
    [['2026-03-02T14:47:02', 'CET'], FunctionError],
    [['2026-03-02T14:47:02', 'Europe/Atlantis'], FunctionError],
    [['2026-03-02T14:47:02', '+25:00'], FunctionError],
    [['2026-03-02T14:47:02', berlin, { gap: 'guess' }], FunctionError],
    [['02.03.2026 14:47', berlin, { format: 'dd.MM.yyyy HH:mm ZZ' }], FunctionError],
  ])
  table('dateAndTime', [
    [['20260302', '1447', 'ED'], '2026-03-02T14:47:00-04:00'],
    [[20260302, 1447, 'Z'], '2026-03-02T14:47:00Z'],
    [['20260302', '1447', 'LT'], FunctionError],
    [['20260302', undefined, 'Z'], FunctionError],
    [['20260302', '1447', undefined], FunctionError],
    [['260302', '1447', 'Z'], FunctionError],
    [['20260302', '2547', 'Z'], FunctionError],
  ])
  table('date', [
    [['20260302', 'yyyyMMdd'], '2026-03-02'],
    [['29.02.2026', 'dd.MM.yyyy'], FunctionError],
    [['2026-03-02', ''], FunctionError],
  ])
  table('instant', [
    [['2026-03-02 14:47:02 -0500', 'yyyy-MM-dd HH:mm:ss ZZZ'], '2026-03-02T14:47:02-05:00'],
    [['2026-03-02 14:47', 'yyyy-MM-dd HH:mm'], FunctionError],
  ])
  table('inZone', [
    [['2026-10-25T01:30:00Z', berlin], '2026-10-25T02:30:00+01:00'],
    [['2026-03-02T14:47:02+01:00', 'UTC'], '2026-03-02T13:47:02Z'],
    [['2026-03-02T14:47:02', berlin], FunctionError],
  ])
  table('isoFromEpochUs', [
    [['1772463422123456'], '2026-03-02T14:57:02.123Z'],
    [[0], '1970-01-01T00:00:00Z'],
    [[1772463422123], FunctionError],
  ])
  table('isoFromEpochMs', [[[1772463422123456], FunctionError]])

  it('every local time is an instant at which the clock shows it, or an error', () => {
    const walls = fc.date({ min: new Date('1971-01-01Z'), max: new Date('2100-01-01Z'), noInvalidDate: true })
    const zones = fc.constantFrom(
      berlin,
      'America/New_York',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Asia/Tehran',
      'Africa/Casablanca',
    )
    fc.assert(
      fc.property(walls, zones, (wall, zone) => {
        const text = wall.toISOString().slice(0, 19)
        const earlier = call('localTime', text, zone, { gap: 'earlier', overlap: 'earlier' }) as string
        const later = call('localTime', text, zone, { gap: 'later', overlap: 'later' }) as string
        assert.ok(Date.parse(earlier) <= Date.parse(later))
        if (earlier !== later) return void refuses('localTime', text, zone)
        assert.equal(earlier.slice(0, 19), text)
        assert.equal(call('inZone', earlier, zone), earlier)
        assert.equal(call('localTime', text, zone), earlier)
      }),
      { numRuns: 2000, seed: 20261126 },
    )
  })
})

describe('places', () => {
  table('country', [
    [['de'], 'DE'],
    [['4'], 'AF'],
    [['XK'], 'XK'],
    [['United States of America'], 'US'],
    [['UK'], 'GB'],
    [['ZZ'], FunctionError],
    [['999'], FunctionError],
    [['__proto__'], FunctionError],
  ])
  table('countryAlpha3', [
    [['Deutschland'], FunctionError],
    [['XK'], 'XKX'],
  ])
  table('phone', [
    [['+49 170 1234567', 'US'], '+491701234567'],
    [['(212) 555-0142', 'USA'], '+12125550142'],
    [['00491701234567', 'DE'], '+491701234567'],
    [['12', 'DE'], FunctionError],
    [['+49 170'], FunctionError],
    [['call 0170 1234567', 'DE'], FunctionError],
    [['0170 1234567', 'AQ'], FunctionError],
  ])
  table('addressLines', [
    [['a\n b \r\n\n c'], ['a', 'b', 'c']],
    [[[' ', null]], undefined],
    [
      ['abcdefghij', { width: 4 }],
      ['abcd', 'efgh', 'ij'],
    ],
    [['one two', { width: 0 }], FunctionError],
    [[['a'], { lines: 2 }], FunctionError],
    [[[{ street: 'a' }]], FunctionError],
  ])
  table('houseNumber', [
    [['Straße des 17. Juni 135', 'last'], { street: 'Straße des 17. Juni', number: '135' }],
    [['Hauptstr. 5-7', 'last'], { street: 'Hauptstr.', number: '5-7' }],
    [['10 Downing Street', 'last'], { street: '10 Downing Street' }],
    [['10 Downing Street', 'first'], { street: 'Downing Street', number: '10' }],
    [['Hauptstr. 5', 'middle'], FunctionError],
  ])
})

describe('texts and references', () => {
  table('clean', [
    [['a\u0000b\u202ec\u200bd'], 'a bcd'],
    [['😀😀😀', 2], '😀😀'],
    [['half \ud83d'], 'half'],
    [['abc', 0], FunctionError],
    [[{}], FunctionError],
  ])
  table('first', [
    [[[undefined, ' ', false, 1]], false],
    [['x'], 'x'],
    [[[]], undefined],
  ])
  table('sha256', [
    [[{ b: [1, 2], a: null }], call('sha256', { a: null, b: [1, 2] })],
    [[''], 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ])
  table('reference', [
    [['order', ''], undefined],
    [[{ order: null }], undefined],
    [['order', 2 ** 60], FunctionError],
    [['order', { no: 1 }], FunctionError],
    [['order', 'x'.repeat(129)], FunctionError],
    [[['order']], FunctionError],
  ])

  it('a reference is one that an event may have', () => {
    const event = {
      eventId: 'e',
      type: 'delivery.completed',
      occurredAt: '2026-03-02T14:47:02Z',
      receivedAt: '2026-03-02T14:47:02Z',
      source: 'API',
      provider: 'acme',
      dedupKey: 'x',
      mappingVersion: '1',
      shipmentRef: call('reference', 'order', '  SO 1\n'),
    }
    assert.deepEqual(
      validate('delivery-event', event).filter(({ field }) => field.startsWith('shipmentRef')),
      [],
    )
  })

  it('functions work on the items of a list, where the language calls them', async () => {
    const { evaluate } = createEvaluator()
    const input = { times: ['1772463422', '1772463423'], codes: ['DEU', 'FRA'] }
    assert.deepEqual(await evaluate('times.$isoFromEpoch($)', input), ['2026-03-02T14:57:02Z', '2026-03-02T14:57:03Z'])
    assert.deepEqual(await evaluate('$map(codes, $country)', input), ['DE', 'FR'])
  })
})
