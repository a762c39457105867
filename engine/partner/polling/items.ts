import { createHash } from 'node:crypto'
import { deriveId } from '../../delivery/ids.ts'
import { UNUSABLE_HEADER } from '../../delivery/unusable.ts'
import { CartageError } from '../../errors.ts'
import { canonicalJson, type Json } from '../../json.ts'
import type { AppendOutcome, NewMessage } from '../../store/ports.ts'
import type { Polling } from '../polling-types.ts'
import type { Evaluate } from '../template.ts'

export interface ItemDeps {
  partner: string
  channel: string
  polling: Polling
  evaluate: Evaluate
  publish: (messages: NewMessage[]) => Promise<AppendOutcome[]>
}

/** Items in one commit. */
const AT_ONCE = 500
/** Bytes of an item that are kept where it cannot be used. */
const LARGEST_RAW = 32 * 1024 * 1024

/** The one thing that was asked about, where it was one. */
export interface About {
  key?: string
  correlationId?: string
}

/**
 * Stores items as messages; how many of them are new. The id follows from the item's own id or its content: read again, after a
 * crash or because readings overlap, it is the same message. An item that cannot be used is kept too, as a dead letter.
 */
export async function storeItems(items: Json[], about: About, deps: ItemDeps): Promise<number> {
  let stored = 0
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const some = items.slice(from, from + AT_ONCE)
    const messages = await Promise.all(some.map((item) => messageOf(item, about, deps)))
    const outcomes = await publishAll(messages, deps)
    const contradictions = messages.filter((_message, index) => outcomes[index] === 'conflict')
    if (contradictions.length > 0) await deps.publish(contradictions.map((message) => contradiction(message, deps)))
    stored += outcomes.filter((outcome) => outcome === 'stored').length
  }
  return stored
}

/** One that the store cannot take, such as one with a key without end, must not hold up the others for ever. */
async function publishAll(messages: NewMessage[], deps: ItemDeps): Promise<AppendOutcome[]> {
  const refused = (error: unknown) => error instanceof CartageError && error.code === 'store.invalid'
  try {
    return await deps.publish(messages)
  } catch (error) {
    if (!refused(error)) throw error
  }
  const outcomes: AppendOutcome[] = []
  for (const message of messages) {
    const one = await deps.publish([message]).catch((error) => {
      if (!refused(error)) throw error
      return deps.publish([unusable(message.payload, error, deps)])
    })
    outcomes.push(...one)
  }
  return outcomes
}

async function messageOf(item: Json, known: About, deps: ItemDeps): Promise<NewMessage> {
  const { partner, channel, polling } = deps
  // In one order: the partner may write the same in another, and that is no other item.
  const raw = Buffer.from(canonicalJson(item))
  try {
    const input = { body: item, headers: {} }
    const ownId = polling.messageId && (await text(deps.evaluate, polling.messageId, input))
    const ownKey = (polling.key && (await text(deps.evaluate, polling.key, input))) || known.key
    // Two shipments of which the same is said are two items.
    const id = deriveId('poll', partner, ownId || `${ownKey ?? ''}/${hashOf(item)}`)
    const about = ownKey || id
    const headers = { partner, intake: 'poll' }
    const correlationId = known.correlationId ?? about
    return { id, channel, key: about, payload: item, headers, correlationId, raw }
  } catch (error) {
    return unusable(item, error, deps)
  }
}

async function text(evaluate: Evaluate, source: string, input: unknown): Promise<string | undefined> {
  const value = await evaluate(source, input)
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
}

/** The id is known with other content: somebody has to look at it, and neither telling may vanish. */
function contradiction({ id, payload }: NewMessage, deps: ItemDeps): NewMessage {
  const what = `an item with the id of an earlier one (${id}) says something else`
  return unusable(payload, new CartageError('invalid', 'poll.contradiction', what), deps)
}

function unusable(item: Json, error: unknown, { partner, channel }: ItemDeps): NewMessage {
  const id = deriveId('poll-unusable', partner, hashOf(item))
  const code = error instanceof CartageError ? error.code : 'poll.unusable'
  const reason = `${code}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500).toWellFormed()
  const headers = { partner, intake: 'poll', [UNUSABLE_HEADER]: reason }
  const raw = Buffer.from(canonicalJson(item))
  return { id, channel, key: id, payload: null, headers, correlationId: id, ...(raw.length <= LARGEST_RAW && { raw }) }
}

function hashOf(item: Json): string {
  return createHash('sha256').update(canonicalJson(item)).digest('hex')
}
