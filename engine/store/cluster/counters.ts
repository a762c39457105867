import { type Database, isDuplicate } from './database.ts'

interface Counter {
  _id: string
  value: number
}

/** What is counted: positions of messages and of burials, subscriptions, lives of deliveries, claims of timers. */
export type CounterName = 'seq' | 'burial' | 'subscription' | 'life' | 'timer-token'

/** Numbers that only grow, over all processes: one document each, raised by one atomic update. */
export class Counters {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Takes `count` numbers; gives the first. Numbers of a caller that dies are never used. */
  async next(name: CounterName, count = 1): Promise<number> {
    const raise = () =>
      this.#database
        .collection<Counter>('counters')
        .findOneAndUpdate({ _id: name }, { $inc: { value: count } }, { upsert: true, returnDocument: 'after' })
    const counter = await raise().catch((error: unknown) => {
      // The very first of two who make the counter: the second finds it there now.
      if (isDuplicate(error)) return raise()
      throw error
    })
    return counter!.value - count + 1
  }
}
