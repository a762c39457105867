import { rankOf } from '../canonical/taxonomy.ts'
import type { Booking, DeliveryEvent, Shipment, TimelineEntry } from '../canonical/types.ts'

/** Bookings that are kept beside the one that holds. */
const MOST_FORMER = 20

/** Before the courier is asked to forget its booking: its own news of that must not call off the shipment. */
export function callingOff(shipment: Shipment, at: string): Shipment {
  const { booking } = shipment
  return booking === undefined || booking.calledOffAt
    ? shipment
    : { ...shipment, booking: { ...booking, calledOffAt: at } }
}

/** The courier has forgotten it: what it told of that job moves nothing any more, and another may be chosen. */
export function calledOff(shipment: Shipment): Shipment {
  const { booking, selection, formerBookings = [], formerSelections = [], eta: _itsForecast, ...rest } = shipment
  if (booking?.calledOffAt === undefined) return shipment
  const timeline = rest.timeline.map((entry) => (entry.provider === booking.partner ? { ...entry, rank: null } : entry))
  return {
    ...rest,
    timeline,
    formerBookings: [...formerBookings, booking].slice(-MOST_FORMER),
    ...(selection && { formerSelections: [...formerSelections, selection].slice(-MOST_FORMER) }),
    ...(!selection && formerSelections.length > 0 && { formerSelections }),
  }
}

/** The courier keeps it: its booking stands, and so does what it has told meanwhile. */
export function standing(shipment: Shipment): Shipment {
  const { booking } = shipment
  if (booking?.calledOffAt === undefined) return shipment
  const { calledOffAt: since, ...kept } = booking
  const restored = (entry: TimelineEntry) =>
    entry.provider === booking.partner && Date.parse(entry.receivedAt) >= Date.parse(since)
      ? { ...entry, rank: rankOf(entry.type) }
      : entry
  return { ...shipment, booking: kept, timeline: shipment.timeline.map(restored) }
}

/**
 * Whether an event is of a job that was called off. The mapping's key names the courier's job, where the reference is one that both jobs
 * share.
 */
export function ofCalledOff(event: DeliveryEvent, { booking, formerBookings = [] }: Shipment): boolean {
  const names = ({ partner, bookingId, trackingNumber }: Booking) =>
    partner === event.provider &&
    ([bookingId, trackingNumber].includes(event.shipmentRef.value) || event.dedupKey.split('|').includes(bookingId))
  if (booking && names(booking)) return booking.calledOffAt !== undefined
  return formerBookings.some(names)
}
