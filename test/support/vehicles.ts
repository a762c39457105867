import assert from 'node:assert/strict'
import type { Location, Position, Shipment } from '../../engine/canonical/index.ts'
import type { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { event, order } from './canonical.ts'

/** Three doors in a row, east of the depot: about 6.8 km from one to the next. */
export const DEPOT: Location = { lat: 52.5, lon: 13.3 }
export const DOORS: Location[] = [13.4, 13.5, 13.6].map((lon) => ({ lat: 52.5, lon }))

/** A position of VAN-1; `minute` counts from 12:00 on the day of delivery. */
export function position(minute: number, place: Location, change: Partial<Position> = {}): Position {
  const at = new Date(Date.UTC(2026, 2, 2, 12, 0, Math.round(minute * 60))).toISOString()
  return { vehicleId: 'VAN-1', deviceId: 'box', at, receivedAt: at, provider: 'test-vans', ...place, ...change }
}

interface Loading {
  /** Place of the door in the route, from 1. */
  place?: number
  vehicleId?: string
  /** False: still at the depot. */
  pickedUp?: boolean
  promise?: Shipment['promise']
  deliveryDocument?: string
}

/** An order that waits for a vehicle at the depot, or is in it. */
export async function load(lifecycle: ShipmentLifecycle, orderId: string, loading: Loading = {}): Promise<Shipment> {
  const { place = 1, vehicleId = 'VAN-1', pickedUp = true, promise, deliveryDocument } = loading
  const {
    promise: _example,
    consignor,
    consignee,
    deliveryDocument: _other,
    references: _known,
    ...rest
  } = order(orderId)
  const at = (party: typeof consignee, location: Location) => ({ ...party, address: { ...party.address, location } })
  const door = DOORS[place - 1] ?? assert.fail('no such door')
  const released = {
    ...rest,
    consignor: at(consignor, DEPOT),
    consignee: at(consignee, door),
    ...(promise && { promise }),
    ...(deliveryDocument && { deliveryDocument }),
  }
  const { shipment } = await lifecycle.create(released, { correlationId: `cor-${orderId}` })
  const { shipmentId } = shipment
  const routeId = `route-${vehicleId}`
  const plannedAt = '2026-03-02T11:00:00Z'
  await lifecycle.recordRoute(shipmentId, { routeId, vehicleId, sequence: place, plannedAt })
  if (pickedUp) await tell(lifecycle, orderId, 'pickup.completed', -30)
  return (await lifecycle.get(shipmentId)) ?? assert.fail()
}

/** An event of the order's courier. */
export function tell(lifecycle: ShipmentLifecycle, orderId: string, type: Parameters<typeof event>[0], minute: number) {
  const eventId = `${orderId}-${type}-${minute}`
  return lifecycle.apply(
    event(type, minute, { eventId, dedupKey: eventId, shipmentRef: { type: 'order', value: orderId } }),
  )
}
