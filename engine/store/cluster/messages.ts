import { failureText, heldPartner, identifier, invalid, itemLimit, jsonText, milliseconds, text } from '../arguments.ts'
import { prepare } from '../incoming.ts'
import type { Json } from '../../json.ts'
import type {
  AppendOutcome,
  Clock,
  DeadLetter,
  DeadLetterFilter,
  Delivery,
  FailureReport,
  Message,
  MessageStore,
  NewMessage,
  OpenDelivery,
  SubscriptionCounts,
} from '../ports.ts'
import { Arrivals } from './arrivals.ts'
import { LargeBodies } from './bodies.ts'
import { Claims } from './claims.ts'
import type { Counters } from './counters.ts'
import { Counts } from './counts.ts'
import type { Database } from './database.ts'
import { DeadLetters } from './dead-letters.ts'
import { Due } from './due.ts'
import { HeldPartners } from './held-partners.ts'
import { Lanes } from './lanes.ts'
import { Lives } from './lives.ts'
import { openOf } from './open-of.ts'
import { Purge } from './purge.ts'
import type { MessageRecord } from './records.ts'
import { Standing } from './standing.ts'
import { Subscriptions } from './subscriptions.ts'

/** Channels, subscriptions and their deliveries in MongoDB. `records.ts` says what decides when there are several documents. */
export class ClusterMessageStore implements MessageStore {
  readonly #database: Database
  readonly #subscriptions: Subscriptions
  readonly #bodies: LargeBodies
  readonly #arrivals: Arrivals
  readonly #claims: Claims
  readonly #deadLetters: DeadLetters
  readonly #lives: Lives
  readonly #lanes: Lanes
  readonly #due: Due
  readonly #held: HeldPartners
  readonly #counts: Counts
  readonly #purge: Purge
  /** How far the lanes of each subscription are looked through. */
  readonly #swept = new Map<number, number>()

  constructor(database: Database, counters: Counters, clock: Clock) {
    const subscriptions = new Subscriptions(database, counters)
    const bodies = new LargeBodies(database)
    const deps = { database, clock, counters, subscriptions, bodies }
    this.#database = database
    this.#subscriptions = subscriptions
    this.#bodies = bodies
    this.#arrivals = new Arrivals(database, clock, counters, subscriptions, bodies)
    this.#held = new HeldPartners(database)
    this.#lanes = new Lanes(database, clock)
    this.#due = new Due(database, clock, this.#held, this.#lanes)
    this.#claims = new Claims(deps, this.#due, this.#lanes, new Standing(database, clock))
    this.#deadLetters = new DeadLetters(deps)
    this.#lives = new Lives(deps, this.#deadLetters)
    this.#counts = new Counts(database, subscriptions)
    this.#purge = new Purge(database, bodies)
  }

  async append(messages: NewMessage[]): Promise<AppendOutcome[]> {
    const prepared = messages.map(prepare)
    return this.#database.during(() => this.#arrivals.append(prepared))
  }

