import { type CloudEvent, cloudEvent } from '../../engine/canonical/index.ts'
import type { Hub } from '../../engine/hub.ts'
import { shipmentMessage } from '../../engine/lifecycle/channels.ts'
import type { Applied } from '../../engine/lifecycle/index.ts'

/** An applied event in its envelope. */
export function eventOf({ event, shipment, sequence }: Applied): CloudEvent {
  return cloudEvent({ data: event, correlationId: shipment.correlationId, sequence })
}

/**
 * Events that had waited for this shipment go the way of all events: onto the channel of shipment events. Whoever changes a
 * shipment may be the one to match them (a booking may have been interrupted before), so each of them must tell of them.
 */
export async function publishMatched(hub: Pick<Hub, 'publish'>, matched: Applied[]): Promise<void> {
  if (matched.length > 0) await hub.publish(matched.map((applied) => shipmentMessage(eventOf(applied))))
}
