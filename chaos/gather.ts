import type { Evidence as DemoEvidence } from '../demo/judge.ts'
import type { DemoOrder } from '../demo/orders.ts'
import { shipmentIdOf } from '../engine/lifecycle/shipment.ts'
import { openStore } from '../engine/store/open.ts'
import type { Store } from '../engine/store/ports.ts'
import {
  bookedShipments,
  canaries,
  type ChaosEvidence,
  deadLettersOf,
  everyDocument,
  filesIn,
  findInputs,
  leaksIn,
  type Told,
  webhookMessages,
} from './evidence.ts'
import type { Entry } from './journal.ts'
import { AUDITED } from './load.ts'
import { type ChaosStage, stopWorkers } from './stage.ts'
import type { Downtime, StatusWatch } from './watch.ts'

/** What was seen while the run went on. */
export interface Observations extends Pick<ChaosEvidence, 'maxRssMb' | 'maxWalMb' | 'stuck' | 'accidents'> {
  released: DemoOrder[]
  statuses: StatusWatch
  downtime: Downtime
}

/** Those that tell where vehicles are, as they are named in templates/telematics. */
const TRACKERS = ['owntracks', 'traccar']
const PAGE = 1000

/** Ends the hub and looks everything up: in the partners' ledgers, in what was acknowledged, and in the store itself. */
export async function gather(stage: ChaosStage, seen: Observations): Promise<ChaosEvidence> {
  const { partners, servers, templates } = stage
  const { released, statuses, downtime, ...facts } = seen
  const accepted = await webhookMessages(templates, await partners.accepted())
  const arrivals = (await Promise.all(TRACKERS.map((tracker) => partners.arrivals(tracker)))).flat()
  const told = await partnersTold(stage)
  await stopWorkers(stage)
  const places = await placesOf(stage)
  const clock = { now: () => Date.now() }
  const store = await openStore(stage.store, servers ? { clock, redis: servers.redis } : { clock })
  try {
    const entries = stage.acknowledged.entries()
    const booked = await bookedShipments(store)
    for (const { body } of booked) statuses.look(body)
    return {
      ...facts,
      demo: { ...told.demo, ...(await ordersOf(store, released, entries)) },
      sent: await namesOf(store, released),
      ...(await findInputs(store, accepted, arrivals, entries)),
      effects: told.effects,
      told: await witnessed(store, stage.told.entries(), downtime),
      booked: booked.map(({ id }) => id),
      regressions: statuses.regressions,
      audit: await auditOf(store, entries.filter(({ kind }) => kind === AUDITED).length),
      leaks: leaksIn(places, canaries(released, stage.secrets)),
    }
  } finally {
    await store.close()
  }
}

/** Everything under which a partner may be told of an order that was sent. */
async function namesOf(store: Store, released: DemoOrder[]): Promise<string[]> {
  const shipments = new Set(released.map(({ order }) => shipmentIdOf(order.orderId)))
  const returns = await everyDocument<{ returnId: string; shipmentId: string }>(store, 'return_order')
  const own = released.flatMap(({ reference, order }) => [reference, order.orderId, order.consignee.phone ?? ''])
  const back = returns.filter(({ body }) => shipments.has(body.shipmentId)).map(({ id }) => id)
  return [...own, ...shipments, ...back].filter((name) => name !== '')
}

async function partnersTold({ partners }: ChaosStage) {
  const summary = await partners.summary()
  const ofPartner = async (partner: string) =>
    (await partners.effects(partner)).map((effect) => ({ ...effect, partner }))
  const effects = (await Promise.all(Object.keys(summary).map(ofPartner))).flat()
  const erpEffects = effects.filter(({ partner }) => partner === 'sap-s4hana')
  return { effects, demo: { expected: await partners.expected(), summary, erpEffects } }
}

async function ordersOf(
  store: Store,
  released: DemoOrder[],
  entries: Entry[],
): Promise<Pick<DemoEvidence, 'references' | 'releases' | 'deadLetters'>> {
  const taken = new Set(entries.filter(({ kind }) => kind === 'order').map(({ key }) => key))
  const references = released.map(({ reference }) => reference)
  const letters = await deadLettersOf(store)
  return {
    references,
    releases: references.map((reference) => ({ reference, accepted: taken.has(reference), status: 0, tries: 1 })),
    deadLetters: letters.map(({ subscription, message: { key }, failure: { code, message } }) => ({
      ...{ subscription, key, code, message },
    })),
  }
}

/** Where nobody's data may stand in clear, and where no secret may. */
async function placesOf({ workers, servers }: ChaosStage): Promise<{ logs: string[]; folders: string[] }> {
  const motor = servers ? filesIn(await servers.redisFolder()) : []
  return { logs: [...workers.map(({ child }) => child.log), ...motor], folders: workers.map(({ data }) => data) }
}

async function witnessed(store: Store, entries: Entry[], downtime: Downtime): Promise<Told[]> {
  const told: Told[] = []
  for (const { kind, key: ref, at, data = {} } of entries) {
    const entry: Told = { kind: kind as Told['kind'], ref, key: String(data.key), fact: String(data.fact), at }
    const message = kind === 'event' ? await store.messages.get(String(data.messageId)) : undefined
    if (message) entry.seq = message.seq
    if (kind !== 'event') {
      entry.dueAt = Number(data.dueAt)
      entry.lateMs = at - entry.dueAt - downtime.between(entry.dueAt, at)
    }
    told.push(entry)
  }
  return told
}

async function auditOf(store: Store, acknowledged: number): Promise<ChaosEvidence['audit']> {
  const result = await store.audit.verify()
  const verified = result.ok ? true : `entry ${result.seq} of the audit chain does not fit: ${result.reason}`
  let entries = 0
  let after = 0
  for (;;) {
    const page = await store.audit.page({ after, limit: PAGE })
    entries += page.filter(({ action }) => action === AUDITED).length
    if (page.length < PAGE) return { verified, entries, acknowledged }
    after = page.at(-1)?.seq ?? after
  }
}
