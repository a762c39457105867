import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  EVENTS,
  isReason,
  isShipmentEventType,
  REASONS,
  rankOf,
  readSchema,
  SIDE_EVENTS,
  VARIANTS,
} from '../../engine/canonical/index.ts'

const defs = readSchema('definitions').$defs!

describe('event and reason taxonomy', () => {
  it('has 35 events, 30 reasons and 9 variants, the same in the code and in the schemas', () => {
    assert.equal(Object.keys(EVENTS).length, 35)
    assert.equal(Object.keys(REASONS).length, 30)
    assert.equal(Object.keys(VARIANTS).length, 9)
    assert.deepEqual(Object.keys(EVENTS), defs.shipmentEventType?.enum)
    assert.deepEqual(Object.keys({ ...EVENTS, ...SIDE_EVENTS }), defs.eventType?.enum)
    assert.deepEqual(Object.keys(REASONS), defs.reason?.enum)
    assert.deepEqual(Object.keys(VARIANTS), defs.variant?.enum)
  })

  it('ranks the events of an ordinary delivery from first to last', () => {
    const journey = [
      'shipment.created',
      'carrier.info_received',
      'courier.assigned',
      'pickup.scheduled',
      'pickup.en_route',
      'pickup.arrived',
      'pickup.completed',
      'transit.departed',
      'customs.started',
      'customs.cleared',
      'delivery.scheduled',
      'delivery.out_for_delivery',
      'delivery.approaching',
      'delivery.arrived',
      'delivery.completed',
      'shipment.cancelled',
    ] as const
    const ranks = journey.map((type) => rankOf(type)!)
    assert.deepEqual(ranks, [10, 12, 14, 15, 16, 18, 20, 30, 35, 36, 40, 50, 52, 54, 90, 99])
  })

  it('has nine side facts, and two types beside them, that never move a status', () => {
    const side = Object.keys(EVENTS).filter((type) => isShipmentEventType(type) && rankOf(type) === null)
    assert.deepEqual(side, [
      'pickup.failed',
      'transit.delayed',
      'transit.rerouted',
      'customs.held',
      'shipment.held',
      'eta.changed',
      'pod.available',
      'shipment.damaged',
      'tracking.expired',
    ])
    assert.equal(rankOf('position.updated'), null)
    assert.equal(rankOf('status.unmapped'), null)
  })

  it('knows its own names and no others, not even those that every object has', () => {
    assert.equal(isShipmentEventType('position.updated'), false)
    for (const name of ['', 'delivered', 'constructor', '__proto__', 'toString']) {
      assert.equal(isShipmentEventType(name), false)
      assert.equal(isReason(name), false)
    }
  })
})
