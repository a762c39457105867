import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeOrders } from '../demo/orders.ts'
import { isComplete, progressOf } from '../demo/progress.ts'
import type { ChaosEvidence } from './evidence.ts'
import { FaultMaker } from './faults.ts'
import { gather } from './gather.ts'
import { Load } from './load.ts'
import type { ChaosOptions } from './options.ts'
import { type Fault, planOf, RESTLESS } from './plan.ts'
import { bringUp, type ChaosStage, stopWorkers } from './stage.ts'
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

/** As many as there are numbers for; a run that needs more goes on without new ones. */
const ORDERS = 9999
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
    const evidence = await gather(this.#stage, {
      released: this.#load.released,
      statuses: this.#statuses,
      downtime: this.#downtime,
      maxRssMb: this.#maxRssMb,
      maxWalMb: this.#maxWalMb,
      stuck,
      accidents,
    })
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
      for (const worker of workers) await bringUp(worker, this.#stage)
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
}
