import { randomBytes } from 'node:crypto'
import { EVENTS, isShipmentEventType, rankOf } from '../canonical/taxonomy.ts'
import type { DeliveryEvent, EventType, Shipment, TimelineEntry } from '../canonical/types.ts'
import { deriveId } from '../delivery/ids.ts'
import { CartageError } from '../errors.ts'
import { ofCalledOff } from './called-off.ts'
import { type Consignment, shipmentIdOf } from './consignments.ts'
import { withTimeline } from './fold.ts'

export { shipmentIdOf }

/** More events than this are a partner's loop, not a delivery; the document must stay small enough to be rewritten. */
const MAX_TIMELINE = 2000

export interface CreationContext {
  /** Epoch milliseconds. */
  now: number
  correlationId: string
  /** Return that the shipment brings back. */
  returnOrderId?: string
  /** Unguessable; drawn when absent. */
  trackingToken?: string
}

/** What an event did. On a repetition the words are those of the first time, so that a redelivery can say the same again. */
export interface Application {
  shipment: Shipment
  /** `moved`: the status or the attempt changed. `noted`: kept in the timeline only. `repeated`: was already there; nothing changed. */
  outcome: 'moved' | 'noted' | 'repeated'
  from: EventType
  to: EventType
  entry: TimelineEntry
}

/** A shipment as it is when the order has just been released: one event in its timeline, a pick-up and a delivery to do. */
export function newShipment(order: Consignment, context: CreationContext): Shipment {
  const shipmentId = shipmentIdOf(order.orderId, order.part?.partId)
  const now = new Date(context.now).toISOString()
  const created = creation(shipmentId, now)
  const { schemaVersion, orderId, deliveryDocument, serviceLevel, consignor, consignee, packages, lines, promise } =
    order
  const { part, changedAt, hold } = order
  return {
    schemaVersion,
    shipmentId,
    orderId,
    ...(deliveryDocument === undefined ? {} : { deliveryDocument }),
    ...(context.returnOrderId === undefined ? {} : { returnOrderId: context.returnOrderId }),
    ...(part === undefined ? {} : { part }),
    ...(changedAt === undefined ? {} : { changedAt }),
    status: 'shipment.created',
    statusAt: now,
    statusEventId: created.eventId,
    attempt: 1,
    rank: created.rank ?? 0,
    sequence: 1,
    serviceLevel,
    consignor,
    consignee,
    packages,
    lines,
    stops: [
      { stopId: `${shipmentId}.1`, sequence: 1, kind: 'pickup', party: consignor },
      {
        stopId: `${shipmentId}.2`,
        sequence: 2,
        kind: 'delivery',
        party: consignee,
        ...(promise ? { window: promise } : {}),
      },
    ],
    references: order.references ?? [],
    ...(promise === undefined ? {} : { promise }),
    ...(hold === undefined ? {} : { holds: [{ ...hold, since: now }] }),
    ...(order.goodsValue === undefined ? {} : { goodsValue: order.goodsValue }),
    ...(order.cashOnDelivery === undefined ? {} : { cashOnDelivery: order.cashOnDelivery }),
    ...(order.deliveryPin === undefined ? {} : { deliveryPin: order.deliveryPin }),
    ...(order.tags === undefined ? {} : { tags: order.tags }),
    trackingToken: context.trackingToken ?? randomBytes(18).toString('base64url'),
    correlationId: context.correlationId,
    createdAt: now,
    updatedAt: now,
    timeline: [created],
  }
}

/**
 * Applies one event: pure, and without regard to the order in which events come in (see `withTimeline`).
 * An event that is already in the timeline changes nothing and gives its first outcome again.
 * @param now epoch milliseconds, for `updatedAt`
 * @throws CartageError invalid `lifecycle.not-a-shipment-event` for positions; refused `lifecycle.timeline-full`
 */
