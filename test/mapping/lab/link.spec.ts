import assert from 'node:assert/strict'
import { suggestFields } from '../../../engine/mapping/lab/ask.ts'
import { linkField } from '../../../engine/mapping/lab/link.ts'
import { lab } from '../../support/lab.ts'

const HERE = { partner: 'onfleet', mapping: 'map/webhook.jsonata' }

const link = (source: string, target: string, expression: string, body: unknown, at?: number) =>
  linkField(lab, { ...HERE, source, target, expression, sample: { body }, ...(at !== undefined && { at }) }, true)

describe('a field dragged onto a field', () => {
  it('that is a code is looked up for everything that comes with it, and the answer says instead of what', async () => {
    const draft = '$merge([$code(body.a), { "rawCode": body.a }])'
    const linked = await link(draft, 'type', 'body.status', { status: 'DLV' })
    assert.equal(linked.source, '$merge([$code(body.status), { "rawCode": body.status }])')
    assert.equal(linked.expression, '$code(body.status)')
    assert.match(linked.why.join(), /instead of \$code\(body\.a\).*rawCode is the new code, too/)
  })

  it('that is a code of digits is a text as a raw code', async () => {
    const draft = '$merge([$code(body.a), { "rawCode": body.a }])'
    const { source } = await link(draft, 'reason', 'body.status.id', { status: { id: 8 } })
    assert.equal(source, '$merge([$code(body.status.id), { "rawCode": $string(body.status.id) }])')
  })

  it('that is a canonical value already is no code', async () => {
    const { source } = await link('{ "a": 1 }', 'type', 'body.kind', { kind: 'delivery.completed' })
    assert.equal(source, '{ "a": 1, "type": body.kind }')
  })

  for (const [name, likely] of [
    ['order_number', 'order'],
    ['awb', 'tracking'],
    ['bookingNo', 'booking'],
    ['delivery_id', undefined],
    ['number', undefined],
    ['order_or_tracking', undefined],
  ] as const)
    it(`that is called ${name} and becomes a reference says what that refers to, and asks ${likely ?? 'nothing'}`, async () => {
      const draft = '{ "shipmentRef": { "type": "delivery", "value": body.no } }'
      const { source, why, refersTo } = await link(draft, 'shipmentRef.value', `body.${name}`, { [name]: 'A1' })
      assert.equal(source, draft.replace('body.no', `body.${name}`), 'the type is left as it is')
      assert.deepEqual(why, ['shipmentRef.type is delivery'])
      assert.equal(refersTo?.likely, likely)
    })

  it('that becomes a reference whose type is no constant asks nothing', async () => {
    const draft = '{ "shipmentRef": { "type": body.kind, "value": body.no } }'
    const { refersTo } = await link(draft, 'shipmentRef.value', 'body.order', { order: 'A1' })
    assert.equal(refersTo, undefined)
  })

  for (const [what, target, body, hint] of [
    ['a time', 'reason', 1772463422000, /a time, no code.*\$code\(…\)\.reason/],
    ['yes', 'type', true, /no code/],
    ['an object', 'type', { id: 1, name: 'x' }, /is an object.*id, name/],
    ['a list', 'variant', ['a', 'b'], /is a list.*body\.x\[0\]/],
    ['a text for a place', 'location', 'here', /lat, lon/],
  ] as const)
    it(`that is ${what} is refused for ${target}, with what to write instead`, async () => {
      const refused = { code: 'lab.no-fit', field: target, message: hint }
      await assert.rejects(link('{}', target, 'body.x', { x: body }), refused)
    })
})

describe('suggestions for a draft', () => {
  const suggested = async (source: string, body: unknown) =>
    suggestFields(lab, { ...HERE, source, sample: { body } }, true)
  const TIMES = [{ scan_time: '2026-03-02T10:00:00Z' }, { scan_time: '2026-03-02T11:00:00Z' }]

  it('are for fields that it makes of what this payload does not have, too', async () => {
    const found = await suggested('{ "occurredAt": body.gone, "eta": "x" }', { scan_time: '2026-03-02T10:00:00Z' })
    assert.equal(found.find(({ target }) => target === 'occurredAt')?.source, 'body.scan_time')
    assert.ok(found.every(({ target }) => target !== 'eta'))
  })

  it('begin with fields that must be there', async () => {
    const found = await suggested('{}', {
      eta: '2026-03-02T12:00:00Z',
      message: 'at the door',
      tracking_number: 'AB12345',
    })
    const targets = found.map(({ target }) => target)
    assert.ok(targets.includes('eta') && targets.includes('shipmentRef.value'))
    assert.ok(targets.indexOf('shipmentRef.value') < targets.indexOf('eta'), targets.join())
  })

  it('put no list where there is room for one value', async () => {
    const found = await suggested('{}', { events: TIMES })
    assert.ok(found.every(({ target }) => target !== 'occurredAt'))
    const inside = await suggested('body.events.{ "rawCode": "x" }', { events: TIMES })
    assert.equal(inside.find(({ target }) => target === 'occurredAt')?.source, 'body.events.scan_time')
  })

  it('bring no half of an object that may be left out', async () => {
    const half = await suggested('{}', { gps: { latitude: 52.51 }, proof: { media_type: 'image/png' } })
    assert.ok(half.every(({ target }) => !/^(location|evidence)/.test(target)))
    const whole = await suggested('{}', { gps: { latitude: 52.51, longitude: 13.41 } })
    assert.ok(whole.some(({ target }) => target === 'location.lat'))
  })

  it('are none where the draft makes the event in a way that nothing can be written into', async () =>
    assert.deepEqual(await suggested('body.event', { scan_time: '2026-03-02T10:00:00Z' }), []))
})
