import assert from 'node:assert/strict'
import type { Order } from '../../engine/canonical/index.ts'
import { shipmentIdOf } from '../../engine/lifecycle/index.ts'
import { order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const LATER = '2026-03-02T16:00:00Z'

describe('shipment lifecycle, of orders that change and wait', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let number = 0
  let orderId = ''
  beforeEach(() => {
    number += 1
    orderId = `SO-8${number}`
  })

  /** The action with fields of the message that come from the payload, as nodes before it would set them. */
  const flow = (action: string) => [
    source('set'),
    node('set', 'function', [['life']], { func: 'Object.assign(msg, msg.payload.set); return msg', outputs: 1 }),
    node('life', 'shipment-lifecycle', [['moved'], ['noted'], ['parked']], {
      ...{ action, reference: 'payload.orderId', referenceType: action === 'order' ? 'jsonata' : 'auto' },
    }),
    ...[probe('moved'), probe('noted'), probe('parked'), catchAll('caught'), probe('caught')],
  ]
  const create = (change: Partial<Order> = {}) =>
    bench.runtime.lifecycle.create(order(orderId, change), { correlationId: 'c' })
  const shipment = async () => (await bench.runtime.lifecycle.get(shipmentIdOf(orderId)))!
  const about = async (set: Record<string, unknown> = {}) => ({ orderId, set: { shipment: await shipment(), ...set } })
  const refused = async () => (await bench.arrived('caught')).failure.code

  it('sends a message for each part of an order', async () => {
    await bench.deploy(...flow('create'))
    const { deliveryDocument: _ofAll, ...whole } = order(orderId)
    const parts = whole.packages.map(({ packageId }, index) => ({
      ...{ partId: `P${index}`, packageIds: [packageId], lines: [{ lineId: '10', quantity: 1 }] },
    }))
    await bench.publish({ ...whole, parts }, { key: orderId })
    await bench.arrived('moved', 2)
    assert.deepEqual(
      bench.at('moved').map((one) => one.shipment.part.partId),
      ['P0', 'P1'],
    )
  })

  it('tells a hold as an event, once for each time', async () => {
    await create()
    await bench.deploy(...flow('hold'))
    const message = await about({ hold: { reason: 'address', detail: 'nobody knows it' } })
    await bench.publish(message, { key: orderId })
    await bench.publish(message, { key: orderId })
    const [one, two] = [await bench.arrived('noted'), await bench.arrived('noted', 2)]
    assert.deepEqual([one.payload.type, one.payload.data.reason], ['shipment.held', 'address.incorrect'])
    assert.equal(two.payload.id, one.payload.id)
    assert.equal((await shipment()).timeline.filter(({ type }) => type === 'shipment.held').length, 1)
  })

  it('notes with a booking that is gone that nobody needs to undo it any more', async () => {
    const { shipment: fresh } = await create()
    const booking = { partner: 'test-courier', bookingId: 'B-1', bookedAt: LATER }
    await bench.runtime.lifecycle.recordBooking(fresh.shipmentId, booking)
    await bench.runtime.compensation.remember(
      { process: 'delivery', shipmentId: fresh.shipmentId },
      {
        ...{ name: 'courier booked', partner: 'test-courier', operation: 'cancel' },
        ...{ input: { value: 'shipment', type: 'msg' }, seen: { booking } },
      },
    )
    await bench.runtime.lifecycle.callOff(fresh.shipmentId)
    await bench.deploy(...flow('calledOff'))
    await bench.publish(await about(), { key: orderId })
    await bench.arrived('moved')
    const [record] = await bench.runtime.compensation.of(fresh.shipmentId)
    assert.deepEqual(
      record?.steps.map(({ state }) => state),
      ['undone'],
    )
    assert.equal((await shipment()).booking, undefined)
  })

  const rotten: [name: string, action: string, set: Record<string, unknown>, code: string][] = [
    ['a hold without a reason', 'hold', {}, 'lifecycle.hold'],
    ['a hold for a reason that nobody knows', 'hold', { hold: { reason: 'mood' } }, 'lifecycle.hold'],
    ['a hold that is named like what every object has', 'hold', { hold: { reason: 'constructor' } }, 'lifecycle.hold'],
    ['a place that no geocoder gave', 'place', { answer: {} }, 'lifecycle.place'],
    ['a shipment that is none', 'callOff', { shipment: { orderId: 'SO-1' } }, 'lifecycle.no-shipment'],
  ]
  for (const [name, action, set, code] of rotten)
    it(`refuses ${name}`, async () => {
      await create()
      await bench.deploy(...flow(action))
      await bench.publish(await about(set), { key: orderId })
      assert.equal(await refused(), code)
    })

  it('refuses a change for which it is too late', async () => {
    await create()
    const { shipmentId } = await shipment()
    await bench.runtime.lifecycle.recordBooking(shipmentId, { partner: 'hub', bookingId: orderId, bookedAt: LATER })
    await bench.runtime.lifecycle.apply({
      ...{ eventId: `evt-${orderId}`, type: 'pickup.completed', shipmentId, provider: 'hub', rawCode: 'picked' },
      ...{ shipmentRef: { type: 'order', value: orderId }, occurredAt: LATER, receivedAt: LATER, source: 'API' },
      ...{ dedupKey: orderId, mappingVersion: '1.0.0' },
    })
    assert.equal((await shipment()).status, 'pickup.completed')
    await bench.deploy(...flow('create'))
    await bench.publish({ ...order(orderId), changedAt: LATER }, { key: orderId })
    assert.equal(await refused(), 'order.too-late')
  })

  it('loads an order with all its shipments, and a time for a change that is later than any', async () => {
    await create({ changedAt: '2036-01-01T00:00:00Z' })
    await bench.deploy(...flow('order'))
    await bench.publish({ orderId }, { key: orderId })
    const found = await bench.arrived('moved')
    assert.deepEqual([found.order.orderId, found.shipments.length], [orderId, 1])
    assert.equal(found.changedAt, '2036-01-01T00:00:00.001Z')
  })

  it('goes another way for an order that nobody knows', async () => {
    await bench.deploy(...flow('order'))
    await bench.publish({ orderId: 'SO-nobody' }, { key: orderId })
    assert.ok(await bench.arrived('parked'))
  })
})
