import { type CloudEvent, cloudEvent } from '../../engine/canonical/index.ts'
import { eventsChannelOf, shipmentMessage } from '../../engine/lifecycle/channels.ts'
import type { Applied } from '../../engine/lifecycle/index.ts'
import { originIn } from './origin.ts'
import type { FlowMessage } from './register.ts'
import type { CartageRuntime } from './runtime.ts'

type Publisher = Pick<CartageRuntime, 'tracker'> & { hub: Pick<CartageRuntime['hub'], 'publish'> }

/** An applied event in its envelope. */
export function eventOf({ event, shipment, sequence }: Applied): CloudEvent {
  return cloudEvent({ data: event, correlationId: shipment.correlationId, sequence })
}

/**
 * Events that had waited for this shipment go the way of all events: onto the channel of shipment events. Whoever changes a
 * shipment may be the one to match them (a booking may have been interrupted before), so each of them must tell of them.
 */
export async function publishMatched(cartage: Publisher, message: FlowMessage, matched: Applied[]): Promise<void> {
  if (matched.length === 0) return
  const { cause } = originIn(cartage.tracker, message)
  const messageOf = (applied: Applied) =>
    shipmentMessage(eventOf(applied), applied.cause ?? cause, eventsChannelOf(applied.shipment))
  await cartage.hub.publish(matched.map(messageOf))
}
