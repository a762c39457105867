import type { DeliveryEvent } from '../../../canonical/index.ts'
import type { Json } from '../../../json.ts'
import type { TrialBench } from '../bench.ts'
import { eventsIn } from './events.ts'
import { type SentWebhook, withBody } from './sent.ts'

export interface Rebuilding {
  code: string
  /** Epoch milliseconds. */
  at: number
  /** Goes into the ids, so that it is another fact. */
  mark: string
}

/** A webhook whose body holds code, time and ids as they are, with what they became. */
export interface Pattern {
  webhook: SentWebhook
  event: DeliveryEvent
}

/** Samples that tell exactly one event: others can be made from them. */
export async function patternsOf(bench: TrialBench, webhooks: readonly SentWebhook[]): Promise<Pattern[]> {
  const patterns: Pattern[] = []
  for (const webhook of webhooks) {
    const events = await eventsIn(bench, webhook).catch(() => [])
    if (events.length === 1) patterns.push({ webhook, event: events[0]! })
  }
  return patterns
}

/** The sample with another code, at another time, under another id; undefined where its body does not hold the code as it is. */
export async function rebuilt(
  bench: TrialBench,
  { webhook, event }: Pattern,
  change: Rebuilding,
): Promise<SentWebhook | undefined> {
  const { rawCode } = event
  if (rawCode === undefined || !holds(webhook.body, rawCode)) return undefined
  const ids = await idsOf(bench, webhook, event)
  const body = eachLeaf(webhook.body, (leaf) => replaced(leaf, event, ids, change))
  return withBody(bench.profile, webhook, body)
}

function replaced(leaf: Json, event: DeliveryEvent, ids: ReadonlySet<string>, { code, at, mark }: Rebuilding): Json {
  if (leaf === event.rawCode) return code
  if (typeof leaf === 'string' && ids.has(leaf)) return `${leaf}-${mark}`
  return timeLike(leaf, Date.parse(event.occurredAt), at) ?? leaf
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
async function idsOf(bench: TrialBench, { body, headers }: SentWebhook, event: DeliveryEvent): Promise<Set<string>> {
  const { messageId } = bench.profile.webhook!
  const own = messageId === undefined ? undefined : await bench.evaluate(messageId, { body, headers })
  const known = [event.rawCode, event.shipmentRef.value, event.occurredAt]
  const parts = [String(own ?? ''), ...event.dedupKey.split('|').slice(1)]
  const isTime = (part: string) => /^\d{4}-\d\d-\d\d/.test(part)
  return new Set(parts.filter((part) => part !== '' && !known.includes(part) && !isTime(part)))
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
