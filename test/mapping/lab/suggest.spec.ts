import assert from 'node:assert/strict'
import { type Fit, fitted } from '../../../engine/mapping/lab/fit.ts'
import { type Question, sourcesIn, suggestions } from '../../../engine/mapping/lab/suggest.ts'
import { flat, targetsOf } from '../../../engine/mapping/lab/targets.ts'
import { tokensOf, wordsIn } from '../../../engine/mapping/lab/words.ts'
import { lab } from '../../support/lab.ts'
import { hitRate } from '../../support/suggestions.ts'

const EVENT = flat(targetsOf('delivery-event'))
const SHIPMENT = flat(targetsOf('shipment'))
const target = (path: string, among = EVENT) => among.find((one) => one.path === path) ?? assert.fail(path)

describe('suggestions for empty fields', () => {
  const ask = (path: string, body: unknown, more: Partial<Question> = {}) =>
    suggestions({
      entity: 'delivery-event',
      targets: [target(path)],
      sources: sourcesIn({ body }),
      ...{ used: new Set<string>(), codes: new Set<string>(), evidence: new Map(), ...more },
    })

  it('have the right source among the first three for four of five fields of the couriers, without their own mapping’s help', async function () {
    this.timeout(30_000)
    const { asked, hits, first } = await hitRate(lab)
    const share = (count: number) => `${Math.round((100 * count) / asked)} %`
    console.log(`      right among three: ${share(hits)}, right at once: ${share(first)} of ${asked} fields`)
    assert.ok(asked >= 100, 'there is something to find')
    assert.ok(hits / asked >= 0.8, share(hits))
  })

  it('say why, and write the value as the field needs it', () => {
    const [best] = ask('occurredAt', { scan_time: 1772463422, label: 'a b' })
    assert.deepEqual([best?.source, best?.expression], ['body.scan_time', '$isoFromEpoch(body.scan_time)'])
    assert.ok(best?.why.some((why) => why.includes('scan_time')))
    assert.ok(best?.why.includes('seconds since 1970'))
    assert.ok(best && best.score > 0.3 && best.score <= 1)
  })

  it('go by the code table where a field holds codes', () => {
    const codes = new Set(['DLV', 'pickup/ARR'])
    const body = { status: 'ok', situation: 'DLV', part: 'ARR' }
    assert.equal(ask('rawCode', body, { codes })[0]?.source, 'body.situation')
    assert.equal(ask('reason', body, { codes })[0]?.expression, '$code(body.situation).reason')
  })

  it('go by what other partners call it', () => {
    const evidence = new Map([['delivery-event rawText', new Map([['colloquial', 3]])]])
    const [best] = ask('rawText', { colloquial: 'left at the door', description: 'left at the door' }, { evidence })
    assert.equal(best?.source, 'body.colloquial')
    assert.ok(best?.why.some((why) => why.startsWith('3 other partners')))
  })

  it('are none where nothing is alike, where there is no value, and where the type cannot be', () => {
    assert.deepEqual(ask('occurredAt', { colour: 'green', size: [] }), [])
    assert.deepEqual(ask('occurredAt', { occurred_at: null, time: '' }), [])
    assert.deepEqual(ask('occurredAt', { occurred_at: 'yesterday' }), [])
    assert.deepEqual(ask('occurredAt', 'no object'), [])
  })

  it('are at most three for a field, the likeliest first', () => {
    const found = ask(
      'occurredAt',
      Object.fromEntries(
        ['scan_time', 'event_date', 'created_at', 'occurred_at'].map((name) => [name, '2026-03-02T10:00:00Z']),
      ),
    )
    assert.equal(found.length, 3)
    assert.deepEqual(
      found.map(({ score }) => score),
      found.map(({ score }) => score).toSorted((a, b) => b - a),
    )
  })
})

