import type { IncomingMessage } from '../incoming.ts'
import type { AppendOutcome, Clock } from '../ports.ts'
import { sameJson } from '../same-json.ts'
import { type Body, hashOf, isLarge, type LargeBodies } from './bodies.ts'
import type { Database } from './database.ts'
import type { Deliveries } from './deliveries.ts'
import { relane, State, type Subscription } from './lanes.ts'
import { type MessageRow, messageById, payloadColumn } from './message-rows.ts'
import type { Tally } from './tally.ts'
import type { Transaction } from './writer.ts'

export interface PreparedMessage extends IncomingMessage {
  /** Where a large `raw` is, once it is written. */
  body?: Body
}

/** How messages come in, and how those that came before their channel had a subscription reach the first one. */
export class Arrivals {
  readonly #database: Database
  readonly #clock: Clock
  readonly #tally: Tally
  readonly #deliveries: Deliveries
  readonly #bodies: LargeBodies

  constructor(database: Database, clock: Clock, tally: Tally, deliveries: Deliveries, bodies: LargeBodies) {
    this.#database = database
    this.#clock = clock
    this.#tally = tally
    this.#deliveries = deliveries
    this.#bodies = bodies
  }

  /** Writes the raw bodies that are too large for the record; ends when all are written, or none is being written any more. */
  async unload(messages: PreparedMessage[]): Promise<void> {
    const large = messages.filter(({ raw }) => isLarge(raw))
    const written = await Promise.allSettled(
      large.map(async (message) => {
        message.body = await this.#bodies.write(message.raw!)
      }),
    )
    for (const result of written) if (result.status === 'rejected') throw result.reason
  }

  append(transaction: Transaction, messages: PreparedMessage[]): AppendOutcome[] {
    const now = this.#clock.now()
    return messages.map((message) => {
      const outcome = this.#appendOne(transaction, message, now)
      const { body } = message
      if (body)
        transaction.afterCommit(() => {
          if (outcome === 'stored') this.#bodies.arrived(body)
          else this.#bodies.remove([body.name])
        })
      return outcome
    })
  }

  /** An append that came to nothing: its bodies belong to no message. */
  drop(messages: PreparedMessage[]): void {
    this.#bodies.remove(messages.flatMap(({ body }) => (body ? [body.name] : [])))
  }

  addSubscription(transaction: Transaction, channel: string, name: string, ordered: boolean): void {
    const id = this.#database.insert(
      'INSERT INTO subscriptions (name, channel, ordered) VALUES (?, ?, ?)',
      name,
      channel,
      Number(ordered),
    )!
    const waiting = this.#database.all<{ partner: string; count: number }>(
      'SELECT partner, count(*) AS count FROM unclaimed WHERE channel = ? GROUP BY partner',
      channel,
    )
    if (waiting.length === 0) return
    this.#database.run(
      `INSERT INTO deliveries (seq, subscription, state, partner)
       SELECT seq, ?, ${State.ready}, partner FROM unclaimed WHERE channel = ?`,
      id,
      channel,
    )
    this.#database.run('DELETE FROM unclaimed WHERE channel = ?', channel)
    if (ordered) relane(this.#database, id, true)
    for (const { partner, count } of waiting) this.#tally.move(transaction, id, partner, { waiting: count })
  }

  #appendOne(transaction: Transaction, message: PreparedMessage, now: number): AppendOutcome {
    const { id, channel, key, correlationId, headers, payload, partner, raw, body } = message
    const seq = this.#database.insert(
      `INSERT INTO messages (id, channel, key, correlation_id, accepted_at, headers, payload, raw, body, body_hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      id,
      channel,
      key,
      correlationId,
      now,
      headers,
      body ? payload : payloadColumn(payload, raw),
      body ? null : (raw ?? null),
      body?.name ?? null,
      body?.hash ?? null,
    )
    if (seq === undefined) return sameContent(messageById(this.#database, id)!, message) ? 'present' : 'conflict'
    const subscriptions = this.#database.all<Subscription>(
      'SELECT id, name, channel, ordered FROM subscriptions WHERE channel = ?',
      channel,
    )
    if (subscriptions.length === 0) {
      this.#database.run('INSERT INTO unclaimed (channel, seq, partner) VALUES (?, ?, ?)', channel, seq, partner)
    }
    for (const known of subscriptions) this.#deliveries.add(transaction, known, seq, key, partner)
    return 'stored'
  }
}

/** Headers and correlation id may differ between two sendings of the same thing: they are not content. */
function sameContent(stored: MessageRow, message: PreparedMessage): boolean {
  const { channel, key, payload, raw, bodyHash } = stored
  if (channel !== message.channel || key !== message.key || !sameJson(payload, message.payload)) return false
  // Messages from before large bodies were files hold them in the row.
  if (bodyHash !== null || message.body)
    return (
      (bodyHash ?? hashOf(raw ?? new Uint8Array())) === (message.body?.hash ?? hashOf(message.raw ?? new Uint8Array()))
    )
  return Buffer.compare(raw ?? new Uint8Array(), message.raw ?? new Uint8Array()) === 0
}
