import { invalid } from '../arguments.ts'
import type { Clock, DeadLetter, DeadLetterFilter, FailureReport } from '../ports.ts'
import type { Database, Parameter } from './database.ts'
import type { TakenDelivery } from './deliveries.ts'
import type { Subscription } from './lanes.ts'
import { messageBySeq, toMessage } from './message-rows.ts'
import type { Tally } from './tally.ts'
import type { Transaction } from './writer.ts'

interface DeadRow {
  id: number
  subscription: string
  seq: number
  failure: string
  attempts: number
  firstAt: number
  lastAt: number
  payload: string | null
}

/** Filter fields and the columns that they are about. */
const COLUMNS = {
  subscription: 's.name',
  channel: 'd.channel',
  category: 'd.category',
  key: 'd.key',
  correlationId: 'd.correlation_id',
} as const satisfies Record<keyof DeadLetterFilter, string>

/** The deliveries that ended dead, in the order of their burial. */
export class DeadLetters {
  readonly #database: Database
  readonly #clock: Clock
  readonly #tally: Tally

  constructor(database: Database, clock: Clock, tally: Tally) {
    this.#database = database
    this.#clock = clock
    this.#tally = tally
  }

  add(transaction: Transaction, subscription: Subscription, delivery: TakenDelivery, failure: string): void {
    const { seq, attempts, token, firstAt, payload } = delivery
    const { channel, key, correlationId } = messageBySeq(this.#database, seq)
    this.#database.run(
      `INSERT INTO dead_letters (seq, subscription, channel, key, correlation_id, category, failure, attempts, token,
         first_at, last_at, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      subscription.id,
      channel,
      key,
      correlationId,
      (JSON.parse(failure) as FailureReport).category,
      failure,
      attempts,
      token,
      firstAt,
      this.#clock.now(),
      payload,
    )
    this.#tally.move(transaction, subscription.id, { dead: 1 })
  }

  /** Removes the dead delivery of a message, to put it back to work. */
  take(transaction: Transaction, subscription: Subscription, messageId: string) {
    const row = this.#database.change<{ seq: number; token: number; payload: string | null }>(
      `DELETE FROM dead_letters WHERE subscription = ? AND seq = (SELECT seq FROM messages WHERE id = ?)
       RETURNING seq, token, payload`,
      subscription.id,
      messageId,
    )
    if (row) this.#tally.move(transaction, subscription.id, { dead: -1 })
    return row
  }

  page(filter: DeadLetterFilter, after: string | undefined, limit: number): { items: DeadLetter[]; next?: string } {
    const conditions = ['d.id > ?']
    const parameters: Parameter[] = [position(after)]
    for (const [field, column] of Object.entries(COLUMNS)) {
      const wanted = filter[field as keyof DeadLetterFilter]
      if (wanted === undefined) continue
      if (typeof wanted !== 'string') throw invalid(`filter.${field}`, 'must be a string')
      conditions.push(`${column} = ?`)
      parameters.push(wanted)
    }
    const rows = this.#database.all<DeadRow>(
      `SELECT d.id, s.name AS subscription, d.seq, d.failure, d.attempts, d.first_at AS firstAt, d.last_at AS lastAt,
         d.payload FROM dead_letters d JOIN subscriptions s ON s.id = d.subscription
       WHERE ${conditions.join(' AND ')} ORDER BY d.id LIMIT ?`,
      ...parameters,
      limit + 1,
    )
    const items = rows.slice(0, limit).map((row) => this.#deadLetter(row))
    return rows.length > limit ? { items, next: String(rows[limit - 1]!.id) } : { items }
  }

  #deadLetter({ subscription, seq, failure, attempts, firstAt, lastAt, payload }: DeadRow): DeadLetter {
    return {
      subscription,
      message: toMessage(messageBySeq(this.#database, seq), payload),
      failure: JSON.parse(failure) as FailureReport,
      attempts,
      firstAt,
      lastAt,
    }
  }
}

function position(after: string | undefined): number {
  if (after === undefined) return 0
  if (!/^\d{1,15}$/.test(after)) throw invalid('after', 'is not a cursor of this list')
  return Number(after)
}
