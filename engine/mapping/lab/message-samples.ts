import { decode } from '../../formats/index.ts'
import type { Profile } from '../../partner/profile-types.ts'
import type { DeadLetter, Message } from '../../store/ports.ts'
import type { MappingRef, MappingRole } from '../catalogue.ts'
import { type Lab, unknown } from './place.ts'
import type { Sample } from './samples.ts'

export interface ListedMessage {
  id: string
  key: string
  at: number
  /** What the mapping made of it; the code of the failure, when the mapping did not take it or the message is dead. */
  outcome?: string
}

/** Dead letters that are offered beside what went well. */
const DEAD_LISTED = 30

/**
 * Messages of the last days that the mapping was given, the newest first: some of each day, and the dead letters of the channel
 * that they come by.
 */
export async function messagesFor(
  lab: Lab,
  profile: Profile,
  mapping: string,
  ref: MappingRef,
): Promise<ListedMessage[]> {
  const record = await lab.watch.record(profile.id, mapping)
  const recent = (record?.recent ?? []).map(({ id, key, at, refused, gave }) => ({
    id,
    key,
    at,
    ...((refused ?? gave) && { outcome: refused ?? gave }),
  }))
  const dead = (await deadOf(lab, profile, ref)).map(({ message, failure }) => ({
    ...{ id: message.id, key: message.key, at: message.acceptedAt, outcome: failure.code },
  }))
  const once = new Map([...recent, ...dead].map((one) => [one.id, one]))
  return [...once.values()].sort((one, other) => other.at - one.at)
}

const INTAKES: Partial<Record<MappingRole, string>> = {
  webhook: 'webhooks',
  poll: 'polls',
  'position-events': 'telematics',
}

/** By the channel of the intake: what came in by another way was seen by the mapping, if it got there. */
async function deadOf({ messages }: Lab, { id }: Profile, { role }: MappingRef): Promise<DeadLetter[]> {
  const intake = INTAKES[role]
  if (intake === undefined) return []
  const page = await messages.deadLetters({ partner: id, channel: `${intake}.${id}` }, { limit: DEAD_LISTED })
  return page.items
}

/** What the mapping saw of a stored message. */
export async function readMessageSample(
  lab: Lab,
  { id: partner }: Profile,
  ref: MappingRef,
  id: string,
): Promise<Sample> {
  const message = await lab.messages.get(id)
  const isTheirs = ref.direction === 'out' || (message?.headers.partner ?? partner) === partner
  if (!message || !isTheirs) throw unknown('sample', 'this message is not kept (any more)')
  const body = bodyOf(message, ref)
  return {
    id: `message:${id}`,
    body,
    headers: message.headers,
    receivedAt: new Date(message.acceptedAt).toISOString(),
    bytes: message.raw?.length ?? Buffer.byteLength(JSON.stringify(body)),
  }
}

/** A device's event is stored as it was mapped, and a body that nobody could use not at all; its bytes are there. */
function bodyOf({ payload, raw }: Message, { role, format }: MappingRef): unknown {
  return raw && (payload === null || role === 'position-events') ? decode(format, raw) : payload
}
