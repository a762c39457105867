import type { Filter } from 'mongodb'
import { cursorPosition, filterFields } from '../arguments.ts'
import type { Clock, DeadLetter, DeadLetterFilter, FailureReport } from '../ports.ts'
import type { LargeBodies } from './bodies.ts'
import { byIds } from './by-ids.ts'
import type { Counters } from './counters.ts'
import type { Database } from './database.ts'
import { type DeliveryRecord, deliveryId, livingLife, type MessageRecord } from './records.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Fields of a delivery that is not dead, or not any more. */
const ALIVE = {
  $set: { state: 'ready', due: 0, attempt: 0 },
  $unset: { burial: 1, lastAt: 1, category: 1, code: 1, failure: 1, firstAt: 1 },
} as const

/** The deliveries that ended dead, in the order of their burial. */
export class DeadLetters {
  readonly #database: Database
  readonly #clock: Clock
  readonly #counters: Counters
  readonly #subscriptions: Subscriptions
  readonly #bodies: LargeBodies

  constructor(deps: {
    database: Database
    clock: Clock
    counters: Counters
    subscriptions: Subscriptions
    bodies: LargeBodies
  }) {
    this.#database = deps.database
    this.#clock = deps.clock
    this.#counters = deps.counters
    this.#subscriptions = deps.subscriptions
    this.#bodies = deps.bodies
  }

  /** What a delivery has when it is buried now. */
  async burial(failure: string): Promise<Partial<DeliveryRecord>> {
    const { category, code } = JSON.parse(failure) as FailureReport
    return {
      ...{ category, code, failure },
      burial: await this.#counters.next('burial'),
      lastAt: this.#clock.now(),
    }
  }

  /** Puts a dead delivery back to work, by its id: as it is, with another payload, or (null) with that of the message. */
  async revive(_id: string, payload?: string | null): Promise<boolean> {
    const kept =
      typeof payload === 'string'
        ? await this.#bodies.keep(payload, { collection: 'deliveries', id: _id }, this.#clock.now())
        : undefined
    const before = await this.#deliveries.findOneAndUpdate(
      { _id, state: 'dead' },
      {
        $set: { ...ALIVE.$set, ...(kept !== undefined && { payload: kept }) },
        $unset: { ...ALIVE.$unset, ...(payload === null && { payload: 1 as const }) },
      },
    )
    if (!before) await this.#bodies.remove({ payload: kept ?? '' })
    else if (payload !== undefined) await this.#bodies.remove(before)
    return before !== null
  }

  async requeue(subscription: string, messageId: string, payload: string | undefined): Promise<boolean> {
    const _id = await this.#idOf(subscription, messageId)
    return _id !== undefined && (await this.revive(_id, payload))
  }

  async discard(subscription: string, messageId: string): Promise<boolean> {
    const _id = await this.#idOf(subscription, messageId)
    const record = _id === undefined ? null : await this.#deliveries.findOneAndDelete({ _id, state: 'dead' })
    if (record) await this.#bodies.remove(record)
    return record !== null
  }

  async one(subscription: string, messageId: string): Promise<DeadLetter | undefined> {
    const _id = await this.#idOf(subscription, messageId)
    const record = _id === undefined ? null : await this.#deliveries.findOne({ _id, state: 'dead' })
    return record ? (await this.#whole([record]))[0] : undefined
  }

  async count(filter: DeadLetterFilter): Promise<number> {
    return this.#deliveries.countDocuments(await this.#asked(filter))
  }

  async page(
    filter: DeadLetterFilter,
    after: string | undefined,
    limit: number,
  ): Promise<{ items: DeadLetter[]; next?: string }> {
    const beyond = { burial: { $gt: cursorPosition(after) } }
    const records = await this.#deliveries
      .find({ ...(await this.#asked(filter)), ...beyond })
      .sort({ burial: 1 })
      .limit(limit + 1)
      .toArray()
    const items = await this.#whole(records.slice(0, limit))
    return records.length > limit ? { items, next: String(records[limit - 1]!.burial) } : { items }
  }

  async #asked(filter: DeadLetterFilter): Promise<Filter<DeliveryRecord>> {
    const { since, before, subscription, ...fields } = Object.fromEntries(filterFields(filter)) as DeadLetterFilter
    const asked: Filter<DeliveryRecord> = { state: 'dead', ...fields }
    if (since !== undefined || before !== undefined)
      asked.lastAt = { ...(since !== undefined && { $gte: since }), ...(before !== undefined && { $lt: before }) }
    if (subscription !== undefined)
      asked.subscription = (await this.#subscriptions.lastRead(subscription))?.number ?? -1
    return asked
  }

  async #idOf(subscription: string, messageId: string): Promise<string | undefined> {
    const [known, message] = await Promise.all([
      this.#subscriptions.lastRead(subscription),
      this.#messages.findOne({ _id: messageId }),
    ])
    return known && message ? deliveryId(known.number, message.seq, livingLife(message, known.number)) : undefined
  }

  async #whole(records: DeliveryRecord[]): Promise<DeadLetter[]> {
    const [messages, subscriptions] = await Promise.all([
      byIds(this.#messages, [...new Set(records.map(({ messageId }) => messageId))]),
      this.#subscriptions.all(),
    ])
    const messageOf = new Map(messages.map((message) => [message._id, message]))
    const nameOf = new Map(subscriptions.map(({ number, _id }) => [number, _id]))
    return Promise.all(
      records.map(async (record) => ({
        subscription: nameOf.get(record.subscription)!,
        message: await this.#bodies.given(messageOf.get(record.messageId)!, record.payload),
        failure: JSON.parse(record.failure!) as FailureReport,
        attempts: record.attempt,
        firstAt: record.firstAt!,
        lastAt: record.lastAt!,
      })),
    )
  }

  get #messages() {
    return this.#database.collection<MessageRecord>('messages')
  }

  get #deliveries() {
    return this.#database.collection<DeliveryRecord>('deliveries')
  }
}
