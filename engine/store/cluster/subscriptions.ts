import { invalid } from '../arguments.ts'
import type { Counters } from './counters.ts'
import { type Database, isDuplicate } from './database.ts'

export interface Subscription {
  /** The name. */
  _id: string
  /** Stands for the name in deliveries; never given twice. */
  number: number
  channel: string
  ordered: boolean
}

/** Who subscribes to what. */
export class Subscriptions {
  readonly #database: Database
  readonly #counters: Counters
  /** As they were when last read: their numbers and channels never change. */
  readonly #read = new Map<string, Subscription>()

  constructor(database: Database, counters: Counters) {
    this.#database = database
    this.#counters = counters
  }

  async get(name: string): Promise<Subscription | undefined> {
    const found = (await this.#all.findOne({ _id: name })) ?? undefined
    if (found) this.#read.set(name, found)
    return found
  }

  /** Without a question to the database where there was one before; `ordered` may be out of date. */
  async lastRead(name: string): Promise<Subscription | undefined> {
    return this.#read.get(name) ?? this.get(name)
  }

  /** Oldest first. */
  async of(channels: string[]): Promise<Subscription[]> {
    return this.#all
      .find({ channel: { $in: channels } })
      .sort({ number: 1 })
      .toArray()
  }

  /** By name. */
  async all(): Promise<Subscription[]> {
    return this.#all.find().sort({ _id: 1 }).toArray()
  }

  /** Makes sure that it exists, and is ordered or not. */
  async ensure(channel: string, name: string, ordered: boolean): Promise<Subscription> {
    const known = (await this.get(name)) ?? (await this.#add({ _id: name, number: 0, channel, ordered }))
    if (known.channel !== channel) throw invalid('subscription', `${name} belongs to channel ${known.channel}`)
    if (known.ordered !== ordered) await this.#all.updateOne({ _id: name }, { $set: { ordered } })
    const now = { ...known, ordered }
    this.#read.set(name, now)
    return now
  }

  get #all() {
    return this.#database.collection<Subscription>('subscriptions')
  }

  /** Another process may have added it meanwhile: then it is that one. */
  async #add(wanted: Subscription): Promise<Subscription> {
    const subscription = { ...wanted, number: await this.#counters.next('subscription') }
    try {
      await this.#all.insertOne(subscription)
      return subscription
    } catch (error) {
      if (!isDuplicate(error)) throw error
      return (await this.get(wanted._id))!
    }
  }
}