describe('a field fitted to another', () => {
  const write = (path: string, value: Parameters<typeof fitted>[0]['values'][number], among = EVENT): Fit =>
    fitted({ path: 'body.x', values: [value] }, target(path, among))

  for (const [what, path, value, expression, among] of [
    ['a time as it is', 'occurredAt', '2026-03-02T10:00:00+01:00', 'body.x'],
    ['seconds', 'occurredAt', 1772463422, '$isoFromEpoch(body.x)'],
    ['milliseconds in a text', 'eta', '1772463422000', '$isoFromEpochMs(body.x)'],
    ['a number as a text', 'rawCode', 7, '$string(body.x)'],
    ['a text as a number', 'location.lat', '52.52', '$decimal(body.x)'],
    ['a code', 'type', 'DLV', '$code(body.x).type'],
    ['a canonical value', 'reason', 'recipient.absent', 'body.x'],
    ['a country of three letters', 'consignee.address.country', 'DEU', '$country(body.x)', SHIPMENT],
    ['a country of two letters', 'consignee.address.country', 'DE', 'body.x', SHIPMENT],
  ] as const)
    it(`${what}: ${expression}`, () => {
      const fit = write(path, value, among)
      assert.equal('expression' in fit && fit.expression, expression)
    })

  for (const [what, path, value, hint, among] of [
    ['a local time', 'occurredAt', '2026-03-02T10:00:00', /localTime/],
    ['a text that is no time', 'occurredAt', 'tomorrow', /instant/],
    ['a number that is no time', 'occurredAt', 42, /neither/],
    ['a number with marks', 'location.lat', '1.234,56', /parseNumber/],
    ['a text', 'location.lat', 'north', /is a number/],
    ['half a piece', 'attempt', 1.5, /whole/],
    ['yes', 'rawText', true, /yes or no/],
    ['a text for an amount', 'amount', '12.90', /\$amount/, flat(targetsOf('charge'))],
    ['a text for a place', 'location', 'here', /lat, lon/],
    ['yes', 'type', true, /no code/],
    ['seconds since 1970', 'type', 1772463422, /a time, no code/],
    ['milliseconds in a text', 'reason', '1772463422000', /a time, no code/],
    ['a time', 'variant', '2026-03-02T10:00:00Z', /write \$code\(…\)\.variant/],
    ['half a number', 'type', 1.5, /fraction/],
    ['another word for one of few', 'severity', 'bad', /low, medium/],
  ] as const)
    it(`${what} onto ${path} is refused with a hint`, () => {
      const fit = write(path, value, among)
      assert.match('refused' in fit ? fit.refused : '', hint)
    })
})

describe('a field that the code table knows', () => {
  const codes = new Set(['8', '1772463422'])
  const write = (path: string, value: number, from = 'body.status') =>
    fitted({ path: from, values: [value] }, target(path), codes)

  for (const path of ['attempt', 'actionRequired', 'type'])
    it(`gives ${path} by the table`, () => {
      const fit = write(path, 8)
      assert.equal('expression' in fit && fit.expression, `$code(body.status).${path}`)
    })

  it('is a code, whatever it looks like', () => assert.ok('expression' in write('type', 1772463422)))

  it('is no code where its name says that it counts', () => {
    const fit = write('attempt', 8, 'body.attempts')
    assert.equal('expression' in fit && fit.expression, 'body.attempts')
  })
})

describe('words of names', () => {
  for (const [name, words] of [
    ['deliveryDocNo', 'delivery doc number'],
    ['SHIP_TO_CNTRY', 'shipment to country'],
    ['ETATimestamp', 'eta timestamp'],
    ['parcel-qty', 'parcel quantity'],
    ['address1', 'address1'],
    ['statuses', 'statuse'],
  ] as const)
    it(`${name}: ${words}`, () => assert.equal(wordsIn(name).join(' '), words))

  it('are none in a name of signs', () => assert.deepEqual(tokensOf('__$$--'), []))
})
