import type { Config } from './config.ts'
import { causedBy } from './delivery/cause.ts'
import { type CrashPoint, crashPoints } from './delivery/crash-points.ts'
import { Superseding } from './delivery/dead-letters/superseding.ts'
import { deriveId } from './delivery/ids.ts'
import { Quarantine } from './delivery/quarantine.ts'
import { DEFAULT_RETRY, type RetryPolicy } from './delivery/retry.ts'
import { Subscriber, type SubscriberEvent, type SubscriberOptions } from './delivery/subscriber.ts'
import { TimerPump } from './delivery/timer-pump.ts'
import { openStore } from './store/open.ts'
import type {
  AppendOutcome,
  Clock,
  Delivery,
  FailureReport,
  NewMessage,
  Store,
  SubscriptionCounts,
} from './store/ports.ts'

export interface HubOptions {
  retry: RetryPolicy
  /** How long a message may rest at a node that never calls `done`, milliseconds. */
  graceMs: number
  /** How long a stopping hub waits for deliveries under way, milliseconds. */
  drainMs: number
  /** False in an editor: it publishes and looks, but takes no deliveries and fires no timers. */
  takesWork: boolean
  /** How long other processes leave alone what this one is at, should it not be heard of again, milliseconds. */
  leaseMs: number
}

/** What the hub tells those who count: metrics, the console. */
export interface Observer {
  accepted(message: NewMessage, outcome: AppendOutcome): void
  /** `seconds`: how long the work took. */
  delivered(event: SubscriberEvent, delivery: Delivery, seconds: number): void
  complaint(error: unknown): void
}

/** Channel on which every dead letter is announced, so that a flow can act on it. */
const DEAD_LETTERS = 'dead-letters'

const COUNT_EVERY_MS = 2_000

/** The engine put together: a store, what is kept in it, and the workers that move it. It does not know that Node-RED exists. */
export class Hub {
  readonly store: Store
  readonly clock: Clock
  readonly options: HubOptions
  readonly crash: CrashPoint
  /** What must come to rest before the process may end. */
  readonly drains = new Set<() => Promise<void>>()
  readonly #observer: Observer
  readonly #superseding: Superseding
  readonly #quarantine = new Quarantine()
  readonly #pumps = new Map<string, TimerPump>()
  #counts: SubscriptionCounts[] = []
  #counter: NodeJS.Timeout | undefined

  constructor(store: Store, clock: Clock, options: HubOptions, observer: Observer, crashAt?: string) {
    this.store = store
    this.clock = clock
    this.options = options
    this.#observer = observer
    this.#superseding = new Superseding(store)
    this.crash = crashPoints(crashAt)
  }

  /** Store messages and wake whoever waits for them. Resolves when they are on disk. */
  async publish(messages: NewMessage[]): Promise<AppendOutcome[]> {
    this.crash('publish.before-append')
    const appended = await this.store.messages.append(messages)
    this.crash('publish.after-append')
    const outcomes = await this.#supersede(messages, appended)
    for (const [index, message] of messages.entries())
      this.#observer.accepted(message, outcomes[index] as AppendOutcome)
    for (const channel of new Set(messages.map((message) => message.channel))) this.store.motor.wake(channel)
    return outcomes
  }

  /** Almost always all of it is new. */
  async #supersede(messages: NewMessage[], appended: AppendOutcome[]): Promise<AppendOutcome[]> {
    if (appended.every((outcome) => outcome === 'stored')) return appended
    return Promise.all(
      messages.map((message, index) => this.#superseding.published(message, appended[index] as AppendOutcome)),
    )
  }

  /** A worker for one subscription; it takes nothing until it is started. */
  subscriber(options: SubscriberOptions): Subscriber {
    return new Subscriber(
      {
        messages: this.store.messages,
        keys: this.store.keys,
        motor: this.store.motor,
        clock: this.clock,
        crash: this.crash,
        random: Math.random,
        quarantine: this.#quarantine,
        observe: (event, delivery, seconds) => this.#observer.delivered(event, delivery, seconds),
        beforeBury: (delivery, failure) => this.#announce(delivery, failure),
        complain: (error) => this.#observer.complaint(error),
      },
      // Alone, a restart ends all leases; among others, a short one that is renewed lets them take over soon.
      this.store.shared ? { ...options, leaseMs: this.options.leaseMs } : options,
    )
  }

