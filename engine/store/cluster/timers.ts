import { identifier, itemLimit, jsonText, milliseconds } from '../arguments.ts'
import { stale } from '../failures.ts'
import type { Json } from '../../json.ts'
import type { Clock, FiredTimer, Timer, TimerStore } from '../ports.ts'
import type { Counters } from './counters.ts'
import { type Database, isDuplicate } from './database.ts'
import { fitting } from './fitting.ts'
import { Turns } from './turns.ts'

interface TimerRecord {
  _id: string
  topic: string
  dueAt: number
  /** `dueAt`, or the end of the lease of whoever is firing it. */
  readyAt: number
  token: number
  payload: string
}

/** Token of a timer that nobody is firing; claims have tokens from 1 on. */
const NOBODY = 0

/** One document per timer. Whoever changes it from "due" to "leased" is its one winner. */
export class ClusterTimerStore implements TimerStore {
  readonly #database: Database
  readonly #counters: Counters
  readonly #clock: Clock
  /** Claims of one topic in this process do not race each other. */
  readonly #turns = new Turns()

  constructor(database: Database, counters: Counters, clock: Clock) {
    this.#database = database
    this.#counters = counters
    this.#clock = clock
  }

  async schedule(timer: Timer): Promise<void> {
    const _id = identifier(timer.id, 'id')
    const topic = identifier(timer.topic, 'topic')
    const dueAt = milliseconds(timer.dueAt, 'dueAt')
    const payload = fitting(jsonText(timer.payload, 'payload'), 'payload')
    const set = { topic, dueAt, readyAt: dueAt, token: NOBODY, payload }
    await this.#database.during(async () => {
      try {
        await this.#timers.updateOne({ _id }, { $set: set }, { upsert: true })
      } catch (error) {
        // Two who insert the same at once: the second finds it there now.
        if (!isDuplicate(error)) throw error
        await this.#timers.updateOne({ _id }, { $set: set }, { upsert: true })
      }
    })
  }

  async cancel(id: string): Promise<boolean> {
    const _id = identifier(id, 'id')
    return this.#database.during(async () => (await this.#timers.deleteOne({ _id })).deletedCount > 0)
  }

  async get(id: string): Promise<Timer | undefined> {
    const _id = identifier(id, 'id')
    return this.#database.during(async () => {
      const record = await this.#timers.findOne({ _id })
      return record ? toTimer(record) : undefined
    })
  }

  async claimDue(topic: string, options: { limit: number; leaseMs: number }): Promise<FiredTimer[]> {
    identifier(topic, 'topic')
    const limit = itemLimit(options.limit)
    const leaseMs = milliseconds(options.leaseMs, 'leaseMs')
    return this.#database.during(() => this.#turns.take(topic, () => this.#claim(topic, limit, leaseMs)))
  }

  async done(timer: FiredTimer): Promise<void> {
    const { id, token } = timer
    await this.#database.during(async () => {
      if ((await this.#timers.deleteOne({ _id: String(id), token: Number(token) })).deletedCount === 0)
        throw stale(`Timer ${id}`)
    })
  }

  async nextDue(topic: string): Promise<number | undefined> {
    identifier(topic, 'topic')
    return this.#database.during(async () => {
      const [next] = await this.#timers.find({ topic }).sort({ readyAt: 1 }).limit(1).toArray()
      return next?.readyAt
    })
  }

  get #timers() {
    return this.#database.collection<TimerRecord>('timers')
  }

  /** As long as others take away what was seen, there may be more to see. */
  async #claim(topic: string, limit: number, leaseMs: number): Promise<FiredTimer[]> {
    const fired: FiredTimer[] = []
    while (fired.length < limit) {
      const now = this.#clock.now()
      const due = await this.#timers
        .find({ topic, readyAt: { $lte: now } })
        .sort({ readyAt: 1, _id: 1 })
        .limit(limit - fired.length)
        .toArray()
      if (due.length === 0) break
      // Never given twice, so that a timer set anew under an old id is safe from its former holder.
      const token = await this.#counters.next('timer-token')
      const won = await Promise.all(due.map((timer) => this.#lease(timer, token, now + leaseMs)))
      fired.push(...won.filter((timer) => timer !== undefined))
      if (leaseMs === 0) break
    }
    return fired
  }

  async #lease(timer: TimerRecord, token: number, until: number): Promise<FiredTimer | undefined> {
    const { _id, readyAt, token: seen } = timer
    const { matchedCount } = await this.#timers.updateOne(
      { _id, readyAt, token: seen, topic: timer.topic },
      { $set: { token, readyAt: until } },
    )
    return matchedCount === 0 ? undefined : { ...toTimer(timer), token }
  }
}

function toTimer({ _id, topic, dueAt, payload }: TimerRecord): Timer {
  return { id: _id, topic, dueAt, payload: JSON.parse(payload) as Json }
}
