import type { Delivery } from '../../engine/store/ports.ts'
import { ownerOf } from '../../engine/delivery/subscriber.ts'
import type { FlowTracker } from '../durable-flow/tracker.ts'
import type { FlowMessage, MessageOrigin } from './register.ts'

/** What a message says of itself, as it enters a flow. */
export function originOf(delivery: Delivery): MessageOrigin {
  const { message } = delivery
  return {
    messageId: message.id,
    channel: message.channel,
    subscription: delivery.subscription,
    key: message.key,
    correlationId: message.correlationId,
    attempt: delivery.attempt,
    acceptedAt: new Date(message.acceptedAt).toISOString(),
    headers: message.headers,
  }
}

/**
 * The origin of a message in a flow: the delivery under way, whatever an analyst's function node did to the message.
 * Outside a durable flow (an inject node, say) the message itself stands for it, so that nodes can be tried out by hand.
 */
export function originIn(tracker: FlowTracker, message: FlowMessage): MessageOrigin & { owner: string } {
  const delivery = tracker.current(message)
  if (delivery) return { ...originOf(delivery), cause: delivery.message.id, owner: ownerOf(delivery) }
  const id = message.cartage?.messageId ?? message._msgid
  return {
    messageId: id,
    channel: '',
    subscription: '',
    key: message.cartage?.key ?? id,
    correlationId: message.cartage?.correlationId ?? id,
    attempt: 1,
    acceptedAt: new Date().toISOString(),
    headers: message.cartage?.headers ?? {},
    owner: id,
  }
}
