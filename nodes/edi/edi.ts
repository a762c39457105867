import { createHash } from 'node:crypto'
import type { NodeAPI, NodeDef } from 'node-red'
import { deriveId } from '../../engine/delivery/ids.ts'
import { type SlaNotice, slaChannel } from '../../engine/delivery/sla.ts'
import { numberOutgoing } from '../../engine/edi/outgoing.ts'
import { CartageError } from '../../engine/errors.ts'
import { type EdiFormat, ediFormatOf } from '../../engine/formats/edi/examine.ts'
import { canonicalJson } from '../../engine/json.ts'
import { durableSource } from '../support/durable-source.ts'
import { originIn } from '../support/origin.ts'
import { partnerFor } from '../support/partners.ts'
import {
  type FlowMessage,
  isWired,
  type NodeKit,
  type Outputs,
  registerNode,
  withFailure,
} from '../support/register.ts'
import { slaTimersOf } from '../support/sla-timers.ts'
import { takeApart } from './take-apart.ts'

export interface EdiConfig extends NodeDef {
  /** Empty: the partner named in msg.provider, else in msg.partner. */
  partner: string
  /** `in`: take an interchange apart and acknowledge it. `out`: give one its control numbers. */
  direction: 'in' | 'out'
  /** `out`: hours within which the partner acknowledges it; empty or 0: nobody waits for that. */
  withinHours: number | string
}

const VISIBILITY_MS = 60_000

export default function (RED: NodeAPI): void {
  registerNode<EdiConfig>(RED, 'edi', (kit) => {
    const { config, node, badge } = kit
    const hours = config.direction === 'out' ? Number(config.withinHours) || 0 : 0
    const end = hours > 0 ? overdue(kit) : undefined
    return {
      rehearsable: true,
      async input(message, cartage) {
        const named = config.direction === 'out' ? (message.provider ?? message.partner) : message.partner
        const { slug, profile } = partnerFor(RED, cartage, config.partner, named)
        try {
          const outputs =
            config.direction === 'out'
              ? await number({ ...kit, cartage }, message, slug, hours)
              : await takeApart({ ...kit, cartage }, message, { slug, documents: profile.documents ?? {} })
          return outputs
        } catch (error) {
          if (!(error instanceof CartageError) || error.category !== 'invalid' || !isWired(node, 2)) throw error
          badge({ fill: 'red', shape: 'ring', key: 'refused', values: { code: error.code } })
          return [null, null, withFailure(message, error, node)]
        }
      },
      ...(end && { close: end }),
    }
  })
}

async function number(kit: NodeKit<EdiConfig>, message: FlowMessage, slug: string, hours: number): Promise<Outputs> {
  const { cartage, config, badge } = kit
  const format = formatOf(message.payload)
  const origin = originIn(cartage.tracker, message)
  const { hub } = cartage
  const { text, control } = await numberOutgoing(
    {
      // One message may become several interchanges.
      id: deriveId('edi-out', slug, config.id, origin.messageId, contentHash(message.payload)),
      ...{ partner: slug, format, content: message.payload },
      ...(hours > 0 && { within: { hours, timer: timerOf(config) } }),
    },
    { documents: hub.store.documents, clock: hub.clock, sla: slaTimersOf(cartage) },
  )
  badge({ fill: 'green', shape: 'dot', key: 'numbered', values: { control } })
  return [{ ...message, payload: text, edi: { format, control: String(control) } }, null, null]
}

function contentHash(payload: unknown): string {
  const isText = typeof payload === 'string' || payload instanceof Uint8Array
  return createHash('sha256')
    .update(isText ? payload : canonicalJson(payload))
    .digest('hex')
}

/** Of what a mapping gave, too, before it is written. */
function formatOf(payload: unknown): EdiFormat {
  const isText = typeof payload === 'string' || payload instanceof Uint8Array
  const known = isText
    ? ediFormatOf(payload)
    : payload !== null && typeof payload === 'object' && 'groups' in payload
      ? 'x12'
      : 'edifact'
  if (known && payload !== null && payload !== undefined) return known
  throw new CartageError('invalid', 'edi.format', 'this is neither X12 nor EDIFACT', { field: 'payload' })
}

/** What was sent and not acknowledged in time leaves by the second output, as a delivery of its own. */
function overdue(kit: NodeKit<EdiConfig>): () => Promise<void> {
  const channel = slaChannel(timerOf(kit.config))
  const timers = slaTimersOf(kit.cartage)
  kit.cartage.hub.pump(channel)
  return durableSource(kit, {
    ...{ channel, subscription: channel, ordered: true, concurrency: 8, maxAttempts: 8, visibilityMs: VISIBILITY_MS },
    wanted: (message) => timers.holds(message.payload as unknown as SlaNotice),
    outputs: (_message, flowMessage) => [null, flowMessage, null],
  })
}

function timerOf({ id }: EdiConfig): string {
  return `edi-${id}`
}
