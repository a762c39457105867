import type { Clock, Delivery, FailureReport, KeyStore, MessageStore, Motor } from '../store/ports.ts'
import type { CrashPoint } from './crash-points.ts'
import { describeFailure, type Failure } from './failure.ts'
import { Leases } from './leases.ts'
import { isSuspect, Quarantine } from './quarantine.ts'
import { decide, type RetryPolicy } from './retry.ts'

/** What the work on one delivery came to. `abandon`: the flow under it was redeployed; give it back untouched. */
export type Verdict =
  | { kind: 'settle' }
  | { kind: 'fail'; failure: Failure }
  | { kind: 'bury'; failure: FailureReport }
  | { kind: 'abandon' }

export type SubscriberEvent = 'settled' | 'retried' | 'buried' | 'abandoned'

export interface SubscriberDeps {
  messages: MessageStore
  keys: KeyStore
  motor: Motor
  clock: Clock
  crash: CrashPoint
  random: () => number
  /** Shared by the subscribers of a process; without it, one of its own. */
  quarantine?: Quarantine
  /** Told after each delivery ended, with how long it took in seconds. */
  observe: (event: SubscriberEvent, delivery: Delivery, seconds: number) => void
  /** Told before a delivery becomes a dead letter; may be told again after a crash. */
  beforeBury: (delivery: Delivery, failure: FailureReport) => Promise<void>
  /** Something went wrong in the keeping of books; the delivery will come again when its lease lapses. */
  complain: (error: unknown) => void
}

export interface SubscriberOptions {
  channel: string
  subscription: string
  ordered: boolean
  /**
   * Deliveries under way at once. A quarter more for partners that have nothing under way, so that one whose calls are slow does
   * not hold up the others; a subscription that takes fewer than four at once has none to spare.
   */
  concurrency: number
  /** How long one delivery may take before it is given to another attempt, milliseconds. */
  visibilityMs: number
  /** Among several workers: a short lease, renewed while the work goes on, milliseconds. */
  leaseMs?: number
  retry: RetryPolicy
  work: (delivery: Delivery) => Promise<Verdict>
  /** Told that another worker has taken over a delivery under way, because this process stood still for too long. */
  lost?: (delivery: Delivery) => void
}

/** The lease outlives the visibility timeout, so that our own verdict on a stuck flow comes before the lapse. */
const LEASE_SLACK_MS = 15_000
/** How often an idle subscriber looks by itself, should a wake-up have been lost. */
const IDLE_LOOK_MS = 5_000
/** How often one whose places are all taken looks for partners that have nothing under way, should no wake-up come. */
const FULL_LOOK_MS = 1_000
/** Looking for them takes no more than a tenth of the time. */
const SPARE_PAUSES = 9

/** The owner under which a delivery claims business keys: the same for each attempt of the same message. */
export function ownerOf(delivery: Delivery): string {
  return `${delivery.subscription}/${delivery.message.id}`
}

/** Takes the deliveries of one subscription, hands them to `work` and writes down what became of each. */
export class Subscriber {
  readonly #deps: SubscriberDeps
  readonly #options: SubscriberOptions
  readonly #running = new Map<Delivery, Promise<void>>()
  readonly #leases: Leases | undefined
  readonly #quarantine: Quarantine
  #active = false
  #stopped = false
  #looking = false
  #again = false
  /** The last look met a suspect: from here on one is claimed at a time, until one that is none. */
  #cautious = false
  /** A suspect runs, here or elsewhere in the process: nothing is claimed before it has come to its end. */
  #held = false
  #timer: NodeJS.Timeout | undefined
  /** When the spare places may be looked at again, by the monotonic clock. */
  #spareFrom = 0
  #unlisten: (() => void) | undefined

  constructor(deps: SubscriberDeps, options: SubscriberOptions) {
    this.#deps = deps
    this.#options = options
    this.#quarantine = deps.quarantine ?? new Quarantine()
    const { leaseMs, lost = () => {} } = options
    if (leaseMs !== undefined) this.#leases = new Leases({ ...deps, lost }, leaseMs)
  }

  /** Deliveries under way now. */
  get busy(): number {
    return this.#running.size
  }