  async get(messageId: string): Promise<Message | undefined> {
    const _id = identifier(messageId, 'messageId')
    return this.#database.during(async () => {
      const record = await this.#database.collection<MessageRecord>('messages').findOne({ _id })
      return record ? this.#bodies.message(record) : undefined
    })
  }

  async subscribe(channel: string, subscription: string, options: { ordered?: boolean } = {}): Promise<void> {
    identifier(channel, 'channel')
    identifier(subscription, 'subscription')
    const ordered = options.ordered ?? false
    await this.#database.during(async () => {
      const { number } = await this.#subscriptions.ensure(channel, subscription, ordered)
      if (!ordered) await this.#lanes.dissolve(number)
      await this.#lives.adopt(channel)
    })
  }

  async claim(
    subscription: string,
    options: { limit: number; leaseMs: number; except?: string[] },
  ): Promise<Delivery[]> {
    identifier(subscription, 'subscription')
    const limit = itemLimit(options.limit)
    const leaseMs = milliseconds(options.leaseMs, 'leaseMs')
    const except = [...(options.except ?? [])]
    return this.#database.during(() => this.#claims.claim(subscription, limit, leaseMs, except))
  }

  async extend(delivery: Delivery, leaseMs: number): Promise<Delivery> {
    const span = milliseconds(leaseMs, 'leaseMs')
    const copy = { ...delivery }
    return this.#database.during(async () => ({ ...copy, leaseUntil: await this.#claims.extend(copy, span) }))
  }

  async settle(delivery: Delivery): Promise<void> {
    const copy = { ...delivery }
    await this.#database.during(() => this.#claims.settle(copy))
  }

  async retry(delivery: Delivery, at: number, failure: FailureReport): Promise<void> {
    const copy = { ...delivery }
    const due = milliseconds(at, 'at')
    const report = failureText(failure)
    await this.#database.during(() => this.#claims.retry(copy, due, report))
  }

  async giveBack(delivery: Delivery): Promise<void> {
    const copy = { ...delivery }
    await this.#database.during(() => this.#claims.giveBack(copy))
  }

  async bury(delivery: Delivery, failure: FailureReport): Promise<void> {
    const copy = { ...delivery }
    const report = failureText(failure)
    await this.#database.during(async () => this.#claims.bury(copy, await this.#deadLetters.burial(report)))
  }

  async requeue(subscription: string, messageId: string, payload?: Json): Promise<boolean> {
    identifier(subscription, 'subscription')
    identifier(messageId, 'messageId')
    const corrected = payload === undefined ? undefined : jsonText(payload, 'payload')
    return this.#database.during(() => this.#deadLetters.requeue(subscription, messageId, corrected))
  }

  async discard(subscription: string, messageId: string): Promise<boolean> {
    identifier(subscription, 'subscription')
    identifier(messageId, 'messageId')
    return this.#database.during(() => this.#deadLetters.discard(subscription, messageId))
  }

  async redeliver(messageId: string, subscription?: string): Promise<number> {
    identifier(messageId, 'messageId')
    if (subscription !== undefined) identifier(subscription, 'subscription')
    return this.#database.during(() => this.#lives.redeliver(messageId, subscription))
  }

  async deadLetters(filter: DeadLetterFilter, page: { after?: string; limit: number }) {
    const limit = itemLimit(page.limit)
    const { after } = page
    return this.#database.during(() => this.#deadLetters.page(filter, after, limit))
  }

  async deadLetter(subscription: string, messageId: string): Promise<DeadLetter | undefined> {
    identifier(subscription, 'subscription')
    identifier(messageId, 'messageId')
    return this.#database.during(() => this.#deadLetters.one(subscription, messageId))
  }

  async openOf(key: string, limit: number): Promise<OpenDelivery[]> {
    identifier(key, 'key')
    const most = itemLimit(limit)
    return this.#database.during(() => openOf(this.#database, this.#subscriptions, key, most))
  }

  async countDead(filter: DeadLetterFilter): Promise<number> {
    return this.#database.during(() => this.#deadLetters.count(filter))
  }

  async hold(partner: string, held: boolean): Promise<void> {
    heldPartner(partner, held)
    await this.#database.during(() => this.#held.set(partner, held))
  }

  async heldPartners(): Promise<string[]> {
    return this.#database.during(() => this.#held.all())
  }

  async backlog(partner: string): Promise<{ waiting: number; leased: number }> {
    text(partner, 'partner')
    return this.#database.during(() => this.#counts.backlog(partner))
  }

  async counts(): Promise<SubscriptionCounts[]> {
    return this.#database.during(() => this.#counts.all())
  }

  async nextDue(subscription: string): Promise<number | undefined> {
    identifier(subscription, 'subscription')
    return this.#database.during(async () => {
      const known = await this.#subscriptions.lastRead(subscription)
      return known && this.#due.next(known)
    })
  }

  /** Mends what a process left undone that died, a stretch at a time: lanes standing still, messages not handed over. */
  async sweep(): Promise<void> {
    for (const channel of await this.#lives.unclaimedChannels()) await this.#lives.adopt(channel)
    for (const subscription of await this.#subscriptions.all()) {
      const { number } = subscription
      this.#swept.set(number, await this.#lanes.sweep(subscription, this.#swept.get(number) ?? 0))
    }
  }

  /** Removes bodies that a process left behind that died, a stretch at a time. */
  tidy(now: number): Promise<void> {
    return this.#bodies.tidy(now)
  }

  async purge(before: number, limit: number): Promise<number> {
    const end = milliseconds(before, 'before')
    if (!Number.isSafeInteger(limit) || limit < 1) throw invalid('limit', 'must be a whole number above zero')
    return this.#database.during(() => this.#purge.run(end, limit))
  }
}