  /** See to it that timers of the topic become messages on the channel of the same name. */
  pump(topic: string): void {
    if (this.#pumps.has(topic) || !this.options.takesWork) return
    const pump = new TimerPump(
      {
        timers: this.store.timers,
        motor: this.store.motor,
        clock: this.clock,
        crash: this.crash,
        publish: (messages) => this.publish(messages),
        complain: (error) => this.#observer.complaint(error),
      },
      topic,
    )
    this.#pumps.set(topic, pump)
    pump.start()
  }

  /** Messages waiting in a subscription, as of the last count (every two seconds). */
  backlog(subscription: string): number {
    return this.#counts.find((count) => count.subscription === subscription)?.waiting ?? 0
  }

  /** Start counting backlogs. */
  start(): void {
    const count = () =>
      this.store.messages.counts().then(
        (counts) => {
          this.#counts = counts
        },
        (error) => this.#observer.complaint(error),
      )
    this.#counter = setInterval(count, COUNT_EVERY_MS)
    this.#counter.unref()
  }

  /** Let what is under way come to its end, within the grace; take nothing new. */
  async drain(): Promise<void> {
    await Promise.all([...this.drains].map((drain) => drain()))
  }

  async close(): Promise<void> {
    clearInterval(this.#counter)
    await this.drain()
    await Promise.all([...this.#pumps.values()].map((pump) => pump.stop()))
    await this.store.close()
  }

  /** Tell the failure flow of a dead letter. The id is derived, so a crash before the burial announces it once. */
  async #announce(delivery: Delivery, failure: FailureReport): Promise<void> {
    const { message, subscription } = delivery
    if (message.channel === DEAD_LETTERS) return
    await this.publish([
      {
        id: deriveId('dead-letter', subscription, message.id, String(delivery.firstClaimedAt)),
        channel: DEAD_LETTERS,
        key: message.key,
        payload: {
          subscription,
          messageId: message.id,
          channel: message.channel,
          key: message.key,
          category: failure.category,
          code: failure.code,
          message: failure.message,
          causes: failure.causes,
          nodeId: failure.nodeId ?? null,
          nodeType: failure.nodeType ?? null,
          nodeName: failure.nodeName ?? null,
          flow: failure.flow ?? null,
          flowName: failure.flowName ?? null,
          flowVersion: failure.flowVersion ?? null,
          attempts: delivery.attempt,
          partner: message.headers.partner ?? null,
        },
        headers: {
          ...(message.headers.partner === undefined ? {} : { partner: message.headers.partner }),
          ...causedBy(message.id),
        },
        correlationId: message.correlationId,
      },
    ])
  }
}

/** The store that the configuration names. What an operator should know of it is a warning of the process. */
export function storeOf({ store, redis }: Pick<Config, 'store' | 'redis'>, clock: Clock): Promise<Store> {
  const warn = (line: string) => process.emitWarning(line, { type: 'Store' })
  return openStore(store, { clock, warn, ...(redis === undefined ? {} : { redis }) })
}

/** The hub's options as the configuration gives them. */
export function hubOptions(
  config: Pick<Config, 'drainSeconds' | 'retryBaseMs' | 'retryMaxMs' | 'role' | 'leaseSeconds'>,
): HubOptions {
  const { retryBaseMs: baseMs, retryMaxMs: maxMs } = config
  return {
    retry: { ...DEFAULT_RETRY, baseMs, maxMs },
    graceMs: 300,
    drainMs: config.drainSeconds * 1000,
    takesWork: config.role !== 'editor',
    leaseMs: config.leaseSeconds * 1000,
  }
}
