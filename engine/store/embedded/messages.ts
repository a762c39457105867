import {
  failureText,
  heldPartner,
  identifier,
  invalid,
  itemLimit,
  jsonText,
  milliseconds,
  partnerOf,
  text,
} from '../arguments.ts'
import type { CartageError } from '../../errors.ts'
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
import { prepare } from '../incoming.ts'
import { Arrivals } from './arrivals.ts'
import { isLarge, type LargeBodies, type UnreadMessage } from './bodies.ts'
import type { Database } from './database.ts'
import { DeadLetters } from './dead-letters.ts'
import { Deliveries, leaseOf } from './deliveries.ts'
import { Due } from './due.ts'
import { HeldPartners } from './held-partners.ts'
import { relane, type Subscription } from './lanes.ts'
import { type MessageRow, messageById, toMessage } from './message-rows.ts'
import { openOf } from './open-of.ts'
import { purge } from './purge.ts'
import { Tally } from './tally.ts'
import type { Transaction, Writer } from './writer.ts'

/** Channels, subscriptions and their deliveries in SQLite. */
export class EmbeddedMessageStore implements MessageStore {
  readonly #database: Database
  readonly #writer: Writer
  readonly #clock: Clock
  readonly #tally: Tally
  readonly #deliveries: Deliveries
  readonly #deadLetters: DeadLetters
  readonly #due: Due
  readonly #held: HeldPartners
  readonly #arrivals: Arrivals
  readonly #bodies: LargeBodies

  constructor(database: Database, writer: Writer, clock: Clock, bodies: LargeBodies) {
    this.#database = database
    this.#writer = writer
    this.#clock = clock
    this.#tally = new Tally(database)
    this.#held = new HeldPartners(database)
    this.#due = new Due(database, this.#tally, this.#held)
    this.#deliveries = new Deliveries(database, clock, this.#tally, this.#due)
    this.#deadLetters = new DeadLetters(database, clock, this.#tally)
    this.#bodies = bodies
    this.#arrivals = new Arrivals(database, clock, this.#tally, this.#deliveries, bodies)
  }

