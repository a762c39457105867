import type { Booking, Selection, TimelineEntry } from '../canonical/index.ts'
import type { JsonObject } from '../json.ts'
import type { Call } from './call.ts'
import { noQuery, shipmentOf, shown } from './reads.ts'
import type { Reply } from './reply.ts'

type Item =
  | { at: string; kind: 'event'; event: TimelineEntry }
  | { at: string; kind: 'selection'; selection: Selection }
  | { at: string; kind: 'booking'; booking: Booking }

/** What happened to a shipment and what was decided about it, by when: events, each choice of a courier with its reasons, the booking. */
export async function getShipmentTimeline(call: Call): Promise<Reply> {
  noQuery(call)
  const shipment = await shipmentOf(call)
  const { shipmentId, status } = shipment
  const items = timelineOf(shown(call, 'shipment', shipment as unknown as JsonObject))
  return { status: 200, body: { shipmentId, status, items } as unknown as JsonObject }
}

/** Of a shipment's document, masked or not. */
export function timelineOf({ timeline, selection, formerSelections, booking }: JsonObject): Item[] {
  const choices = [...list<Selection>(formerSelections), ...list<Selection>(selection)]
  const items: Item[] = [
    ...list<TimelineEntry>(timeline).map((event): Item => ({ at: event.occurredAt, kind: 'event', event })),
    ...choices.map((one): Item => ({ at: one.chosenAt, kind: 'selection', selection: one })),
    ...list<Booking>(booking).map((one): Item => ({ at: one.bookedAt, kind: 'booking', booking: one })),
  ]
  return items.toSorted(byTime)
}

/** What happened at the same moment stays in the order of events, choices, booking. */
function byTime(a: Item, b: Item): number {
  return Date.parse(a.at) - Date.parse(b.at)
}

function list<T>(value: unknown): T[] {
  return value === undefined ? [] : ([value].flat() as T[])
}
