import type { NodeAPI, NodeDef } from 'node-red'
import { causedBy } from '../../engine/delivery/cause.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { CartageError } from '../../engine/errors.ts'
import { canonicalJson, type Json } from '../../engine/json.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, type MessageOrigin, registerNode } from '../support/register.ts'
import { typedText } from '../support/typed.ts'

interface EventOutConfig extends NodeDef {
  channel: string
  channelType: string
  key: string
  keyType: string
}

/**
 * The message that is published. Its id is derived: from the CloudEvent's own id where the payload is one, else from the
 * message that led here, this node and the payload, so that a redelivery publishes nothing new.
 */
export function publication(
  message: Pick<FlowMessage, 'payload' | 'partner' | 'shipment'>,
  origin: MessageOrigin,
  role: string,
  channel: string,
  key: string | undefined,
): NewMessage {
  const payload = message.payload as Json
  if (payload === undefined || typeof payload === 'function')
    throw new CartageError('invalid', 'event-out.payload', 'msg.payload is missing', { field: 'payload' })
  const event = isCloudEvent(payload) ? payload : undefined
  const id = event
    ? deriveId('event', channel, String(event.id))
    : deriveId('message', origin.messageId, role, channel, canonicalJson(payload))
  return {
    id,
    channel,
    key: key ?? (event?.subject === undefined ? origin.key : String(event.subject)),
    payload,
    headers: { ...(message.partner === undefined ? {} : { partner: message.partner }), ...causedBy(origin.cause) },
    correlationId: correlationOf(event, message.shipment) ?? origin.correlationId,
  }
}

/** The event says it, or the shipment that the message is about; else it is that of the message that led here. */
function correlationOf(event: { [key: string]: Json } | undefined, shipment: unknown): string | undefined {
  if (event?.correlationid !== undefined) return String(event.correlationid)
  return (shipment as { correlationId?: string } | undefined)?.correlationId
}

function isCloudEvent(payload: Json): payload is { [key: string]: Json } {
  return (
    payload !== null &&
    typeof payload === 'object' &&
    !Array.isArray(payload) &&
    'specversion' in payload &&
    'id' in payload
  )
}

export default function (RED: NodeAPI): void {
  registerNode<EventOutConfig>(RED, 'event-out', (kit) => {
    const { config, badge } = kit
    const channel = { value: config.channel, type: config.channelType || 'str' }
    const key = config.keyType && config.keyType !== 'auto' ? { value: config.key, type: config.keyType } : undefined
    return {
      rehearsable: true,
      async input(message, cartage) {
        const name = await typedText(kit, 'channel', channel, message)
        const keyText = key && (await typedText(kit, 'key', key, message))
        const origin = originIn(cartage.tracker, message)
        const [outcome] = await cartage.hub.publish([publication(message, origin, config.id, name, keyText)])
        if (outcome === 'conflict')
          throw new CartageError(
            'invalid',
            'event-out.conflict',
            `another message with this id but other content is on ${name}`,
          )
        badge({ fill: 'green', shape: 'dot', key: outcome === 'present' ? 'present' : 'published' })
        return []
      },
    }
  })
}
