import { identifier, itemLimit, jsonText, milliseconds } from '../arguments.ts'
import { stale } from '../failures.ts'
import type { Json } from '../../json.ts'
import type { Clock, FiredTimer, Timer, TimerStore } from '../ports.ts'
import type { Database } from './database.ts'
import type { Writer } from './writer.ts'

interface TimerRow {
  id: string
  topic: string
  dueAt: number
  payload: string
}

/** Token of a timer that nobody is firing; claims have tokens from 1 on. */
const NOBODY = 0

export class EmbeddedTimerStore implements TimerStore {
  readonly #database: Database
  readonly #writer: Writer
  readonly #clock: Clock

  constructor(database: Database, writer: Writer, clock: Clock) {
    this.#database = database
    this.#writer = writer
    this.#clock = clock
  }

  async schedule(timer: Timer): Promise<void> {
    const id = identifier(timer.id, 'id')
    const topic = identifier(timer.topic, 'topic')
    const dueAt = milliseconds(timer.dueAt, 'dueAt')
    const payload = jsonText(timer.payload, 'payload')
    await this.#writer.write(() =>
      this.#database.run(
        'INSERT OR REPLACE INTO timers (id, topic, due_at, ready_at, token, payload) VALUES (?, ?, ?, ?, ?, ?)',
        id,
        topic,
        dueAt,
        dueAt,
        NOBODY,
        payload,
      ),
    )
  }

  async cancel(id: string): Promise<boolean> {
    identifier(id, 'id')
    return this.#writer.write(() => this.#database.run('DELETE FROM timers WHERE id = ?', id) > 0)
  }

  async get(id: string): Promise<Timer | undefined> {
    identifier(id, 'id')
    return this.#writer.read(() => {
      const row = this.#database.get<TimerRow>(
        'SELECT id, topic, due_at AS dueAt, payload FROM timers WHERE id = ?',
        id,
      )
      return row && { ...row, payload: JSON.parse(row.payload) as Json }
    })
  }

  async claimDue(topic: string, options: { limit: number; leaseMs: number }): Promise<FiredTimer[]> {
    identifier(topic, 'topic')
    const limit = itemLimit(options.limit)
    const leaseMs = milliseconds(options.leaseMs, 'leaseMs')
    return this.#writer.write(() => {
      const now = this.#clock.now()
      const due = this.#database.all<TimerRow>(
        `SELECT id, topic, due_at AS dueAt, payload FROM timers WHERE topic = ? AND ready_at <= ?
         ORDER BY ready_at, id LIMIT ?`,
        topic,
        now,
        limit,
      )
      if (due.length === 0) return []
      const token = this.#nextToken()
      for (const { id } of due) {
        this.#database.run('UPDATE timers SET token = ?, ready_at = ? WHERE id = ?', token, now + leaseMs, id)
      }
      return due.map((row) => ({ ...row, payload: JSON.parse(row.payload) as Json, token }))
    })
  }

  async done(timer: FiredTimer): Promise<void> {
    const { id, token } = timer
    await this.#writer.write(() => {
      if (this.#database.run('DELETE FROM timers WHERE id = ? AND token = ?', id, token) === 0)
        throw stale(`Timer ${id}`)
    })
  }

  async nextDue(topic: string): Promise<number | undefined> {
    identifier(topic, 'topic')
    return this.#writer.read(
      () =>
        this.#database.get<{ due: number | null }>('SELECT min(ready_at) AS due FROM timers WHERE topic = ?', topic)
          ?.due ?? undefined,
    )
  }

  /** One per claim and never given twice, so that a timer set anew under an old id is safe from its former holder. */
  #nextToken(): number {
    return this.#database.change<{ value: number }>(
      "UPDATE meta SET value = value + 1 WHERE name = 'timer-token' RETURNING value",
    )!.value
  }
}
