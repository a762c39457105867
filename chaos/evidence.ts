import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Evidence as DemoEvidence } from '../demo/judge.ts'
import type { DemoOrder } from '../demo/orders.ts'
import type { Body } from '../demo/http.ts'
import { messagesOf } from '../engine/partner/webhook-intake.ts'
import type { Shipment } from '../engine/canonical/types.ts'
import { createEvaluator } from '../engine/mapping/evaluate.ts'
import { loadProfiles } from '../engine/partner/profile.ts'
import { parseJson } from '../engine/api/json.ts'
import type { DeadLetter, Store } from '../engine/store/ports.ts'
import type { AcceptedWebhook } from '../simulators/webhooks.ts'
import type { Entry } from './journal.ts'

/** What was found out about a run, all of it plain data: the checker needs nothing else. */
export interface ChaosEvidence {
  /** The partners' side, for the demo's judge. */
  demo: DemoEvidence
  /** Orders that were sent to the hub, whether or not it answered. */
  sent: string[]
  /** Acknowledged inputs, `<kind>/<key>`. */
  acknowledged: string[]
  /** Those of them that the hub has, after the end. */
  found: Set<string>
  /** Effects in the partners' ledgers, in order. */
  effects: { partner: string; kind: string; businessKey: string }[]
  told: Told[]
  /** Shipments that were booked, each of which has an agreement that breaks. */
  booked: string[]
  regressions: string[]
  /** Whether the chain holds, the audited reads in it, and those that were answered. */
  audit: { verified: true | string; entries: number; acknowledged: number }
  /** Places where personal data or secrets stand in clear where they must not. */
  leaks: string[]
  maxRssMb: number
  maxWalMb: number
  stuck: boolean
  accidents: string[]
}

/** Something that the witness did. */
export interface Told {
  kind: 'event' | 'warning' | 'breach'
  /** Names the message that led to it. */
  ref: string
  /** The shipment. */
  key: string
  /** What the message was about: an event's id, or the agreement's key. */
  fact: string
  at: number
  /** Of an event: place of its message in the order of acceptance. */
  seq?: number
  /** Of an agreement: when it was due, and how late it was beyond the time in which the hub could not work. */
  dueAt?: number
  lateMs?: number
}

/** Webhooks as the store must have them: the ids of the messages that each became. */
export async function webhookMessages(templates: string, webhooks: AcceptedWebhook[]): Promise<Map<string, string[]>> {
  const evaluator = createEvaluator()
  const profiles = loadProfiles(templates)
  const ids = new Map<string, string[]>()
  for (const { id, partner, headers, body } of webhooks) {
    const profile = profiles.get(partner)
    if (profile?.webhook === undefined) continue
    const raw = Buffer.from(body, 'base64')
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const deps = { profile, channel: `webhooks.${partner}`, evaluate: evaluator.evaluate }
    const messages = await messagesOf({ raw, headers: lower, body: parseJson(raw) }, profile.webhook, deps)
    ids.set(
      id,
      messages.map((message) => message.id),
    )
  }
  return ids
}

/** Which of the acknowledged inputs the store has. */
export async function findInputs(
  store: Store,
  webhooks: Map<string, string[]>,
  arrivals: { partner: string; reference: string }[],
  acknowledged: Entry[],
): Promise<{ acknowledged: string[]; found: Set<string> }> {
  const asked: string[] = []
  const found = new Set<string>()
  const note = (name: string, there: boolean) => {
    asked.push(name)
    if (there) found.add(name)
  }
  for (const [id, messages] of webhooks) {
    const stored = await Promise.all(messages.map((message) => store.messages.get(message)))
    note(
      `webhook/${id}`,
      stored.every((message) => message !== undefined),
    )
  }
  for (const { kind, key } of acknowledged.filter(({ kind }) => kind === 'order'))
    note(`${kind}/${key}`, (await store.documents.find('shipment', key, 'delivery')).length === 1)
  for (const { partner, reference } of arrivals) {
    const [shipment] = await store.documents.find<Shipment>('shipment', reference, 'delivery')
    const timeline = shipment?.body.timeline ?? []
    note(
      `arrival/${reference}`,
      timeline.some(({ source, provider }) => source === 'TELEMATICS' && provider === partner),
    )
  }
  const latest = new Map(acknowledged.filter(({ kind }) => kind === 'position').map((entry) => [entry.key, entry]))
  for (const [vehicle, { data }] of latest) {
    const known = await store.documents.get<{ at: string }>('position', vehicle)
    note(`position/${vehicle}`, known !== undefined && Date.parse(known.body.at) >= Date.parse(String(data?.at)))
  }
  return { acknowledged: asked, found }
}

/** All dead letters of the store. */
export async function deadLettersOf(store: Store): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  let after: string | undefined
  do {
    const page = await store.messages.deadLetters({}, after === undefined ? { limit: 500 } : { limit: 500, after })
    letters.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return letters
}

/** Strings that may stand nowhere but in the store: who lives where, and what opens which door. */
export function canaries(orders: DemoOrder[], secrets: string[]): { personal: string[]; secrets: string[] } {
  const personal = orders.flatMap(({ order }) => {
    const { email, phone, address } = order.consignee
    return [email, phone, address.lines[0]].filter((value) => value !== undefined)
  })
  return { personal: [...new Set(personal)], secrets: secrets.filter((secret) => secret.length >= 8) }
}

/** Names the files in which a canary stands: logs (and the motor) must have none, the data folders no secret in clear. */
export function leaksIn(
  { logs, folders }: { logs: string[]; folders: string[] },
  { personal, secrets }: ReturnType<typeof canaries>,
): string[] {
  const leaks: string[] = []
  const search = (file: string, words: string[], what: string) => {
    const text = readFileSync(file, 'latin1')
    const hits = words.filter((word) => text.includes(Buffer.from(word).toString('latin1')))
    if (hits.length > 0) leaks.push(`${file}: ${what}, ${hits.length} different, such as …${hits[0]?.slice(-4)}`)
  }
  for (const log of logs) search(log, personal, 'personal data')
  for (const file of [...logs, ...folders.flatMap(filesIn)]) search(file, secrets, 'secrets')
  return leaks
}

/** All files below a folder. */
export function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.map((name) => join(folder, name)).filter((file) => statSync(file).isFile())
}

/** Shipments that have a booking, by id. */
export async function bookedShipments(store: Store): Promise<{ id: string; body: Body }[]> {
  return (await everyDocument<Body>(store, 'shipment')).filter(({ body }) => body.booking !== undefined)
}

/** All documents of a kind. */
export async function everyDocument<T extends object>(store: Store, kind: string): Promise<{ id: string; body: T }[]> {
  const all: { id: string; body: T }[] = []
  let after: string | undefined
  do {
    const page = await store.documents.page<T>(kind, after === undefined ? { limit: 200 } : { limit: 200, after })
    all.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return all
}
