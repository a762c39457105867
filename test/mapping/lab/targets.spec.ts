import assert from 'node:assert/strict'
import { ENTITIES } from '../../../engine/canonical/index.ts'
import { flat, learnedTargets, targetsOf, wordsOf } from '../../../engine/mapping/lab/targets.ts'

const at = (entity: Parameters<typeof targetsOf>[0], path: string) => {
  const found = flat(targetsOf(entity)).find((one) => one.path === path)
  assert.ok(found, `${entity} has ${path}`)
  return found
}

describe('the tree that a mapping fills', () => {
  for (const entity of ENTITIES)
    it(`${entity}: describes each field, and no path twice`, () => {
      const fields = flat(targetsOf(entity))
      assert.ok(fields.length > 3)
      assert.equal(new Set(fields.map(({ path }) => path)).size, fields.length)
      for (const field of fields) {
        assert.ok(field.label !== '' && field.type !== undefined, field.path)
        if (field.type === 'object' && field.path.split('.').length < 6) assert.ok(field.children, field.path)
      }
    })

  it('says what is required, what the hub fills itself and what is personal', () => {
    assert.equal(at('delivery-event', 'shipmentRef').required, true)
    assert.equal(at('delivery-event', 'shipmentRef.value').required, true)
    assert.equal(at('delivery-event', 'variant').required, false)
    assert.equal(at('delivery-event', 'eventId').derived, true)
    assert.equal(at('delivery-event', 'occurredAt').derived, undefined)
    assert.equal(at('delivery-event', 'rawText').personal, true)
    assert.equal(at('shipment', 'consignee.name').personal, true)
    assert.equal(at('shipment', 'status').personal, false)
  })

  it('gives types, formats and units, also inside lists', () => {
    assert.equal(at('delivery-event', 'occurredAt').format, 'date-time')
    assert.equal(at('shipment', 'packages[].weightKg').unit, 'kg')
    assert.deepEqual([at('shipment', 'packages').type, at('shipment', 'packages').items], ['list', 'object'])
    assert.equal(at('shipment', 'consignee.address.lines').items, 'text')
    assert.equal(at('shipment', 'consignee.address.country').format, 'country')
  })

  it('lists the values of a code with a label for people', () => {
    const { values } = at('delivery-event', 'reason')
    assert.equal(values?.find(({ value }) => value === 'recipient.absent')?.label, 'Nobody was there')
    assert.equal(at('shipment', 'consignee.address.country').values, undefined, 'not 250 countries')
  })

  it("learns a partner's tree from its samples: what all of them have is required", () => {
    const tree = flat(
      learnedTargets([
        { order: { number: 'A', weight: 1.5, stops: [{ name: 'x' }, { name: 'y', gate: 4 }] } },
        { order: { number: 'B', stops: [] }, test: true },
      ]),
    )
    const shown = tree.map(({ path, type, required }) => [path, type, required])
    assert.deepEqual(shown, [
      ['order', 'object', true],
      ['order.number', 'text', true],
      ['order.weight', 'number', false],
      ['order.stops', 'list', true],
      ['order.stops[].name', 'text', true],
      ['order.stops[].gate', 'integer', false],
      ['test', 'boolean', false],
    ])
    assert.deepEqual(learnedTargets([null, 3, 'x', []]), [])
  })

  it('puts names in words', () => {
    assert.deepEqual(['shipmentRef', 'delivery.attempt_failed', 'ETA', 'SOLD_TO'].map(wordsOf), [
      'Shipment ref',
      'Delivery attempt failed',
      'Eta',
      'Sold to',
    ])
  })
})
