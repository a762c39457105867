import type { DeliveryEvent, Shipment } from '../canonical/types.ts'
import type { Reference, StoredDocument } from '../store/ports.ts'

/** Reference by which a vehicle finds what it carries: only shipments that are under way have it, so it stays short. */
export const ABOARD = 'aboard'

/** From this rank on nobody brings the shipment to its recipient any more: it is there, failed, lost, on its way back. */
const ENDED_RANK = 80

/** Is somebody still to bring it? */
export function isUnderWay({ rank, status }: Pick<Shipment, 'rank' | 'status'>): boolean {
  return rank < ENDED_RANK && status !== 'delivery.ready_for_collection'
}

/**
 * Every id under which a shipment must be found, for the store's index. Values are brought to one Unicode form (NFC), so
 * that the same id typed on another system is the same; case and width stay, for they may tell two ids apart.
 */
export function referencesOf(shipment: Shipment): Reference[] {
  const { booking, route } = shipment
  const all: [string, string | undefined][] = [
    ['shipment', shipment.shipmentId],
    ['order', shipment.orderId],
    ['delivery', shipment.deliveryDocument],
    ['token', shipment.trackingToken],
    ['booking', booking?.bookingId],
    ['tracking', booking?.trackingNumber],
    ...(shipment.formerBookings ?? []).flatMap((one): [string, string | undefined][] => [
      ['booking', one.bookingId],
      ['tracking', one.trackingNumber],
    ]),
    ...(shipment.holds ?? []).map(({ reason }): [string, string] => ['held', reason]),
    ['route', route?.routeId],
    ['vehicle', route?.vehicleId],
    [ABOARD, isUnderWay(shipment) ? route?.vehicleId : undefined],
    ['case', shipment.caseId],
    ['return', shipment.returnOrderId],
    ['fulfilment', shipment.fulfilment?.fulfilmentOrderId],
    ...shipment.packages.flatMap((item): [string, string | undefined][] => [
      ['parcel', item.packageId],
      ['parcel', item.sscc],
    ]),
    ...shipment.references.map(({ type, value }): [string, string] => [type, value]),
  ]
  const unique = new Map<string, Reference>()
  for (const [type, value] of all) {
    if (value === undefined) continue
    const reference = { type, value: normaliseReference(value) }
    unique.set(JSON.stringify([reference.type, reference.value]), reference)
  }
  return [...unique.values()]
}

export function normaliseReference(value: string): string {
  return value.normalize('NFC').trim()
}

/**
 * Of several shipments under one reference the one that an event is about: the one that already has the event, else the
 * one that is booked with the sender (two couriers may give the same number), else the newest.
 * @param candidates oldest first
 */
export function choose(
  candidates: StoredDocument<Shipment>[],
  event: DeliveryEvent,
): StoredDocument<Shipment> | undefined {
  const knows = candidates.find(({ body }) => body.timeline.some(({ eventId }) => eventId === event.eventId))
  const booked = candidates.findLast(({ body }) => body.booking?.partner === event.provider)
  return knows ?? booked ?? candidates.at(-1)
}
