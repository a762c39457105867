import { setTimeout as pause } from 'node:timers/promises'
import type { Body } from './http.ts'
import { type Judgement, judge } from './judge.ts'
import type { Backlog, DeadLetter } from './hub.ts'
import type { DemoOptions } from './options.ts'
import type { DemoOrder } from './orders.ts'
import { isComplete, killMoments, type Progress, progressOf, shareDone } from './progress.ts'
import type { Effect } from './partners.ts'
import { Erp } from './release.ts'
import type { RunFacts } from './report.ts'
import { SCENARIOS } from './scenarios/index.ts'
import type { DemoScenario, Findings } from './scenarios/scenario.ts'
import type { Stage } from './stage.ts'

export interface RunResult {
  judgement: Judgement
  facts: RunFacts
  deadLetters: DeadLetter[]
  /** Nothing happened any more although something was still to come. */
  stuck: boolean
}

/** Told now and then how far the run is; `note` says what else is going on. */
export type Reporter = (progress: Progress | undefined, note: string) => void

const LOOK_MS = 250
/** A run counts as over when it was complete at this many looks in a row: what comes twice shall have its time. */
const CALM_LOOKS = 6
/** Longer than any wait of hub or partners: breakers, leases, repeated webhooks. */
const STUCK_MS = 120_000
/** When nobody has anything to do any more, nothing will come. */
const IDLE_STUCK_MS = 30_000
/** Partners are well again for the rest of the day, so that everything can come to its end. */
const CLEAR_FAULTS_AT = 0.85

/** Drives the orders through and gives what came of them. Hub and partners are started here, and left running. */
export class DemoRun {
  readonly #options: DemoOptions
  readonly #stage: Stage
  readonly #report: Reporter
  readonly #restartMs: number[] = []
  readonly #erp: Erp
  readonly #scenario: DemoScenario
  #moments: number[]
  #faultsOn = false

  constructor(options: DemoOptions, stage: Stage, report: Reporter) {
    this.#options = options
    this.#stage = stage
    this.#report = report
    this.#erp = new Erp(stage.hub)
    this.#scenario = SCENARIOS[options.scenario]
    this.#moments = killMoments(options.kill, options.seed)
  }

  async run(): Promise<RunResult> {
    const { seed, orders: count, concurrency, faults } = this.#options
    const { hub, partners } = this.#stage
    this.#report(undefined, 'starting partners and hub')
    await partners.start()
    await hub.start()
    const orders = this.#scenario.orders(count, seed, Date.now())
    await partners.prepare(orders, this.#scenario.erp)
    if (faults) await partners.roughDay(seed)
    this.#faultsOn = faults
    const began = performance.now()
    const releasing = this.#erp.release(orders, concurrency)
    const stuck = await this.#follow(count).finally(() => this.#erp.stop())
    await releasing
    const seconds = (performance.now() - began) / 1000
    const deadLetters = await hub.deadLetters()
    const judgement = await this.#judge(orders, deadLetters)
    return { judgement, deadLetters, stuck, facts: { seed, seconds, restartMs: this.#restartMs } }
  }

  async #judge(orders: DemoOrder[], deadLetters: DeadLetter[]): Promise<Judgement> {
    const { partners } = this.#stage
    const { erp, looksAt, faults } = this.#scenario
    const expected = await partners.expected()
    const effects: Record<string, Effect[]> = {}
    for (const partner of [erp, ...looksAt]) effects[partner] = await partners.effects(partner)
    const judgement = judge({
      references: orders.map(({ reference }) => reference),
      releases: this.#erp.releases,
      expected,
      summary: await partners.summary(),
      erpEffects: effects[erp] ?? [],
      deadLetters,
    })
    judgement.faults.push(
      ...faults({ orders, expected, effects, roughDay: this.#options.faults, ...(await this.#told(orders)) }),
    )
    return judgement
  }

  /** What the hub tells of the orders when all is over. */
  async #told(orders: DemoOrder[]): Promise<Pick<Findings, 'shipments' | 'proofs'>> {
    const { hub } = this.#stage
    const [shipments, proofs] = [new Map<string, Body>(), new Map<string, Body>()]
    for (const { reference } of orders) {
      const shipment = await hub.shipment(reference)
      const proof = shipment && (await hub.proof(shipment))
      if (shipment) shipments.set(reference, shipment)
      if (proof) proofs.set(reference, proof)
    }
    return { shipments, proofs }
  }

  /** Watches until all is done (false) or nothing moves any more (true); kills and heals on the way. */
  async #follow(orders: number): Promise<boolean> {
    let calm = 0
    let last = { seen: '', at: performance.now() }
    for (;;) {
      const { progress, waiting, idle } = await this.#look(orders)
      this.#report(progress, this.#note(waiting))
      const share = shareDone(progress)
      if (this.#faultsOn && share >= CLEAR_FAULTS_AT) await this.#heal()
      const complete = idle && isComplete(progress)
      if (share >= (this.#moments[0] ?? 2) || (complete && this.#moments.length > 0)) {
        await this.#kill()
        continue
      }
      calm = complete ? calm + 1 : 0
      if (calm >= CALM_LOOKS) return false
      const seen = JSON.stringify([progress, waiting])
      if (seen !== last.seen) last = { seen, at: performance.now() }
      const still = performance.now() - last.at
      if (still > STUCK_MS || (idle && progress.accepted === orders && still > IDLE_STUCK_MS)) return true
      await pause(LOOK_MS)
    }
  }

  async #look(orders: number): Promise<{ progress: Progress; waiting: number; idle: boolean }> {
    const { hub, partners } = this.#stage
    for (const child of this.#stage.children) if (child.accident !== undefined) throw new Error(child.accident)
    const accepted = this.#erp.releases.filter((release) => release.accepted).length
    const progress = progressOf(orders, accepted, await partners.expected())
    const backlog = await hub.backlog()
    const { journeysRunning, webhooksWaiting } = await partners.health()
    const waiting = backlog === undefined ? Number.NaN : waitingIn(backlog)
    return { progress, waiting, idle: waiting === 0 && journeysRunning + webhooksWaiting === 0 }
  }

  async #kill(): Promise<void> {
    this.#moments = this.#moments.slice(1)
    this.#report(undefined, `killing the hub (${this.#restartMs.length + 1} of ${this.#options.kill})`)
    this.#restartMs.push(await this.#stage.hub.killAndRestart())
  }

  async #heal(): Promise<void> {
    this.#faultsOn = false
    await this.#stage.partners.clearFaults()
  }

  #note(waiting: number): string {
    const kills = this.#options.kill > 0 ? `, kills ${this.#restartMs.length}` : ''
    return `waiting in the hub ${Number.isNaN(waiting) ? '?' : waiting}${kills}${this.#faultsOn ? ', rough day' : ''}`
  }
}

/** Messages that the hub has still to work on; dead ones wait for a person. */
const waitingIn = (backlog: Backlog[]) => backlog.reduce((sum, { waiting, leased }) => sum + waiting + leased, 0)
