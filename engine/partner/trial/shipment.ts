import { type Booking, type DeliveryEvent, type Order, readSchema, type Shipment } from '../../canonical/index.ts'
import { ShipmentLifecycle } from '../../lifecycle/index.ts'
import type { TrialBench } from './bench.ts'

/** An order under all names by which the partner's samples call a shipment. */
export function trialOrder(events: readonly DeliveryEvent[]): Order {
  const example = readSchema('order').examples?.[0] as Order
  const named = new Map(events.map(({ shipmentRef: { type, value } }) => [`${type} ${value}`, { type, value }]))
  return { ...example, references: [...named.values()] }
}

/** The booking as the partner's answer gives it; nothing where it cannot be booked. */
export async function booked(bench: TrialBench): Promise<{ bookingId?: string; trackingNumber?: string }> {
  if (!bench.profile.operations.book) return {}
  bench.simulator.clear()
  const answer = await bench.perform(bench.outbox(), bench.client(), 'book')
  const body = answer.outcome === 'answered' ? (answer.body as Record<string, unknown>) : {}
  const text = (name: string) => (typeof body[name] === 'string' ? { [name]: body[name] } : {})
  return { ...text('bookingId'), ...text('trackingNumber') }
}

/** The shipment of that order, booked with the partner, in the trial's store. */
export async function bookedShipment(
  bench: TrialBench,
  order: Order,
  given: Partial<Booking>,
): Promise<{ lifecycle: ShipmentLifecycle; shipment: Shipment }> {
  const { store, clock, profile } = bench
  const lifecycle = new ShipmentLifecycle({ documents: store.documents, clock })
  // Another one each time: what one check has told of its shipment must not be known of the next.
  const own = { ...order, orderId: `${order.orderId}-${bench.unique()}` }
  const { shipment } = await lifecycle.create(own, { correlationId: 'cor-trial' })
  const bookedAt = new Date(clock.now()).toISOString()
  const booking: Booking = { bookingId: 'FICT-BOOKING', ...given, partner: profile.id, bookedAt }
  const recorded = await lifecycle.recordBooking(shipment.shipmentId, booking)
  return { lifecycle, shipment: recorded.shipment }
}
