import { rankOf } from '../canonical/taxonomy.ts'
import type { PodReference, Shipment, ShipmentEventType, Stop, TimelineEntry } from '../canonical/types.ts'
import { attemptsOf } from './attempts.ts'

/** What the timeline alone decides about a shipment. */
type Folded = Pick<Shipment, 'status' | 'statusAt' | 'attempt' | 'rank' | 'timeline'> &
  Partial<Pick<Shipment, 'statusEventId' | 'eta' | 'proofOfDelivery'>> & { stops: Stop[] }

/**
 * The state of a shipment as a pure function of the *set* of its events: whatever the order in which they came in, and
 * however often, the result is the same.
 *
 * - An event that another one names in `corrects` is void.
 * - The status is the greatest remaining event by (attempt, rank, time, id); side facts and unmapped codes are no candidates.
 * - The attempt of an event is what the sender said, else what the events before it imply (`attemptsOf`).
 *
 * The expected arrival is the newest forecast; before there is one, what the booking said, or what was recorded.
 * Adding an event can therefore only move (attempt, rank) forward, unless it corrects another.
 */
function fold(shipment: Shipment, timeline: TimelineEntry[]): Folded {
  const isLive = stands(timeline)
  const attempts = attemptsOf(timeline.filter(isLive))
  const entries = timeline
    .map((entry) => ({ ...entry, attempt: attempts.get(entry.eventId) ?? entry.statedAttempt ?? 1 }))
    .sort((a, b) => byTime(a, b))
  const live = entries.filter(isLive)
  const head = live.filter((entry) => entry.rank !== null).reduce<TimelineEntry | undefined>(further, undefined)
  const eta = newestEta(live) ?? shipment.booking?.eta ?? (timeline.some(foretells) ? undefined : shipment.eta)
  const pod = proofOf(live, shipment.proofOfDelivery)
  return {
    status: (head?.type as ShipmentEventType | undefined) ?? 'shipment.created',
    statusAt: head?.occurredAt ?? shipment.createdAt,
    ...(head === undefined ? {} : { statusEventId: head.eventId }),
    attempt: head?.attempt ?? 1,
    rank: head?.rank ?? rankOf('shipment.created')!,
    ...(eta === undefined ? {} : { eta }),
    ...(pod === undefined ? {} : { proofOfDelivery: pod }),
    stops: shipment.stops.map((stop) => withTimes(stop, live, eta)),
    timeline: entries,
  }
}

/** Which entries count: those that no other one corrects. */
export function stands(timeline: TimelineEntry[]): (entry: TimelineEntry) => boolean {
  const corrected = new Set(
    timeline.flatMap((entry) => (entry.corrects && entry.corrects !== entry.eventId ? [entry.corrects] : [])),
  )
  return (entry) => !corrected.has(entry.eventId)
}

/** The shipment with the state that a timeline gives it; everything that events do not decide stays. */
export function withTimeline(shipment: Shipment, timeline: TimelineEntry[]): Shipment {
  const { statusEventId: _statusEventId, eta: _eta, proofOfDelivery: _proof, ...rest } = shipment
  return { ...rest, ...fold(shipment, timeline) }
}

/** Milliseconds since 1970 of a time that the schema has checked. */
function instant(time: string): number {
  return Date.parse(time)
}

function further(best: TimelineEntry | undefined, entry: TimelineEntry): TimelineEntry {
  if (best === undefined) return entry
  const difference = entry.attempt - best.attempt || (entry.rank ?? 0) - (best.rank ?? 0) || byTime(entry, best)
  return difference > 0 ? entry : best
}

function byTime(a: TimelineEntry, b: TimelineEntry): number {
  return instant(a.occurredAt) - instant(b.occurredAt) || (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0)
}

/** The forecast that was made last; of two made at once, the one that we were told last. */
function newestEta(live: TimelineEntry[]): string | undefined {
  const forecasts = live.filter(foretells)
  const newer = (a: TimelineEntry, b: TimelineEntry) =>
    instant(a.occurredAt) - instant(b.occurredAt) || instant(a.receivedAt) - instant(b.receivedAt) || byTime(a, b)
  return forecasts.sort(newer).at(-1)?.eta
}

function foretells(entry: TimelineEntry): boolean {
  return entry.eta !== undefined && entry.type !== 'status.unmapped'
}

/** A proof exists since the first event that announced or carried one; which one is in the vault, `recordProofOfDelivery` says. */
function proofOf(live: TimelineEntry[], known: PodReference | undefined): PodReference | undefined {
  const carries = (entry: TimelineEntry) =>
    entry.type === 'pod.available' || (entry.type === 'delivery.completed' && (entry.evidence ?? 0) > 0)
  const first = live.find(carries)
  const podId = known?.podId
  if (first === undefined) return podId === undefined ? undefined : { podId }
  return { ...(podId === undefined ? {} : { podId }), availableAt: first.occurredAt, eventId: first.eventId }
}

const ARRIVED: Readonly<Record<string, Stop['kind']>> = { 'pickup.arrived': 'pickup', 'delivery.arrived': 'delivery' }
const DEPARTED: Readonly<Record<string, Stop['kind']>> = {
  'pickup.completed': 'pickup',
  'delivery.completed': 'delivery',
  'delivery.attempt_failed': 'delivery',
  'return.completed': 'return',
}

/** A vehicle that was seen to leave a stop says which; the departures that couriers tell of are from places of their own. */
function leavesStop({ type, stopSequence }: TimelineEntry): boolean {
  return type === 'transit.departed' && stopSequence !== undefined
}

/** Times of a stop follow from the events; of the other stops than the delivery nobody foretells anything but the plan. */
function withTimes(stop: Stop, live: TimelineEntry[], eta: string | undefined): Stop {
  const { eta: planned, arrivedAt: _arrivedAt, departedAt: _departedAt, ...rest } = stop
  const expected = stop.kind === 'delivery' ? eta : planned
  const last = (happened: (entry: TimelineEntry) => boolean) =>
    live.findLast((e) => happened(e) && (e.stopSequence ?? stop.sequence) === stop.sequence)?.occurredAt
  const arrivedAt = last(({ type }) => ARRIVED[type] === stop.kind)
  const departedAt = last((entry) => DEPARTED[entry.type] === stop.kind || leavesStop(entry))
  return {
    ...rest,
    ...(expected === undefined ? {} : { eta: expected }),
    ...(arrivedAt === undefined ? {} : { arrivedAt }),
    ...(departedAt === undefined ? {} : { departedAt }),
  }
}