  async start(): Promise<void> {
    const { channel, subscription, ordered } = this.#options
    this.#stopped = false
    await this.#deps.messages.subscribe(channel, subscription, { ordered })
    // Stopped meanwhile (one deploy right after another): nobody would ever stop it again.
    if (this.#stopped) return
    this.#active = true
    this.#unlisten = this.#deps.motor.onWake(channel, () => this.#look())
    this.#look()
  }

  /** Stop taking; wait up to `graceMs` for what is under way. */
  async stop(graceMs: number): Promise<void> {
    this.#active = false
    this.#stopped = true
    this.#unlisten?.()
    clearTimeout(this.#timer)
    const grace = AbortSignal.timeout(Math.max(1, graceMs))
    const patience = new Promise<void>((resolve) => grace.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([Promise.all(this.#running.values()), patience])
  }

  #look(): void {
    if (this.#looking) {
      this.#again = true
      return
    }
    this.#looking = true
    this.#take()
      .catch((error) => {
        this.#deps.complain(error)
        this.#lookAt(this.#deps.clock.now() + 1000)
      })
      .finally(() => {
        this.#looking = false
        if (this.#again) {
          this.#again = false
          this.#look()
        }
      })
  }

  async #take(): Promise<void> {
    const { subscription, concurrency } = this.#options
    while (this.#active && !this.#held && this.#running.size < concurrency) {
      const limit = this.#cautious ? 1 : concurrency - this.#running.size
      const deliveries = await this.#deps.messages.claim(subscription, { limit, leaseMs: this.#leaseMs })
      const suspects = deliveries.filter(isSuspect)
      for (const delivery of deliveries) if (!isSuspect(delivery)) this.#run(delivery)
      this.#cautious = suspects.length > 0
      if (this.#cautious) return this.#isolate(suspects)
      if (deliveries.length < limit) {
        const due = await this.#deps.messages.nextDue(subscription)
        this.#lookAt(due ?? Number.POSITIVE_INFINITY)
        return
      }
    }
    if (this.#active && !this.#held) await this.#takeSpare()
  }

  /** One suspect at a time; the others are given back, and this claim of them does not count. */
  async #isolate(suspects: Delivery[]): Promise<void> {
    this.#held = true
    const goOn = () => {
      this.#held = false
      this.#look()
    }
    const leave = this.#quarantine.enter(goOn)
    const [first, ...others] = suspects
    const waiting = leave ? others : suspects
    const end = () => {
      leave?.()
      goOn()
    }
    try {
      await Promise.all(waiting.map((delivery) => this.#deps.messages.giveBack(delivery)))
    } catch (error) {
      if (leave) end()
      throw error
    }
    if (leave && first) this.#run(first, end)
  }

  /** All places are taken: whoever has nothing under way still gets one. */
  async #takeSpare(): Promise<void> {
    const { subscription, concurrency } = this.#options
    const limit = concurrency + Math.floor(concurrency / 4) - this.#running.size
    if (limit <= 0) return
    const started = performance.now()
    if (started < this.#spareFrom) return this.#lookIn(this.#spareFrom - started)
    const except = [...new Set([...this.#running.keys()].map(({ message }) => message.headers.partner ?? ''))]
    const deliveries = await this.#deps.messages.claim(subscription, { limit, leaseMs: this.#leaseMs, except })
    const ended = performance.now()
    this.#spareFrom = ended + SPARE_PAUSES * (ended - started)
    for (const delivery of deliveries) if (!isSuspect(delivery)) this.#run(delivery)
    const suspects = deliveries.filter(isSuspect)
    await Promise.all(suspects.map((delivery) => this.#deps.messages.giveBack(delivery)))
    this.#lookIn(FULL_LOOK_MS)
  }

  get #leaseMs(): number {
    return this.#options.leaseMs ?? this.#options.visibilityMs + LEASE_SLACK_MS
  }

  #lookAt(time: number): void {
    this.#lookIn(Math.min(IDLE_LOOK_MS, Math.max(1, time - this.#deps.clock.now())))
  }

  #lookIn(milliseconds: number): void {
    clearTimeout(this.#timer)
    if (!this.#active) return
    this.#timer = setTimeout(() => this.#look(), milliseconds)
    this.#timer.unref()
  }

  #run(delivery: Delivery, ended = () => {}): void {
    const started = performance.now()
    this.#leases?.hold(delivery)
    const run = this.#verdictOf(delivery)
      .then((verdict) => this.#conclude(delivery, verdict))
      .then((event) => this.#deps.observe(event, delivery, (performance.now() - started) / 1000))
      .catch((error) => this.#deps.complain(error))
      .finally(() => {
        this.#running.delete(delivery)
        ended()
        if (this.#active) this.#look()
      })
    this.#running.set(delivery, run)
  }

  async #verdictOf(delivery: Delivery): Promise<Verdict> {
    const spared = delivery.lastFailure?.spared ?? 0
    if (delivery.attempt - spared > this.#options.retry.maxAttempts + 3) {
      // It never got as far as a verdict so often: it takes the process down with it.
      const failure: FailureReport = {
        category: 'bug',
        code: 'delivery.poison',
        message: `given up after ${delivery.attempt - 1} attempts that ended without a verdict`,
        causes: [],
      }
      return { kind: 'bury', failure }
    }
    try {
      return await this.#options.work(delivery)
    } catch (error) {
      return { kind: 'fail', failure: describeFailure(error) }
    }
  }

  async #conclude(delivery: Delivery, verdict: Verdict): Promise<SubscriberEvent> {
    const { messages, keys, clock, crash } = this.#deps
    const owner = ownerOf(delivery)
    crash('delivery.before-verdict')
    if (this.#leases && !(await this.#leases.release(delivery))) return 'abandoned'
    if (verdict.kind === 'settle') {
      await Promise.all([keys.confirm(owner), messages.settle(delivery)])
      crash('delivery.after-settle')
      return 'settled'
    }
    await keys.release(owner)
    if (verdict.kind === 'abandon') {
      await messages.giveBack(delivery)
      return 'abandoned'
    }
    const failure = verdict.kind === 'fail' ? sparing(verdict.failure, delivery) : verdict.failure
    const waited = clock.now() - delivery.firstClaimedAt
    const decision =
      verdict.kind === 'bury'
        ? ({ kind: 'bury' } as const)
        : decide(failure, delivery.attempt, waited, this.#options.retry, this.#deps.random)
    if (decision.kind === 'bury') {
      await this.#deps.beforeBury(delivery, failure)
      crash('delivery.before-bury')
      await messages.bury(delivery, failure)
      return 'buried'
    }
    await messages.retry(delivery, clock.now() + decision.afterMs, { ...failure, attempt: delivery.attempt })
    return 'retried'
  }
}

/** Waiting for a partner that is away takes as many attempts as it takes: those are kept apart from the ones that count. */
function sparing(failure: Failure, { lastFailure }: Delivery): Failure {
  const waits = failure.category === 'outage' || failure.category === 'throttled'
  const spared = (lastFailure?.spared ?? 0) + (waits ? 1 : 0)
  return spared === 0 ? failure : { ...failure, spared }
}
