import type { Shipment, TimelineEntry } from '../canonical/types.ts'
import { stands } from '../lifecycle/fold.ts'

export type End = 'delivered' | 'failed' | 'returned' | 'lost' | 'cancelled'

/** A problem of a shipment, from the first event that told of it to the first that shows that it goes on. */
export interface Trouble {
  type: string
  at: number
  resolvedAt?: number
}

export interface Dwell {
  kind: 'pickup' | 'delivery'
  /** When the vehicle left. */
  at: number
  ms: number
}

/** What the figures are made of: one shipment in a few numbers, no personal data. All times are epoch milliseconds. */
export interface Facts {
  shipmentId: string
  /** Slug of the courier that has it. */
  courier?: string
  releasedAt: number
  dispatchedAt?: number
  pickedUpAt?: number
  end?: End
  endedAt?: number
  attempt: number
  promisedBy?: number
  provenAt?: number
  invoicedAt?: number
  dwells: Dwell[]
  troubles: Trouble[]
}

const ENDS: Readonly<Record<string, End>> = {
  'delivery.completed': 'delivered',
  'delivery.failed': 'failed',
  'return.completed': 'returned',
  'shipment.lost': 'lost',
  'shipment.cancelled': 'cancelled',
}
const TROUBLES = new Set([
  'carrier.rejected',
  'pickup.failed',
  'transit.delayed',
  'customs.held',
  'shipment.held',
  'delivery.attempt_failed',
  'shipment.damaged',
  'delivery.failed',
  'shipment.lost',
])
/** From this rank on the goods are with the courier, whether it told of the pick-up or not. */
const PICKED_UP = 20

/**
 * The facts of a shipment, from the *set* of its events alone: in whatever order and however often they came in, and whatever was corrected
 * later, the facts are the same. `invoicedAt`: when the ERP released the invoice, which the shipment itself does not say.
 */
export function factsOf(shipment: Shipment, invoicedAt?: number): Facts {
  const live = shipment.timeline.filter(stands(shipment.timeline)).sort(byTime)
  const courier = shipment.booking?.partner ?? shipment.selection?.partner
  const dispatched = shipment.booking?.bookedAt ?? shipment.route?.plannedAt
  const pickedUp = live.find(({ rank, type }) => (rank ?? 0) >= PICKED_UP && type !== 'shipment.cancelled')
  const proven = shipment.proofOfDelivery?.availableAt
  return {
    shipmentId: shipment.shipmentId,
    ...(courier !== undefined && { courier }),
    releasedAt: Date.parse(shipment.createdAt),
    ...(dispatched !== undefined && { dispatchedAt: Date.parse(dispatched) }),
    ...(pickedUp !== undefined && { pickedUpAt: Date.parse(pickedUp.occurredAt) }),
    ...endOf(shipment, live),
    ...(shipment.promise !== undefined && { promisedBy: Date.parse(shipment.promise.latest) }),
    ...(proven !== undefined && { provenAt: Date.parse(proven) }),
    ...(invoicedAt !== undefined && { invoicedAt }),
    dwells: dwellsOf(shipment),
    troubles: troublesOf(live),
  }
}

/** A delivery counts from the first event that told of it, also when the goods came back later. */
function endOf(
  { status, statusAt, attempt }: Shipment,
  live: TimelineEntry[],
): Pick<Facts, 'end' | 'endedAt' | 'attempt'> {
  const delivered = live.find(({ type }) => type === 'delivery.completed')
  if (delivered) return { end: 'delivered', endedAt: Date.parse(delivered.occurredAt), attempt: delivered.attempt }
  const end = ENDS[status]
  return end === undefined ? { attempt } : { end, endedAt: Date.parse(statusAt), attempt }
}

function dwellsOf({ stops }: Shipment): Dwell[] {
  return stops.flatMap(({ kind, arrivedAt, departedAt }) => {
    if (kind === 'return' || arrivedAt === undefined || departedAt === undefined) return []
    const at = Date.parse(departedAt)
    const ms = at - Date.parse(arrivedAt)
    return ms < 0 ? [] : [{ kind, at, ms }]
  })
}

function troublesOf(live: TimelineEntry[]): Trouble[] {
  const troubles: Trouble[] = []
  for (const { type, rank, occurredAt } of live) {
    const at = Date.parse(occurredAt)
    const open = troubles.findLast(({ resolvedAt }) => resolvedAt === undefined)
    if (TROUBLES.has(type)) {
      if (!open) troubles.push({ type, at })
    } else if (open && rank !== null) open.resolvedAt = at
  }
  return troubles
}

function byTime(a: TimelineEntry, b: TimelineEntry): number {
  return Date.parse(a.occurredAt) - Date.parse(b.occurredAt) || (a.eventId < b.eventId ? -1 : 1)
}
