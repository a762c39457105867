import {
  bytes,
  headersText,
  identifier,
  invalid,
  itemLimit,
  jsonText,
  MAX_RAW,
  milliseconds,
  text,
} from '../arguments.ts'
import { sameJson } from '../same-json.ts'
import type {
  AppendOutcome,
  Clock,
  DeadLetterFilter,
  Delivery,
  FailureReport,
  Message,
  MessageStore,
  NewMessage,
  SubscriptionCounts,
} from '../ports.ts'
import type { Json } from '../../json.ts'
import type { Database } from './database.ts'
import { DeadLetters } from './dead-letters.ts'
import { Deliveries, leaseOf } from './deliveries.ts'
import { relane, State, type Subscription } from './lanes.ts'
import { type MessageRow, messageById, toMessage } from './message-rows.ts'
import { Tally } from './tally.ts'
import type { Transaction, Writer } from './writer.ts'

interface PreparedMessage {
  id: string
  channel: string
  key: string
  correlationId: string
  headers: string
  payload: string
  raw: Uint8Array | undefined
}

/** Channels, subscriptions and their deliveries in SQLite. */
export class EmbeddedMessageStore implements MessageStore {
  readonly #database: Database
  readonly #writer: Writer
  readonly #clock: Clock
  readonly #tally: Tally
  readonly #deliveries: Deliveries
  readonly #deadLetters: DeadLetters

  constructor(database: Database, writer: Writer, clock: Clock) {
    this.#database = database
    this.#writer = writer
    this.#clock = clock
    this.#tally = new Tally(database)
    this.#deliveries = new Deliveries(database, clock, this.#tally)
    this.#deadLetters = new DeadLetters(database, clock, this.#tally)
  }

