import type { CloudEvent } from '../canonical/envelope.ts'
import { causedBy } from '../delivery/cause.ts'
import { deriveId } from '../delivery/ids.ts'
import type { Json } from '../json.ts'
import type { NewMessage } from '../store/ports.ts'

/** Every event in a shipment's timeline, whether it moved the status or was only noted. */
export const SHIPMENT_EVENTS = 'shipments.events'

/** A shipment's event as a message. Its id follows from the event's, so that telling it twice stores it once; `cause` led to it. */
export function shipmentMessage(event: CloudEvent, cause?: string): NewMessage {
  return {
    id: deriveId('event', SHIPMENT_EVENTS, event.id),
    channel: SHIPMENT_EVENTS,
    key: event.subject ?? event.id,
    payload: event as unknown as Json,
    headers: { partner: event.data.provider, ...causedBy(cause) },
    correlationId: event.correlationid ?? event.id,
  }
}
