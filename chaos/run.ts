import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeOrders } from '../demo/orders.ts'
import { untilReady } from '../demo/hub.ts'
import { isComplete, progressOf } from '../demo/progress.ts'
import { openStore } from '../engine/store/open.ts'
import type { Store } from '../engine/store/ports.ts'
import {
  bookedShipments,
  canaries,
  type ChaosEvidence,
  deadLettersOf,
  filesIn,
  findInputs,
  leaksIn,
  type Told,
  webhookMessages,
} from './evidence.ts'
import { FaultMaker } from './faults.ts'
import { Load } from './load.ts'
import type { ChaosOptions } from './options.ts'
import { type Fault, planOf, RESTLESS } from './plan.ts'
import { type ChaosStage, stopWorkers } from './stage.ts'
import { Vans } from './vans.ts'
import { Downtime, residentMb, StatusWatch } from './watch.ts'

export interface RunFacts {
  rounds: number
  seed: string
  store: ChaosOptions['store']
  seconds: number
  drainSeconds: number
  maxRssMb: number
  faults: Record<string, number>
}

/** More orders than a run of any length could release. */
const ORDERS = 9999
/** Those that tell where vehicles are, as they are named in templates/telematics. */
const TRACKERS = ['owntracks', 'traccar']
/** Rounds from which on it pays to prepare the many starts. */
const LONG_RUN = 20
const SAMPLE_MS = 100
const LOOKS_PER_ROUND = 6
const DRAIN_LOOK_MS = 400
const CALM_LOOKS = 4
/** Longer than any wait of hub or partners: breakers, repeated webhooks, retries. */
const STUCK_MS = 120_000

/** Drives load and faults through the hub and gathers what came of it. */
export class ChaosRun {
  readonly #options: ChaosOptions
  readonly #stage: ChaosStage
  readonly #say: (line: string) => void
  readonly #downtime = new Downtime()
  readonly #statuses = new StatusWatch()
  readonly #load: Load
  readonly #faults: Record<string, number> = {}
  #maxRssMb = 0
  #maxWalMb = 0

  constructor(options: ChaosOptions, stage: ChaosStage, say: (line: string) => void) {
    this.#options = options
    this.#stage = stage
    this.#say = say
    this.#load = new Load(stage, makeOrders(ORDERS, options.seed, Date.now()))
  }

  async run(): Promise<{ evidence: ChaosEvidence; facts: RunFacts }> {
    const { partners, witness, mqttUrl, acknowledged } = this.#stage
    const { seed, rounds, store } = this.#options
    await partners.start()
    await this.#startWorkers()
    await partners.addFaults(RESTLESS)
    const vans = new Vans(mqttUrl, acknowledged, store === 'cluster' ? 1000 : 250)
    const sampling = setInterval(() => this.#sample(), SAMPLE_MS)
    const began = performance.now()
    this.#load.start()
    const accidents = await this.#suffer(planOf(this.#options))
    await vans.stop()
    await partners.clearFaults()
    witness.calm()
    const drainBegan = performance.now()
    await this.#load.stop(accidents.length > 0)
    const stuck = accidents.length > 0 || (await this.#drain())
    const drainSeconds = (performance.now() - drainBegan) / 1000
    clearInterval(sampling)
    const evidence = await this.#gather(stuck, accidents)
    const seconds = (performance.now() - began) / 1000
    return {
      evidence,
      facts: { rounds, seed, store, seconds, drainSeconds, maxRssMb: this.#maxRssMb, faults: this.#faults },
    }
  }

  async #startWorkers(): Promise<void> {
    const { workers } = this.#stage
    // What Node has compiled is kept at an orderly end only: a long run begins with one.
    const times = this.#options.rounds < LONG_RUN ? 1 : 2
    for (let time = 1; time <= times; time += 1) {
      for (const { url, child } of workers) {
        child.start()
        await untilReady(url, child)
      }
      if (time < times) await stopWorkers(this.#stage)
    }
  }

  async #suffer(plan: Fault[]): Promise<string[]> {
    const maker = new FaultMaker(this.#stage, this.#downtime)
    const accidents: string[] = []
    for (const [round, fault] of plan.entries()) {
      this.#say(`round ${round + 1} of ${plan.length}: ${fault.kind}, orders ${this.#load.released.length}`)
      this.#faults[fault.kind] = (this.#faults[fault.kind] ?? 0) + 1
      const trouble = await maker.make(fault).catch((error: Error) => error.message)
      const fallen = this.#stage.children.flatMap(({ accident }) => accident ?? [])
      if (trouble !== undefined) fallen.push(trouble)
      accidents.push(...new Set(fallen.map((words) => `round ${round + 1} (${JSON.stringify(fault)}): ${words}`)))
      if (accidents.length > 0) return accidents
      await this.#look(round)
    }
    return accidents
  }

  /** The cheap checks of each round: some of the shipments under way, and a read that is audited. */
  async #look(round: number): Promise<void> {
    const recent = this.#load.released.slice(-LOOKS_PER_ROUND * 8)
    for (let look = 0; look < LOOKS_PER_ROUND; look += 1) {
      const order = recent[(round * 7 + look * 8) % Math.max(1, recent.length)]
      const shipment = order && (await this.#stage.hub.shipment(order.reference))
      if (shipment) this.#statuses.look(shipment)
    }
    await this.#load.openProof(round)
  }

  #sample(): void {
    for (const { child, data } of this.#stage.workers) {
      this.#maxRssMb = Math.max(this.#maxRssMb, residentMb(child.pid))
      const log = statSync(join(data, 'cartage.db-wal'), { throwIfNoEntry: false })
      this.#maxWalMb = Math.max(this.#maxWalMb, (log?.size ?? 0) / 2 ** 20)
    }
  }

  /** Waits until all is done (false), or nothing moves any more (true). */
  async #drain(): Promise<boolean> {
    let calm = 0
    let last = { seen: '', at: performance.now() }
    while (calm < CALM_LOOKS) {
      await pause(DRAIN_LOOK_MS)
      const { complete, seen } = await this.#progress()
      this.#say(`draining: ${seen}`)
      calm = complete ? calm + 1 : 0
      if (seen !== last.seen) last = { seen, at: performance.now() }
      if (performance.now() - last.at > STUCK_MS) return true
    }
    return false
  }

  async #progress(): Promise<{ complete: boolean; seen: string }> {
    const { hub, partners, told } = this.#stage
    const count = this.#load.released.length
    const progress = progressOf(count, count, await partners.expected())
    const { journeysRunning, webhooksWaiting } = await partners.health()
    const backlog = (await hub.backlog()) ?? []
    const waiting = backlog.reduce((sum, { waiting, leased }) => sum + waiting + leased, 0)
    const breaches = told.entries('breach').length
    const idle = backlog.length > 0 && waiting + journeysRunning + webhooksWaiting === 0
    const seen = `waiting ${waiting}, finished ${progress.finished}/${count}, postings ${progress.postings}/${progress.postingsExpected}, agreements ${breaches}`
    return { complete: idle && isComplete(progress) && breaches >= progress.booked, seen }
  }

