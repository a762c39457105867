import type { Booking, DeliveryEvent, Order, Shipment } from '../../canonical/index.ts'
import { readSchema } from '../../canonical/index.ts'
import { ShipmentLifecycle } from '../../lifecycle/index.ts'
import type { TrialBench } from './bench.ts'

/** An order under all names by which the partner's samples call a shipment. */
export function trialOrder(events: readonly DeliveryEvent[]): Order {
  const example = readSchema('order').examples?.[0] as Order
  const named = new Map(events.map(({ shipmentRef: { type, value } }) => [`${type} ${value}`, { type, value }]))
  return { ...example, references: [...named.values()] }
}

/** The shipment of that order, booked with the partner, in the trial's store. */
export async function bookedShipment(
  bench: TrialBench,
  order: Order,
  booked: Partial<Booking>,
): Promise<{ lifecycle: ShipmentLifecycle; shipment: Shipment }> {
  const { store, clock, profile } = bench
  const lifecycle = new ShipmentLifecycle({ documents: store.documents, clock })
  const { shipment } = await lifecycle.create(order, { correlationId: 'cor-trial' })
  const bookedAt = new Date(clock.now()).toISOString()
  const booking: Booking = { bookingId: 'FICT-BOOKING', ...booked, partner: profile.id, bookedAt }
  const recorded = await lifecycle.recordBooking(shipment.shipmentId, booking)
  return { lifecycle, shipment: recorded.shipment }
}
