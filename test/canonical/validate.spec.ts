import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { ENTITIES, type Entity, type Issue, readSchema, type Schema, validate } from '../../engine/canonical/index.ts'
import { example } from '../support/canonical.ts'

type Document = Record<string, unknown>

/** The example with one value put at a dotted path; `undefined` takes the field away. */
function mutant(entity: Entity, path: string, value: unknown): Document {
  const document = example<Document>(entity)
  const keys = path.split('.')
  const last = keys.pop()!
  const holder = keys.reduce<Document>((at, key) => at[key] as Document, document)
  if (value === undefined) delete holder[last]
  else Object.defineProperty(holder, last, { value, enumerable: true, configurable: true, writable: true })
  return document
}

function codesOf(entity: Entity, path: string, value: unknown): string[] {
  return validate(entity, mutant(entity, path, value)).map((issue: Issue) => `${issue.field} ${issue.code}`)
}

function assertRefused(entity: Entity, path: string, values: unknown[]): void {
  for (const value of values) {
    const issues = validate(entity, mutant(entity, path, value))
    assert.ok(issues.length > 0, `${entity} took ${path} = ${String(value)}`)
    assert.ok(
      issues.some(({ field }) => field === path || field.startsWith(`${path}.`)),
      `${path} = ${String(value)} was blamed on ${issues.map(({ field }) => field).join(', ')}`,
    )
  }
}

function assertTaken(entity: Entity, path: string, values: unknown[]): void {
  for (const value of values)
    assert.deepEqual(validate(entity, mutant(entity, path, value)), [], `${path} = ${String(value)}`)
}

