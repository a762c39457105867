import { cursorPosition, filterFields } from '../arguments.ts'
import type { Clock, DeadLetter, DeadLetterFilter, FailureReport } from '../ports.ts'
import type { UnreadMessage } from './bodies.ts'
import type { Database, Parameter } from './database.ts'
import type { RevivedDelivery, TakenDelivery } from './deliveries.ts'
import type { Subscription } from './lanes.ts'
import { messageBySeq, messageSize, toMessage } from './message-rows.ts'
import type { Tally } from './tally.ts'
import type { Transaction } from './writer.ts'

export interface UnreadDeadLetter extends DeadLetter {
  message: UnreadMessage
}

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

/** So much of messages ends a page: two hundred of the largest would be gigabytes. */
const PAGE_BYTES = 32 * 1024 * 1024

/** What each filter field asks of a row. */
const CONDITIONS = {
  subscription: 'd.subscription = (SELECT id FROM subscriptions WHERE name = ?)',
  channel: 'd.channel = ?',
  category: 'd.category = ?',
  code: 'd.code = ?',
  partner: 'd.partner = ?',
  key: 'd.key = ?',
  correlationId: 'd.correlation_id = ?',
  since: 'd.last_at >= ?',
  before: 'd.last_at < ?',
} as const satisfies Record<keyof DeadLetterFilter, string>

const COLUMNS = `d.id, s.name AS subscription, d.seq, d.failure, d.attempts, d.first_at AS firstAt, d.last_at AS lastAt,
  d.payload`

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
    const { seq, attempts, token, firstAt, payload, partner } = delivery
    const { category, code } = JSON.parse(failure) as FailureReport
    const { channel, key, correlationId } = messageBySeq(this.#database, seq)
    this.#database.run(
      `INSERT INTO dead_letters (seq, subscription, channel, key, correlation_id, category, code, partner, failure,
         attempts, token, first_at, last_at, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      subscription.id,
      channel,
      key,
      correlationId,
      category,
      code.toWellFormed(),
      partner,
      failure,
      attempts,
      token,
      firstAt,
      this.#clock.now(),
      payload,
    )
    this.#tally.move(transaction, subscription.id, partner, { dead: 1 })
  }

  /** Removes the dead delivery of a message, whatever becomes of it next. */
  take(transaction: Transaction, subscription: Subscription, messageId: string): RevivedDelivery | undefined {
    const row = this.#database.change<RevivedDelivery>(
      `DELETE FROM dead_letters WHERE subscription = ? AND seq = (SELECT seq FROM messages WHERE id = ?)
       RETURNING seq, token, payload, partner`,
      subscription.id,
      messageId,
    )
    if (row) this.#tally.move(transaction, subscription.id, row.partner, { dead: -1 })
    return row
  }

  one(subscription: string, messageId: string): UnreadDeadLetter | undefined {
    const row = this.#database.get<DeadRow>(
      `SELECT ${COLUMNS} FROM dead_letters d JOIN subscriptions s ON s.id = d.subscription
       WHERE s.name = ? AND d.seq = (SELECT seq FROM messages WHERE id = ?)`,
      subscription,
      messageId,
    )
    return row && this.#deadLetter(row)
  }

  count(filter: DeadLetterFilter): number {
    const { conditions, parameters } = asked(filter)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    return this.#database.get<{ count: number }>(
      `SELECT count(*) AS count FROM dead_letters d ${where}`,
      ...parameters,
    )!.count
  }

  page(
    filter: DeadLetterFilter,
    after: string | undefined,
    limit: number,
  ): { items: UnreadDeadLetter[]; next?: string } {
    const { conditions, parameters } = asked(filter)
    const rows = this.#database.all<DeadRow>(
      `SELECT ${COLUMNS} FROM dead_letters d CROSS JOIN subscriptions s ON s.id = d.subscription
       WHERE ${[...conditions, 'd.id > ?'].join(' AND ')} ORDER BY d.id LIMIT ?`,
      ...parameters,
      cursorPosition(after),
      limit + 1,
    )
    const items: UnreadDeadLetter[] = []
    let bytes = 0
    for (const row of rows.slice(0, limit)) {
      if (bytes > PAGE_BYTES) break
      bytes += messageSize(this.#database, row.seq) + (row.payload?.length ?? 0)
      items.push(this.#deadLetter(row))
    }
    const next = rows.length > items.length ? { next: String(rows[items.length - 1]!.id) } : {}
    return { items, ...next }
  }

  #deadLetter({ subscription, seq, failure, attempts, firstAt, lastAt, payload }: DeadRow): UnreadDeadLetter {
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

function asked(filter: DeadLetterFilter): { conditions: string[]; parameters: Parameter[] } {
  const fields = filterFields(filter)
  return { conditions: fields.map(([field]) => CONDITIONS[field]), parameters: fields.map(([, wanted]) => wanted) }
}
