import { createHash } from 'node:crypto'
import type { NodeAPI, NodeDef } from 'node-red'
import { deriveId } from '../../engine/delivery/ids.ts'
import { CartageError, categoryOf } from '../../engine/errors.ts'
import { deliverFile } from '../../engine/files/deliver.ts'
import type { FilesOut } from '../../engine/files/types.ts'
import { encode } from '../../engine/formats/index.ts'
import type { Json } from '../../engine/json.ts'
import { partnerPaused } from '../../engine/partner/control.ts'
import { originIn } from '../support/origin.ts'
import { type PartnerHandle, partnerFor } from '../support/partners.ts'
import { type FlowMessage, registerNode } from '../support/register.ts'
import type { CartageRuntime } from '../support/runtime.ts'

interface FileOutConfig extends NodeDef {
  /** Empty: the partner named in msg.provider, else in msg.partner. */
  partner: string
  /** Which of the template's files; empty: the first. */
  box: string
  /** JSONata: what one file is written for. Empty: the message and what is written, as one may become several files. */
  subject: string
}

export default function (RED: NodeAPI): void {
  registerNode<FileOutConfig>(RED, 'file-out', (kit) => {
    const { config, badge } = kit
    return {
      rehearsable: true,
      async input(message: FlowMessage, cartage) {
        const handle = partnerFor(RED, cartage, config.partner, message.provider ?? message.partner)
        const box = boxOf(handle, config.box, RED)
        const bytes = bytesOf(message.payload, box, handle)
        const origin = originIn(cartage.tracker, message)
        const subject = await subjectOf(
          config.subject,
          message,
          cartage.evaluate,
          () => `${origin.messageId} ${hashOf(bytes)}`,
        )
        const operation = `file:${box.name}`
        if (!cartage.rehearsal && cartage.control.mode(handle.slug) === 'paused') throw partnerPaused()
        const held = box.begins && !cartage.rehearsal ? cartage.statuses.against(handle.slug, 'book') : undefined
        if (held) throw held
        const id = deriveId('effect', handle.slug, operation, subject)
        const { hub } = cartage
        const deps = {
          ...{ box, documents: hub.store.documents, clock: hub.clock, crash: hub.crash },
          open: () => handle.place(),
        }
        const answer = await cartage.effects.perform({
          ...{ id, partner: handle.slug, operation, subject, messageId: origin.messageId },
          async send(_key, mayBegin) {
            mayBegin()
            const body = await observed(cartage, handle.slug, operation, () =>
              deliverFile({ id, key: origin.key, bytes }, deps),
            )
            return { outcome: 'answered', status: 200, body: { ...body } }
          },
          repeatable: true,
        })
        const file = answer.outcome === 'refused' ? undefined : (answer.body as { name: string })
        badge({ fill: 'green', shape: 'dot', key: 'written', values: { name: file?.name ?? '' } })
        return [{ ...message, file }]
      },
    }
  })
}

function boxOf({ profile }: PartnerHandle, name: string, RED: NodeAPI): FilesOut {
  const boxes = profile.files?.out ?? []
  const box = name ? boxes.find((one) => one.name === name) : boxes[0]
  if (!box) throw new Error(RED._('file-out.errors.noBox', { partner: profile.label, box: name }))
  return box
}

/** Bytes and texts are written as they are; anything else as the document of the box is. */
function bytesOf(payload: unknown, box: FilesOut, { profile }: PartnerHandle): Buffer {
  if (payload instanceof Uint8Array) return Buffer.from(payload)
  if (typeof payload === 'string') return Buffer.from(payload)
  if (payload === undefined || payload === null || typeof payload === 'function')
    throw new CartageError('invalid', 'files.payload', 'msg.payload is missing', { field: 'payload' })
  const format = box.document === undefined ? undefined : profile.documents?.[box.document]?.format
  return encode(format ?? 'json', payload as Json)
}

/** For the partner's health and the metrics, as calls of operations are. */
async function observed<T>(
  { pulse, metrics }: CartageRuntime,
  slug: string,
  operation: string,
  work: () => Promise<T>,
) {
  const begun = performance.now()
  const tell = (result: string, outcome: 'answered' | 'failed') => {
    pulse.called(slug, result)
    metrics.effect(slug, operation, outcome, (performance.now() - begun) / 1000)
  }
  try {
    const done = await work()
    tell('answered', 'answered')
    return done
  } catch (error) {
    tell(categoryOf(error), 'failed')
    throw error
  }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}

async function subjectOf(
  source: string,
  message: FlowMessage,
  evaluate: (source: string, input: unknown) => Promise<unknown>,
  fallback: () => string,
): Promise<string> {
  if (!source) return fallback()
  const value = await evaluate(source, message)
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  throw new CartageError('invalid', 'flow.field', `"once per" (${source}) gave no value`, { field: 'subject' })
}