export function applyEvent(shipment: Shipment, event: DeliveryEvent, now: number): Application {
  const known = shipment.timeline.find((entry) => entry.eventId === event.eventId)
  if (known !== undefined) return { shipment, outcome: 'repeated', from: known.from, to: known.to, entry: known }
  if (!isShipmentEventType(event.type) && event.type !== 'status.unmapped')
    throw new CartageError('invalid', 'lifecycle.not-a-shipment-event', `${event.type} is no event of a shipment`, {
      field: 'type',
    })
  if (shipment.timeline.length >= MAX_TIMELINE)
    throw new CartageError('refused', 'lifecycle.timeline-full', `the shipment already has ${MAX_TIMELINE} events`)
  return append(shipment, event, now)
}

function append(shipment: Shipment, event: DeliveryEvent, now: number): Application {
  const sequence = shipment.sequence + 1
  const corrects = event.corrects ?? unmappedBefore(shipment, event)
  const told = entryOf(corrects === undefined ? event : { ...event, corrects }, shipment, sequence)
  const candidate = ofCalledOff(event, shipment) ? { ...told, rank: null } : told
  const next = withTimeline(shipment, [...shipment.timeline, candidate])
  const outcome = next.status !== shipment.status || next.attempt !== shipment.attempt ? 'moved' : 'noted'
  const entry: TimelineEntry = {
    ...next.timeline.find(({ eventId }) => eventId === event.eventId)!,
    outcome,
    to: next.status,
  }
  const timeline = next.timeline.map((other) => (other.eventId === event.eventId ? entry : other))
  return {
    shipment: { ...next, timeline, sequence, updatedAt: new Date(now).toISOString() },
    outcome,
    from: shipment.status,
    to: next.status,
    entry,
  }
}

/** The entry of the same fact from when nobody had mapped its code yet: this one takes its place. */
function unmappedBefore({ timeline }: Shipment, event: DeliveryEvent): string | undefined {
  if (event.type === 'status.unmapped') return undefined
  const isSame = (entry: TimelineEntry) =>
    entry.type === 'status.unmapped' &&
    entry.provider === event.provider &&
    entry.rawCode === event.rawCode &&
    Date.parse(entry.occurredAt) === Date.parse(event.occurredAt)
  return timeline.find(isSame)?.eventId
}

function creation(shipmentId: string, now: string): TimelineEntry {
  return {
    eventId: deriveId('shipment.created', shipmentId),
    type: 'shipment.created',
    occurredAt: now,
    receivedAt: now,
    outcome: 'moved',
    sequence: 1,
    from: 'shipment.created',
    to: 'shipment.created',
    attempt: 1,
    rank: EVENTS['shipment.created'].rank,
    source: 'API',
  }
}

function entryOf(event: DeliveryEvent, shipment: Shipment, sequence: number): TimelineEntry {
  const { eventId, type, occurredAt, receivedAt, source, provider, rawCode, rawText, reason, variant, corrects } = event
  const { location, stopSequence, eta, attempt, attemptRule, evidence, mappingVersion } = event
  return {
    eventId,
    type,
    occurredAt,
    receivedAt,
    outcome: 'noted',
    sequence,
    from: shipment.status,
    to: shipment.status,
    attempt: attempt ?? 1,
    ...(attempt === undefined ? {} : { statedAttempt: attempt }),
    ...(attemptRule === undefined ? {} : { attemptRule }),
    rank: rankOf(type),
    mappingVersion,
    source,
    provider,
    rawCode,
    ...(rawText === undefined ? {} : { rawText }),
    ...(reason === undefined ? {} : { reason }),
    ...(variant === undefined ? {} : { variant }),
    ...(corrects === undefined ? {} : { corrects }),
    ...(location === undefined ? {} : { location }),
    ...(stopSequence === undefined ? {} : { stopSequence }),
    ...(eta === undefined ? {} : { eta }),
    ...(evidence === undefined ? {} : { evidence: evidence.length }),
  }
}