  async append(messages: NewMessage[]): Promise<AppendOutcome[]> {
    const prepared = messages.map(prepare)
    if (!prepared.some(({ raw }) => isLarge(raw)))
      return this.#writer.write((transaction) => this.#arrivals.append(transaction, prepared))
    try {
      return await this.#writer.writeAfter(
        () => this.#arrivals.unload(prepared),
        (transaction) => this.#arrivals.append(transaction, prepared),
      )
    } catch (error) {
      this.#arrivals.drop(prepared)
      throw error
    }
  }

  async get(messageId: string): Promise<Message | undefined> {
    identifier(messageId, 'messageId')
    const row = await this.#writer.read(() => messageById(this.#database, messageId))
    return row && this.#bodies.whole(toMessage(row))
  }

  async subscribe(channel: string, subscription: string, options: { ordered?: boolean } = {}): Promise<void> {
    identifier(channel, 'channel')
    identifier(subscription, 'subscription')
    const ordered = options.ordered ?? false
    await this.#writer.write((transaction) => {
      const known = this.#subscription(subscription)
      if (!known) return this.#arrivals.addSubscription(transaction, channel, subscription, ordered)
      if (known.channel !== channel)
        throw invalid('subscription', `${subscription} belongs to channel ${known.channel}`)
      if (Boolean(known.ordered) === ordered) return
      this.#database.run('UPDATE subscriptions SET ordered = ? WHERE id = ?', Number(ordered), known.id)
      relane(this.#database, known.id, ordered)
    })
  }

  async claim(
    subscription: string,
    options: { limit: number; leaseMs: number; except?: string[] },
  ): Promise<Delivery[]> {
    identifier(subscription, 'subscription')
    const limit = itemLimit(options.limit)
    const leaseMs = milliseconds(options.leaseMs, 'leaseMs')
    const except = new Set(options.except)
    const claimed = await this.#writer.write((transaction) => {
      const known = this.#subscription(subscription)
      return known ? this.#deliveries.claim(transaction, known, { limit, leaseMs, except }) : []
    })
    return this.#wholeOnes(claimed)
  }

  async extend(delivery: Delivery, leaseMs: number): Promise<Delivery> {
    const span = milliseconds(leaseMs, 'leaseMs')
    const lease = leaseOf(delivery)
    const copy = { ...delivery }
    return this.#writer.write(() => {
      const leaseUntil = this.#deliveries.extend(this.#subscription(copy.subscription), lease, span)
      return { ...copy, leaseUntil }
    })
  }

  async settle(delivery: Delivery): Promise<void> {
    const { subscription } = delivery
    const lease = leaseOf(delivery)
    await this.#writer.write((transaction) =>
      this.#deliveries.settle(transaction, this.#subscription(subscription), lease),
    )
  }

  async retry(delivery: Delivery, at: number, failure: FailureReport): Promise<void> {
    const { subscription } = delivery
    const lease = leaseOf(delivery)
    const due = milliseconds(at, 'at')
    const report = failureText(failure)
    await this.#writer.write((transaction) =>
      this.#deliveries.retry(transaction, this.#subscription(subscription), lease, due, report),
    )
  }

  async giveBack(delivery: Delivery): Promise<void> {
    const { subscription } = delivery
    const lease = leaseOf(delivery)
    await this.#writer.write((transaction) =>
      this.#deliveries.giveBack(transaction, this.#subscription(subscription), lease),
    )
  }

  async bury(delivery: Delivery, failure: FailureReport): Promise<void> {
    const { subscription } = delivery
    const lease = leaseOf(delivery)
    const report = failureText(failure)
    await this.#writer.write((transaction) => {
      const known = this.#subscription(subscription)
      const row = this.#deliveries.take(transaction, known, lease)
      this.#deadLetters.add(transaction, known!, row, report)
    })
  }

  async requeue(subscription: string, messageId: string, payload?: Json): Promise<boolean> {
    identifier(subscription, 'subscription')
    identifier(messageId, 'messageId')
    const corrected = payload === undefined ? undefined : jsonText(payload, 'payload')
    return this.#writer.write((transaction) => {
      const known = this.#subscription(subscription)
      const dead = known && this.#deadLetters.take(transaction, known, messageId)
      if (!dead) return false
      this.#deliveries.revive(transaction, known, { ...dead, payload: corrected ?? dead.payload })
      return true
    })
  }

  async discard(subscription: string, messageId: string): Promise<boolean> {
    identifier(subscription, 'subscription')
    identifier(messageId, 'messageId')
    return this.#writer.write((transaction) => {
      const known = this.#subscription(subscription)
      const dead = known && this.#deadLetters.take(transaction, known, messageId)
      if (dead) this.#deliveries.finish(dead.seq)
      return dead !== undefined
    })
  }

  async redeliver(messageId: string, subscription?: string): Promise<number> {
    identifier(messageId, 'messageId')
    if (subscription !== undefined) identifier(subscription, 'subscription')
    return this.#writer.write((transaction) => {
      const row = messageById(this.#database, messageId)
      if (!row) return 0
      const known = this.#subscriptions(row.channel).filter(({ name }) => name === (subscription ?? name))
      return known.filter((one) => this.#redeliverTo(transaction, one, row)).length
    })
  }

  async deadLetters(filter: DeadLetterFilter, page: { after?: string; limit: number }) {
    const limit = itemLimit(page.limit)
    const found = await this.#writer.read(() => this.#deadLetters.page(filter, page.after, limit))
    return { ...found, items: await this.#wholeOnes(found.items) }
  }

  async deadLetter(subscription: string, messageId: string): Promise<DeadLetter | undefined> {
    identifier(subscription, 'subscription')
    identifier(messageId, 'messageId')
    const found = await this.#writer.read(() => this.#deadLetters.one(subscription, messageId))
    return found && (await this.#wholeOnes([found]))[0]
  }

  async openOf(key: string, limit: number): Promise<OpenDelivery[]> {
    identifier(key, 'key')
    const most = itemLimit(limit)
    return this.#writer.read(() => openOf(this.#database, this.#allSubscriptions(), key, most))
  }

  async countDead(filter: DeadLetterFilter): Promise<number> {
    return this.#writer.read(() => this.#deadLetters.count(filter))
  }

  async hold(partner: string, held: boolean): Promise<void> {
    heldPartner(partner, held)
    await this.#writer.write((transaction) => this.#held.set(transaction, partner, held))
  }

  async heldPartners(): Promise<string[]> {
    return this.#writer.read(() => this.#held.all())
  }

  async backlog(partner: string): Promise<{ waiting: number; leased: number }> {
    text(partner, 'partner')
    return this.#writer.read(() => this.#tally.backlog(partner))
  }

  async counts(): Promise<SubscriptionCounts[]> {
    return this.#writer.read(() =>
      this.#allSubscriptions().map(({ id, name, channel }) => {
        const oldestAt = this.#due.oldestAt(id)
        const counts = { subscription: name, channel, ...this.#tally.of(id) }
        return oldestAt === undefined ? counts : { ...counts, oldestAt }
      }),
    )
  }

  async nextDue(subscription: string): Promise<number | undefined> {
    identifier(subscription, 'subscription')
    return this.#writer.read(() => {
      const known = this.#subscription(subscription)
      return known && this.#due.next(known, this.#clock.now())
    })
  }

  async purge(before: number, limit: number): Promise<number> {
    const end = milliseconds(before, 'before')
    if (!Number.isSafeInteger(limit) || limit < 1) throw invalid('limit', 'must be a whole number above zero')
    return this.#writer.write((transaction) => {
      const purged = purge(this.#database, end, limit)
      transaction.afterCommit(() => this.#bodies.remove(purged.bodies))
      return purged.messages
    })
  }

  #subscription(name: string): Subscription | undefined {
    return this.#database.get<Subscription>('SELECT id, name, channel, ordered FROM subscriptions WHERE name = ?', name)
  }

  #allSubscriptions(): Subscription[] {
    return this.#database.all<Subscription>('SELECT id, name, channel, ordered FROM subscriptions ORDER BY name')
  }

  #subscriptions(channel: string): Subscription[] {
    return this.#database.all<Subscription>(
      'SELECT id, name, channel, ordered FROM subscriptions WHERE channel = ?',
      channel,
    )
  }

  #redeliverTo(transaction: Transaction, subscription: Subscription, row: MessageRow): boolean {
    const { seq, acceptedAt } = row
    if (this.#deliveries.isOpen(subscription, seq)) return false
    const dead = this.#deadLetters.take(transaction, subscription, row.id)
    if (!dead) this.#database.run('DELETE FROM finished WHERE accepted_at = ? AND seq = ?', acceptedAt, seq)
    this.#deliveries.revive(transaction, subscription, {
      seq,
      token: dead?.token ?? this.#deliveries.freshToken(),
      payload: null,
      partner: dead?.partner ?? partnerOf(JSON.parse(row.headers) as Record<string, string>),
    })
    return true
  }

  /**
   * With the raw bodies that are kept in files. One that cannot be read must not hold up its neighbours: it is left out, with a
   * warning, and `get` says what is wrong.
   */
  async #wholeOnes<T extends { message: UnreadMessage }>(items: T[]): Promise<T[]> {
    for (const item of items) {
      const { body, ...rest } = item.message
      if (!body) continue
      item.message = await this.#bodies.whole(item.message).catch((error: CartageError) => {
        process.emitWarning(error.message, { type: 'StoreDamage' })
        return rest
      })
    }
    return items
  }
}
