import { cloudEvent } from '../canonical/envelope.ts'
import type { DeliveryEvent } from '../canonical/types.ts'
import { validate } from '../canonical/validate.ts'
import { causedBy } from '../delivery/cause.ts'
import { deriveId } from '../delivery/ids.ts'
import type { RetentionTask } from '../delivery/retention.ts'
import { chosenDocuments, pagesOf } from '../delivery/retention-tasks.ts'
import type { Verdict } from '../delivery/subscriber.ts'
import type { Json } from '../json.ts'
import type { Delivery, DocumentStore, FailureReport, NewMessage } from '../store/ports.ts'
import { eventsChannelOf, shipmentMessage } from './channels.ts'
import type { ShipmentLifecycle } from './lifecycle.ts'
import type { ParkedEvent } from './parking.ts'

/** Channel, and the hub's own subscription of it, for events whose shipment did not appear in time. */
export const UNMATCHED = 'lifecycle.unmatched'

export interface UnmatchedDeps {
  lifecycle: ShipmentLifecycle
  documents: DocumentStore
  publish: (messages: NewMessage[]) => Promise<unknown>
}

/**
 * Events that have waited long enough for their shipment become messages of a channel of their own, stored before the event
 * stops waiting: a crash in between tells it again under the same id.
 */
export function unmatchedEvents({ lifecycle, documents, publish }: UnmatchedDeps, waitMs: number): RetentionTask {
  return {
    name: 'parked-events',
    everyHours: 1,
    async *steps(now) {
      for await (const items of pagesOf<ParkedEvent>(documents, 'parked')) {
        const late = items
          .map(({ body }) => body)
          .filter(({ state, parkedAt }) => state === 'waiting' && Date.parse(parkedAt) <= now - waitMs)
        if (late.length > 0) await publish(late.map(messageOf))
        for (const { event } of late) await lifecycle.expireParked(event.eventId)
        yield late.length
      }
    },
  }
}

/** Parked events that were matched or given up, and are of no use any more. */
export function noLongerParked(documents: DocumentStore, days: number): RetentionTask {
  return chosenDocuments<ParkedEvent>(documents, {
    name: 'matched-events',
    kind: 'parked',
    days,
    mayGo: ({ body }) => body.state !== 'waiting',
  })
}

/**
 * Applies the event if its shipment is there after all (a replay, perhaps with a corrected reference), and makes it a dead
 * letter otherwise.
 */
export async function matchOrBury(deps: UnmatchedDeps, delivery: Delivery): Promise<Verdict> {
  const event = delivery.message.payload as unknown as DeliveryEvent
  const [issue] = validate('delivery-event', event)
  if (issue) return buried('lifecycle.event', `${issue.field}: ${issue.message}`)
  const applied = await deps.lifecycle.applyIfKnown(event)
  if (!applied) {
    const { type, value } = event.shipmentRef
    return buried('lifecycle.unmatched', `no shipment with the ${type} ${value} appeared in time`)
  }
  const { shipment, sequence } = applied
  const envelope = cloudEvent({ data: applied.event, correlationId: shipment.correlationId, sequence })
  await deps.publish([shipmentMessage(envelope, delivery.message.id, eventsChannelOf(shipment))])
  return { kind: 'settle' }
}

function messageOf({ event, parkedAt, cause }: ParkedEvent): NewMessage {
  return {
    id: deriveId('unmatched', event.eventId, parkedAt),
    channel: UNMATCHED,
    key: event.shipmentRef.value,
    payload: event as unknown as Json,
    headers: { partner: event.provider, ...causedBy(cause) },
    correlationId: event.eventId,
  }
}

function buried(code: string, message: string): Verdict {
  const failure: FailureReport = { category: 'invalid', code, message, causes: [] }
  return { kind: 'bury', failure }
}
