import type { DeliveryEvent } from '../../../canonical/index.ts'
import type { Json } from '../../../json.ts'
import type { TrialBench } from '../bench.ts'
import { eventsIn, tellsEvents } from './events.ts'
import { type Told, withBody } from './sent.ts'

export interface Rebuilding {
  code: string
  /** Epoch milliseconds. */
  at: number
  /** Goes into the ids, so that it is another fact. */
  mark: string
}

/** Something told whose body holds code, time and ids as they are, with what they became. */
export interface Pattern {
  told: Told
  event: DeliveryEvent
}

/** Samples that tell exactly one event: others can be made from them. */
export async function patternsOf(bench: TrialBench, tellings: readonly Told[]): Promise<Pattern[]> {
  const patterns: Pattern[] = []
  for (const told of tellings.filter(({ way }) => tellsEvents(bench.profile, way))) {
    const events = await eventsIn(bench, told).catch(() => [])
    if (events.length === 1) patterns.push({ told, event: events[0]! })
  }
  return patterns
}

/** The sample with another code, at another time, under another id; undefined where its body does not hold the code as it is. */
export async function rebuilt(
  bench: TrialBench,
  { told, event }: Pattern,
  change: Rebuilding,
): Promise<Told | undefined> {
  const { rawCode } = event
  if (rawCode === undefined || !holds(told.body, rawCode)) return undefined
  const ids = await idsOf(bench, told, event)
  const body = eachLeaf(told.body, (leaf) => replaced(leaf, event, ids, change))
  return withBody(bench.profile, told, body)
}

function replaced(leaf: Json, event: DeliveryEvent, ids: ReadonlySet<string>, { code, at, mark }: Rebuilding): Json {
  if (leaf === event.rawCode) return code
  if (typeof leaf === 'string' && ids.has(leaf))
    return /^\d+$/.test(leaf) ? String(Number(leaf) + numberOf(mark)) : `${leaf}-${mark}`
  if (typeof leaf === 'number' && ids.has(String(leaf))) return leaf + numberOf(mark)
  return timeLike(leaf, Date.parse(event.occurredAt), at) ?? leaf
}

/** Another one for each mark. */
function numberOf(mark: string): number {
  return [...mark].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 900_000, 7) + 1
}

/** The same moment's way of being written, for another moment. */
function timeLike(leaf: Json, before: number, at: number): Json | undefined {
  if (typeof leaf === 'number') {
    if (leaf === before) return at
    return leaf === Math.floor(before / 1000) ? Math.floor(at / 1000) : undefined
  }
  if (typeof leaf !== 'string') return undefined
  if (leaf === String(before)) return String(at)
  if (leaf === String(Math.floor(before / 1000))) return String(Math.floor(at / 1000))
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(leaf)
  if (!isTime || Date.parse(leaf) !== before) return undefined
  const iso = new Date(at).toISOString()
  return leaf.includes('.') ? iso : iso.replace('.000Z', 'Z')
}

/** Texts of the body that tell this fact apart from others: the sender's own id, and what the event is known by. */
async function idsOf(bench: TrialBench, { way, body, headers }: Told, event: DeliveryEvent): Promise<Set<string>> {
  const { webhook, polling } = bench.profile
  const { messageId } = (way === 'poll' ? polling : webhook)!
  const own = messageId === undefined ? undefined : await bench.evaluate(messageId, { body, headers })
  const known = [event.rawCode, event.shipmentRef.value, event.occurredAt]
  // Dates and times are no ids, and neither are short numbers, which may be anything.
  const isId = (part: string) => !known.includes(part) && !/^(\d{4}-\d\d-\d\d.*|\d{0,14})$/.test(part)
  // Senders whose id is put together from a kind and a number have only the number of their own.
  const parts = String(own ?? '').split(':')
  const numbers = parts.length > 1 ? parts.filter((part) => part.length > 5 && /\d/.test(part) && isId(part)) : parts
  return new Set([...numbers.filter((part) => part !== ''), ...event.dedupKey.split('|').slice(1).filter(isId)])
}

function holds(value: Json, leaf: string): boolean {
  if (value === leaf) return true
  return value !== null && typeof value === 'object' && Object.values(value).some((item) => holds(item as Json, leaf))
}

function eachLeaf(value: Json, change: (leaf: Json) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => eachLeaf(item, change))
  if (value === null || typeof value !== 'object') return change(value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, eachLeaf(item, change)]))
}