  async #gather(stuck: boolean, accidents: string[]): Promise<ChaosEvidence> {
    const { partners, servers, templates, acknowledged } = this.#stage
    const { released } = this.#load
    const accepted = await webhookMessages(templates, await partners.accepted())
    const arrivals = (await Promise.all(TRACKERS.map((tracker) => partners.arrivals(tracker)))).flat()
    const summary = await partners.summary()
    const effects = (await Promise.all(Object.keys(summary).map((partner) => this.#effectsOf(partner)))).flat()
    await stopWorkers(this.#stage)
    const places = await this.#places()
    const clock = { now: () => Date.now() }
    const store = await openStore(this.#stage.store, servers ? { clock, redis: servers.redis } : { clock })
    try {
      const entries = acknowledged.entries()
      const orders = entries.filter(({ kind }) => kind === 'order')
      const acks = new Set(orders.map(({ key }) => key))
      const booked = await bookedShipments(store)
      for (const { body } of booked) this.#statuses.look(body)
      const letters = await deadLettersOf(store)
      return {
        demo: {
          references: released.map(({ reference }) => reference),
          releases: released.map(({ reference }) => ({
            reference,
            accepted: acks.has(reference),
            status: 202,
            tries: 1,
          })),
          expected: await partners.expected(),
          summary,
          erpEffects: effects.filter(({ partner }) => partner === 'sap-s4hana'),
          deadLetters: letters.map(({ subscription, message, failure: { code, message: text } }) => ({
            ...{ subscription, key: message.key, code, message: text },
          })),
        },
        sent: released.flatMap(({ reference, order }) => [reference, order.orderId]),
        ...(await findInputs(store, accepted, arrivals, entries)),
        effects,
        told: await this.#told(store),
        booked: booked.map(({ id }) => id),
        regressions: this.#statuses.regressions,
        audit: await auditOf(store, entries.filter(({ kind }) => kind === 'audit').length),
        leaks: leaksIn(places, canaries(released, this.#stage.secrets)),
        maxRssMb: this.#maxRssMb,
        maxWalMb: this.#maxWalMb,
        stuck,
        accidents,
      }
    } finally {
      await store.close()
    }
  }

  /** Where nobody's data may stand in clear, and where no secret may. */
  async #places(): Promise<{ logs: string[]; folders: string[] }> {
    const { workers, servers } = this.#stage
    const motor = servers ? filesIn(await servers.redisFolder()) : []
    return { logs: [...workers.map(({ child }) => child.log), ...motor], folders: workers.map(({ data }) => data) }
  }

  async #effectsOf(partner: string) {
    const effects = await this.#stage.partners.effects(partner)
    return effects.map((effect) => ({ ...effect, partner }))
  }

  async #told(store: Store): Promise<Told[]> {
    const told: Told[] = []
    for (const { kind, key: ref, at, data = {} } of this.#stage.told.entries()) {
      const entry: Told = { kind: kind as Told['kind'], ref, key: String(data.key), at }
      const message = kind === 'event' ? await store.messages.get(String(data.messageId)) : undefined
      if (message) entry.seq = message.seq
      if (kind !== 'event') {
        entry.dueAt = Number(data.dueAt)
        entry.lateMs = at - entry.dueAt - this.#downtime.between(entry.dueAt, at)
      }
      told.push(entry)
    }
    return told
  }
}

async function auditOf(store: Store, acknowledged: number): Promise<ChaosEvidence['audit']> {
  const result = await store.audit.verify()
  const verified = result.ok ? true : `entry ${result.seq} of the audit chain does not fit: ${result.reason}`
  return { verified, entries: result.ok ? result.entries : 0, acknowledged }
}
