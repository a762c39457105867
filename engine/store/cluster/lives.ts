import type { Clock } from '../ports.ts'
import type { Counters } from './counters.ts'
import type { Database } from './database.ts'
import type { DeadLetters } from './dead-letters.ts'
import { type DeliveryRecord, deliveryId, livingLife, type MessageRecord, newDelivery } from './records.ts'
import type { Subscription, Subscriptions } from './subscriptions.ts'

/** Messages that are handed over in one go. */
const BATCH = 500

/**
 * Further deliveries of messages that are stored already. Each is a life of its own: it is written first, and counts from the
 * moment that the document of its message says so. Cut before that, nothing happened, and whoever claims it removes it.
 */
export class Lives {
  readonly #database: Database
  readonly #clock: Clock
  readonly #counters: Counters
  readonly #subscriptions: Subscriptions
  readonly #deadLetters: DeadLetters

  constructor(
    deps: { database: Database; clock: Clock; counters: Counters; subscriptions: Subscriptions },
    deadLetters: DeadLetters,
  ) {
    this.#database = deps.database
    this.#clock = deps.clock
    this.#counters = deps.counters
    this.#subscriptions = deps.subscriptions
    this.#deadLetters = deadLetters
  }

  async redeliver(messageId: string, subscription: string | undefined): Promise<number> {
    const message = await this.#messages.findOne({ _id: messageId })
    if (!message) return 0
    const all = await this.#subscriptions.of([message.channel])
    let given = 0
    for (const one of all.filter(({ _id }) => _id === (subscription ?? _id)))
      if (await this.#redeliverTo(one, messageId)) given++
    return given
  }

  /** Channels where messages wait for the first subscription. */
  async unclaimedChannels(): Promise<string[]> {
    const channels = await this.#messages.distinct('unclaimedIn', { unclaimedIn: { $exists: true } })
    return channels.filter((channel) => channel !== undefined)
  }

  /** Messages that came before their channel had a subscription go to the first one. */
  async adopt(channel: string): Promise<void> {
    for (;;) {
      const [first] = await this.#subscriptions.of([channel])
      if (!first) return
      const messages = await this.#messages.find({ unclaimedIn: channel }).sort({ seq: 1 }).limit(BATCH).toArray()
      if (messages.length === 0) return
      const life = await this.#counters.next('life', messages.length)
      const now = this.#clock.now()
      const deliveries = messages.map((message, index) =>
        newDelivery({ ...message, id: message._id }, first.number, life + index, now),
      )
      await this.#deliveries.insertMany(deliveries, { ordered: false })
      for (const [index, message] of messages.entries()) await this.#begin(message, deliveries[index]!)
    }
  }

  async #redeliverTo({ number }: Subscription, messageId: string): Promise<boolean> {
    for (;;) {
      const message = await this.#messages.findOne({ _id: messageId })
      if (!message) return false
      const _id = deliveryId(number, message.seq, livingLife(message, number))
      const there = await this.#deliveries.findOne({ _id })
      if (there && there.state !== 'dead') return false
      if (there) return this.#deadLetters.revive(_id, null)
      const life = await this.#counters.next('life')
      const delivery = newDelivery({ ...message, id: message._id }, number, life, this.#clock.now())
      await this.#deliveries.insertOne(delivery)
      if (await this.#begin(message, delivery)) return true
    }
  }

  /** The commit. False when the message was changed or removed meanwhile; then the delivery is withdrawn. */
  async #begin({ _id, seq, revision }: MessageRecord, { subscription, life, _id: delivery }: DeliveryRecord) {
    const { matchedCount } = await this.#messages.updateOne(
      { _id, seq, revision },
      { $set: { [`lives.${subscription}`]: life }, $unset: { unclaimedIn: 1 }, $inc: { revision: 1 } },
    )
    if (matchedCount === 0) await this.#deliveries.deleteOne({ _id: delivery })
    return matchedCount > 0
  }

  get #messages() {
    return this.#database.collection<MessageRecord>('messages')
  }

  get #deliveries() {
    return this.#database.collection<DeliveryRecord>('deliveries')
  }
}
