import assert from 'node:assert/strict'
import type { DeliveryEvent, Shipment } from '../../engine/canonical/index.ts'
import { factsOf } from '../../engine/kpi/facts.ts'
import { applyEvent, newShipment } from '../../engine/lifecycle/shipment.ts'
import { event, order } from '../support/canonical.ts'
import { booking } from '../support/lifecycle.ts'

const at = (minute: number) => Date.UTC(2026, 2, 2, 12, minute)
const fresh = (): Shipment => ({
  ...newShipment(order(), { now: at(-180), correlationId: 'c' }),
  booking: { ...booking, bookedAt: new Date(at(-120)).toISOString() },
})
const after = (...events: DeliveryEvent[]) =>
  events.reduce((shipment, one) => applyEvent(shipment, one, 0).shipment, fresh())

const DAY = [
  event('pickup.completed', 0),
  event('delivery.out_for_delivery', 30),
  event('delivery.attempt_failed', 50, { reason: 'recipient.absent' }),
  event('delivery.out_for_delivery', 200),
  event('delivery.arrived', 210),
  event('delivery.completed', 217),
]

describe('the facts of a shipment', () => {
  it('are its moments, its stops and its problems', () => {
    const { dwells, troubles, ...facts } = factsOf(after(...DAY), at(300))
    assert.deepEqual(facts, {
      ...{ shipmentId: fresh().shipmentId, courier: booking.partner, releasedAt: at(-180), dispatchedAt: at(-120) },
      ...{ pickedUpAt: at(0), end: 'delivered', endedAt: at(217), attempt: 2, invoicedAt: at(300) },
      promisedBy: Date.parse(fresh().promise!.latest),
    })
    assert.deepEqual(dwells, [{ kind: 'delivery', at: at(217), ms: 7 * 60_000 }])
    assert.deepEqual(troubles, [{ type: 'delivery.attempt_failed', at: at(50), resolvedAt: at(200) }])
  })

  it('are the same in whatever order its events come, and however often', () => {
    const expected = factsOf(after(...DAY))
    const orders = permutations(DAY)
    assert.equal(orders.length, 720)
    for (const events of orders) assert.deepEqual(factsOf(after(...events, events[0]!, events[3]!)), expected)
  })

  it('follow a correction', () => {
    const wrong = event('delivery.completed', 20)
    const right = event('delivery.attempt_failed', 20, { eventId: 'right', corrects: wrong.eventId })
    const { end, troubles } = factsOf(after(wrong, right))
    assert.deepEqual([end, troubles.length], [undefined, 1])
  })

  it('keep a delivery that is sent back later', () => {
    const { end, endedAt } = factsOf(after(event('delivery.completed', 20), event('return.completed', 900)))
    assert.deepEqual([end, endedAt], ['delivered', at(20)])
  })

  it('take several tellings of one problem for one, and an unknown code for no sign of life', () => {
    const events = [event('transit.delayed', 5), event('shipment.held', 9), event('status.unmapped', 12)]
    assert.deepEqual(factsOf(after(...events)).troubles, [{ type: 'transit.delayed', at: at(5) }])
  })

  it('take the goods for picked up when nobody told of it, and not for a shipment that was called off', () => {
    assert.equal(factsOf(after(event('transit.departed', 7))).pickedUpAt, at(7))
    const { pickedUpAt, end } = factsOf(after(event('shipment.cancelled', 7)))
    assert.deepEqual([pickedUpAt, end], [undefined, 'cancelled'])
  })

  it('hold nothing personal', () => {
    const { name, phone, email, address } = fresh().consignee
    const text = JSON.stringify(factsOf(after(...DAY)))
    for (const personal of [name, phone, email, ...address.lines]) assert.ok(personal && !text.includes(personal))
  })
})

function permutations<T>(items: T[]): T[][] {
  if (items.length <= 1) return [items]
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}
