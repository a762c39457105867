import { deriveId } from '../delivery/ids.ts'
import type { SlaTimers } from '../delivery/sla.ts'
import { CartageError } from '../errors.ts'
import { decodeEdifact } from '../formats/edi/edifact-read.ts'
import { encodeEdifact } from '../formats/edi/edifact-write.ts'
import type { EdiFormat } from '../formats/edi/examine.ts'
import { decodeX12 } from '../formats/edi/x12-read.ts'
import { encodeX12 } from '../formats/edi/x12-write.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Clock, DocumentStore, StoredDocument } from '../store/ports.ts'
import { takeControlNumbers } from './control-numbers.ts'

export const SENT_KIND = 'edi-sent'

/** `sent`: nobody has said anything yet. `accepted`, `partly`, `refused`: what the partner acknowledged. */
export interface SentInterchange {
  state: 'sent' | 'accepted' | 'partly' | 'refused'
  partner: string
  format: EdiFormat
  /** Control number of the envelope. */
  control: number
  /** The timer that runs until it is acknowledged, and its key. */
  timer?: { name: string; key: string }
  /** Epoch milliseconds. */
  sentAt: number
  acknowledgedAt?: number
  /** What the partner's acknowledgement says is wrong: positions and codes. */
  faults?: string[]
}

export interface Outgoing {
  /** Of the step that sends it: the same however often it is tried. */
  id: string
  partner: string
  format: EdiFormat
  /** An interchange, as text, bytes, or what a mapping gives. */
  content: unknown
  /** How long the partner may take to acknowledge it, and the timer that says when it did not. */
  within?: { hours: number; timer: string }
}

type Deps = { documents: DocumentStore; clock: Clock; sla: SlaTimers }

/**
 * Gives an interchange that is to be sent its control numbers: the same ones whenever the same step is tried again, and never
 * those of another. From then on it is waited for its acknowledgement.
 */
export async function numberOutgoing(outgoing: Outgoing, deps: Deps): Promise<{ text: Buffer; control: number }> {
  const { id, format, within } = outgoing
  const content = contentOf(format, outgoing.content)
  const groups = format === 'x12' ? listOf(content.groups) : []
  const sent = await known(deps.documents, outgoing, Math.max(1, groups.length), deps.clock.now())
  const { control, timer, sentAt } = sent.body
  if (within && timer && sent.body.state === 'sent')
    await deps.sla.start({
      ...{ timer: timer.name, key: timer.key, startedAt: sentAt, correlationId: id },
      ...{ term: { amount: within.hours, unit: 'hours' as const }, warnShare: 1 },
    })
  return { text: written(format, content, groups, control), control }
}

async function known(
  documents: DocumentStore,
  { id, partner, format, within }: Outgoing,
  count: number,
  now: number,
): Promise<StoredDocument<SentInterchange>> {
  const found = await documents.get<SentInterchange>(SENT_KIND, id)
  if (found) return found
  const control = await takeControlNumbers(documents, { partner, format }, count)
  const timer = within && { name: within.timer, key: `${partner} ${format} ${control}` }
  const sent: SentInterchange = { state: 'sent', partner, format, control, sentAt: now, ...(timer && { timer }) }
  const references = Array.from({ length: count }, (_, index) => reference(partner, format, control + index))
  try {
    return await documents.put(SENT_KIND, id, sent, { expect: 0, references })
  } catch (error) {
    // Somebody else tried the same step at the same time: what that one wrote holds.
    const other = await documents.get<SentInterchange>(SENT_KIND, id)
    if (!other) throw error
    return other
  }
}

/** By what an acknowledgement names it. */
export function reference(
  partner: string,
  format: EdiFormat,
  control: string | number,
): { type: string; value: string } {
  return { type: 'edi', value: deriveId('edi', partner, format, String(control).replace(/^0+(?=.)/, '')) }
}

function contentOf(format: EdiFormat, given: unknown): JsonObject {
  const isText = typeof given === 'string' || given instanceof Uint8Array
  const read = format === 'x12' ? decodeX12 : decodeEdifact
  const content = isText ? read(given) : (given as Json)
  if (content === null || typeof content !== 'object' || Array.isArray(content))
    throw new CartageError('invalid', `format.${format}`, 'this is no interchange', { field: 'payload' })
  return content
}

function written(format: EdiFormat, content: JsonObject, groups: JsonObject[], control: number): Buffer {
  const interchange = { ...(content.interchange as JsonObject), control: String(control) }
  if (format === 'edifact') return encodeEdifact({ ...content, interchange })
  const numbered = groups.map((group, index) => ({ ...group, control: String(control + index) }))
  return encodeX12({ ...content, interchange, groups: numbered })
}

function listOf(value: Json | undefined): JsonObject[] {
  return value === undefined || value === null ? [] : ([value].flat() as JsonObject[])
}