  async append(messages: NewMessage[]): Promise<AppendOutcome[]> {
    const prepared = messages.map(prepare)
    return this.#writer.write((transaction) => {
      const now = this.#clock.now()
      return prepared.map((message) => this.#appendOne(transaction, message, now))
    })
  }

  async get(messageId: string): Promise<Message | undefined> {
    identifier(messageId, 'messageId')
    return this.#writer.read(() => {
      const row = messageById(this.#database, messageId)
      return row && toMessage(row)
    })
  }

  async subscribe(channel: string, subscription: string, options: { ordered?: boolean } = {}): Promise<void> {
    identifier(channel, 'channel')
    identifier(subscription, 'subscription')
    const ordered = options.ordered ?? false
    await this.#writer.write((transaction) => {
      const known = this.#subscription(subscription)
      if (!known) return this.#addSubscription(transaction, channel, subscription, ordered)
      if (known.channel !== channel)
        throw invalid('subscription', `${subscription} belongs to channel ${known.channel}`)
      if (Boolean(known.ordered) === ordered) return
      this.#database.run('UPDATE subscriptions SET ordered = ? WHERE id = ?', Number(ordered), known.id)
      relane(this.#database, known.id, ordered)
    })
  }

  async claim(subscription: string, options: { limit: number; leaseMs: number }): Promise<Delivery[]> {
    identifier(subscription, 'subscription')
    const limit = itemLimit(options.limit)
    const leaseMs = milliseconds(options.leaseMs, 'leaseMs')
    return this.#writer.write((transaction) => {
      const known = this.#subscription(subscription)
      return known ? this.#deliveries.claim(transaction, known, limit, leaseMs) : []
    })
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

  async deadLetters(filter: DeadLetterFilter, page: { after?: string; limit: number }) {
    const limit = itemLimit(page.limit)
    return this.#writer.read(() => this.#deadLetters.page(filter, page.after, limit))
  }

  async counts(): Promise<SubscriptionCounts[]> {
    return this.#writer.read(() =>
      this.#database
        .all<Subscription>('SELECT id, name, channel, ordered FROM subscriptions ORDER BY name')
        .map(({ id, name, channel }) => {
          const oldestAt = this.#deliveries.oldestAt(id)
          const counts = { subscription: name, channel, ...this.#tally.of(id) }
          return oldestAt === undefined ? counts : { ...counts, oldestAt }
        }),
    )
  }

  async nextDue(subscription: string): Promise<number | undefined> {
    identifier(subscription, 'subscription')
    return this.#writer.read(() => {
      const known = this.#subscription(subscription)
      return known && this.#deliveries.nextDue(known)
    })
  }

  async purge(before: number, limit: number): Promise<number> {
    const end = milliseconds(before, 'before')
    if (!Number.isSafeInteger(limit) || limit < 1) throw invalid('limit', 'must be a whole number above zero')
    return this.#writer.write(() => {
      const rows = this.#database.all<{ acceptedAt: number; seq: number }>(
        `SELECT accepted_at AS acceptedAt, seq FROM finished WHERE accepted_at < ? ORDER BY accepted_at, seq LIMIT ?`,
        end,
        limit,
      )
      for (const { acceptedAt, seq } of rows) {
        this.#database.run('DELETE FROM finished WHERE accepted_at = ? AND seq = ?', acceptedAt, seq)
        this.#database.run('DELETE FROM messages WHERE seq = ?', seq)
      }
      return rows.length
    })
  }

  #subscription(name: string): Subscription | undefined {
    return this.#database.get<Subscription>('SELECT id, name, channel, ordered FROM subscriptions WHERE name = ?', name)
  }

  #appendOne(transaction: Transaction, message: PreparedMessage, now: number): AppendOutcome {
    const seq = this.#database.insert(
      `INSERT INTO messages (id, channel, key, correlation_id, accepted_at, headers, payload, raw)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      message.id,
      message.channel,
      message.key,
      message.correlationId,
      now,
      message.headers,
      message.payload,
      message.raw ?? null,
    )
    if (seq === undefined)
      return sameContent(messageById(this.#database, message.id)!, message) ? 'present' : 'conflict'
    const subscriptions = this.#database.all<Subscription>(
      'SELECT id, name, channel, ordered FROM subscriptions WHERE channel = ?',
      message.channel,
    )
    if (subscriptions.length === 0) {
      this.#database.run('INSERT INTO unclaimed (channel, seq) VALUES (?, ?)', message.channel, seq)
    }
    for (const known of subscriptions) this.#deliveries.add(transaction, known, seq, message.key)
    return 'stored'
  }

  #addSubscription(transaction: Transaction, channel: string, name: string, ordered: boolean): void {
    const id = this.#database.insert(
      'INSERT INTO subscriptions (name, channel, ordered) VALUES (?, ?, ?)',
      name,
      channel,
      Number(ordered),
    )!
    const waiting = this.#database.run(
      `INSERT INTO deliveries (seq, subscription, state) SELECT seq, ?, ${State.ready} FROM unclaimed WHERE channel = ?`,
      id,
      channel,
    )
    if (waiting === 0) return
    this.#database.run('DELETE FROM unclaimed WHERE channel = ?', channel)
    if (ordered) relane(this.#database, id, true)
    this.#tally.move(transaction, id, { waiting })
  }
}

function prepare(message: NewMessage): PreparedMessage {
  return {
    id: identifier(message.id, 'id'),
    channel: identifier(message.channel, 'channel'),
    key: text(message.key, 'key'),
    correlationId: text(message.correlationId, 'correlationId'),
    headers: headersText(message.headers, 'headers'),
    payload: jsonText(message.payload, 'payload'),
    raw: message.raw && bytes(message.raw, 'raw', MAX_RAW),
  }
}

/** Headers and correlation id may differ between two sendings of the same thing: they are not content. */
function sameContent(stored: MessageRow, message: PreparedMessage): boolean {
  const { channel, key, payload, raw } = stored
  if (channel !== message.channel || key !== message.key || !sameJson(payload, message.payload)) return false
  return Buffer.compare(raw ?? new Uint8Array(), message.raw ?? new Uint8Array()) === 0
}

function failureText(failure: FailureReport): string {
  if (typeof failure?.category !== 'string') throw invalid('failure.category', 'must be a string')
  return jsonText({ ...failure }, 'failure')
}
