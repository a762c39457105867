import type { CloudEvent } from '../canonical/envelope.ts'
import type { Shipment } from '../canonical/types.ts'
import { causedBy } from '../delivery/cause.ts'
import { deriveId } from '../delivery/ids.ts'
import type { Json } from '../json.ts'
import type { NewMessage } from '../store/ports.ts'

/** Every event in a shipment's timeline, whether it moved the status or was only noted. */
export const SHIPMENT_EVENTS = 'shipments.events'

/** The same of shipments that bring a return back: whoever confirms, bills or announces deliveries hears nothing of them. */
export const RETURN_EVENTS = 'returns.shipments'

/** The channel on which a shipment's events are told. */
export function eventsChannelOf({ returnOrderId }: Pick<Shipment, 'returnOrderId'>): string {
  return returnOrderId === undefined ? SHIPMENT_EVENTS : RETURN_EVENTS
}

/** A shipment's event as a message. Its id follows from the event's, so that telling it twice stores it once; `cause` led to it. */
export function shipmentMessage(event: CloudEvent, cause?: string, channel = SHIPMENT_EVENTS): NewMessage {
  return {
    id: deriveId('event', channel, event.id),
    channel,
    key: event.subject ?? event.id,
    payload: event as unknown as Json,
    headers: { partner: event.data.provider, ...causedBy(cause) },
    correlationId: event.correlationid ?? event.id,
  }
}