describe('validate', () => {
  it('names each required field that is missing', () => {
    for (const entity of ENTITIES)
      for (const field of (readSchema(entity) as Schema).required ?? [])
        assert.deepEqual(codesOf(entity, field, undefined), [`${field} required`])
  })

  it('refuses unknown fields at every level, by name', () => {
    for (const entity of ENTITIES) assert.deepEqual(codesOf(entity, 'surplus', 1), ['surplus unknown-field'])
    assert.deepEqual(codesOf('order', 'consignee.address.zip', '10013'), ['consignee.address.zip unknown-field'])
    assert.deepEqual(codesOf('order', 'lines.0.total', 3), ['lines.0.total unknown-field'])
  })

  it('refuses any field of the wrong type, without coercing', () => {
    for (const entity of ENTITIES) {
      const document = example<Document>(entity)
      for (const [field, value] of Object.entries(document)) {
        if (entity === 'cloud-event' && field === 'data') continue
        const wrong = [null, true, '', 0, [], {}, '5'].filter((other) => kindOf(other) !== kindOf(value))
        for (const other of wrong)
          assert.ok(
            validate(entity, mutant(entity, field, other)).length > 0,
            `${entity}.${field} = ${JSON.stringify(other)}`,
          )
      }
    }
  })

  it('takes quantities as numbers above zero only', () => {
    assertRefused('order', 'lines.0.quantity', [
      '5',
      true,
      null,
      '',
      0,
      -1,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      JSON.parse('1e400'),
    ])
    assertTaken('order', 'lines.0.quantity', [0.5, 5])
  })

  it('refuses numbers that lost digits when they were parsed, and ids that are numbers', () => {
    assertRefused('order', 'lines.0.quantity', [JSON.parse('12345678901234567890')])
    assertRefused('inventory-position', 'onHand', [JSON.parse('12345678901234567890')])
    assertRefused('order', 'orderId', [10042, JSON.parse('12345678901234567890')])
  })

  it('takes money as decimal text that fits its currency', () => {
    const amounts = [
      0.1 + 0.2,
      12.99,
      '12.999',
      '1.234,56',
      '1,234.56',
      '',
      '.5',
      '5.',
      '1e3',
      '+1',
      '-1.00',
      '01',
      'NaN',
      '1_000',
      ' 1',
    ]
    for (const amount of amounts) assertRefused('order', 'goodsValue', [{ amount, currency: 'EUR' }])
    for (const currency of [undefined, 'XXX', 'XTS', 'eur', 'EURO', '', null, 978])
      assertRefused('order', 'goodsValue', [{ amount: '1.00', currency }])
    assert.deepEqual(codesOf('order', 'goodsValue', { amount: '1.5', currency: 'JPY' }), ['goodsValue decimals'])
    assertRefused('order', 'goodsValue', [{ amount: '1.2345', currency: 'BHD' }])
    assertTaken('order', 'goodsValue', [
      { amount: '1500', currency: 'JPY' },
      { amount: '1.234', currency: 'BHD' },
      { amount: '0', currency: 'EUR' },
    ])
    assertTaken('charge', 'amount', [{ amount: '-12.99', currency: 'EUR' }])
  })

  it('takes weights and sizes within what a vehicle can carry, and units that exist', () => {
    assertRefused('order', 'packages.0.weightKg', [0, -1, 1e9, '12.7', null])
    assertRefused('order', 'packages.0.lengthCm', [0, -40, 1e6])
    assertRefused('order', 'lines.0.unit', ['', 'pieces', 'XYZ', 'pc', 1])
  })

  it('takes times that exist, with offset, and no others', () => {
    assertRefused('delivery-event', 'occurredAt', [
      '2026-02-30T10:00:00Z',
      '2026-02-29T10:00:00Z',
      '2100-02-29T10:00:00Z',
      '2026-04-31T10:00:00Z',
      '2026-13-01T10:00:00Z',
      '2026-00-10T10:00:00Z',
      '2026-01-00T10:00:00Z',
      '2026-03-02T24:00:00Z',
      '2026-03-02T23:60:00Z',
      '2026-06-30T23:59:60Z',
      '2026-03-02T10:00:00',
      '2026-03-29T02:30:00 Europe/Paris',
      '2026-03-29T02:30:00[Europe/Paris]',
      '2026-03-02 10:00:00Z',
      '2026-03-02T10:00Z',
      '2026-03-02T10:00:00+1',
      '2026-03-02T10:00:00+14:01',
      '2026-03-02T10:00:00+02:60',
      '2026-03-02T10:00:00,5Z',
      '2026-03-02t10:00:00z',
      '02/03/2026',
      '2026-03-02',
      '',
      1772461622,
      1772461622000,
      null,
    ])
    const zones = ['Z', '+01:00', '-05:00', '+05:45', '+14:00', '-00:00']
    assertTaken(
      'delivery-event',
      'occurredAt',
      zones.map((zone) => `2026-03-02T14:47:02${zone}`),
    )
    assertTaken('delivery-event', 'occurredAt', [
      '2028-02-29T00:00:00Z',
      '2000-02-29T00:00:00Z',
      '2026-03-02T14:47:02.123456789Z',
    ])
    assertRefused('route', 'date', ['2026-02-30', '2026-3-2', '20260302'])
  })

  it('agrees with the calendar about every date', () => {
    const day = fc
      .integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2100, 11, 31) })
      .map((at) => new Date(at).toISOString())
    fc.assert(
      fc.property(day, (time) => validate('delivery-event', mutant('delivery-event', 'occurredAt', time)).length === 0),
    )
  })

  it('keeps coordinates on the globe, as numbers', () => {
    assertRefused('position', 'lat', [91, -90.5, '48.85', '48,85', null, Number.NaN])
    assertRefused('position', 'lon', [181, -180.5, '2.35', null])
    assertRefused('delivery-event', 'location', [{ lat: 91, lon: 0 }, { lat: 1 }, [48.85, 2.35], '48.85,2.35'])
    assertTaken('position', 'lat', [0, -0, 90, -90])
  })

  it('refuses what is no text, or no text that a label or a log can carry', () => {
    assertRefused('order', 'consignee.name', [
      { $ne: null },
      { $gt: '' },
      ['x'],
      '\ud800',
      'a\u0000b',
      'a\u001b[31m',
      'a\u202eb',
      '',
      'x'.repeat(121),
    ])
    assertTaken('order', 'consignee.name', [
      'Jörg Müller-Lüdenscheidt',
      '李小龍',
      'دانيال',
      '👩‍🚒 Fire',
      "O'Hara; DROP TABLE orders --",
    ])
    assertRefused('order', 'orderId', [' SO-1', 'SO-1 ', 'SO\n1', 'x'.repeat(129)])
    assertRefused('order', 'consignee.address.lines.0', ['x'.repeat(500)])
    assertRefused('order', 'consignee.address.country', ['usa', 'us', 'ZZ', 'EU', ''])
  })

  it('refuses keys that reach into prototypes', () => {
    const document = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}')
    assert.equal(validate('order', document)[0]?.code, 'unknown-field')
    assert.equal(({} as Document).polluted, undefined)
    assert.deepEqual(codesOf('order', 'consignee.__proto__', { polluted: true }), ['consignee.__proto__ unknown-field'])
  })

  it('refuses documents that are too deep or too large, without falling over them', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
    assert.equal(validate('order', mutant('order', 'notes', deep))[0]?.code, 'too-deep')
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n]))
    assert.equal(validate('order', wide)[0]?.code, 'too-large')
    assert.equal(validate('order', Array(1_000_000).fill(0))[0]?.code, 'too-large')
  })

  it('gives at most twenty issues and never repeats what was sent', () => {
    const lines = Array.from({ length: 500 }, () => ({ lineId: 1, secret: 'hunter2' }))
    const issues = validate('order', mutant('order', 'lines', lines))
    assert.equal(issues.length, 20)
    assert.equal(
      JSON.stringify(validate('order', mutant('order', 'serviceLevel', 'hunter2'))).includes('hunter2'),
      false,
    )
  })

  it('answers any value at all without throwing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ENTITIES),
        fc.anything({ withBigInt: true, withNullPrototype: true }),
        (entity, value) => validate(entity, value).length > 0,
      ),
    )
  })

  it('keeps a code that no table knows, and an empty one', () => {
    assertTaken('delivery-event', 'rawCode', ['', 'NEW_ENUM_2027'])
    assertTaken('delivery-event', 'type', ['status.unmapped'])
    assertRefused('delivery-event', 'type', ['delivered', ''])
    assertRefused('delivery-event', 'reason', ['because'])
  })

  it('takes addresses of web pages only', () => {
    assertRefused('shipment', 'booking.trackingUrl', [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'https://user:pass@example.com/',
      '//x',
      'x',
    ])
  })
})

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
