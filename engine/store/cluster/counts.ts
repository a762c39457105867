import type { SubscriptionCounts } from '../ports.ts'
import type { Database } from './database.ts'
import { type DeliveryRecord, type DeliveryState, OPEN } from './records.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Counting is repeated at once while it takes less than this, milliseconds … */
const CHEAP_MS = 50
/** … and otherwise only after this many times of what it took, so that no more than a twentieth of the time goes into it. */
const REST = 20

interface Group {
  _id: { subscription: number; state: DeliveryState }
  count: number
}

/** How many deliveries are in which state. They are counted when asked for; with a large backlog the answer may be a little old. */
export class Counts {
  readonly #database: Database
  readonly #subscriptions: Subscriptions
  #last: SubscriptionCounts[] = []
  #againAt = 0

  constructor(database: Database, subscriptions: Subscriptions) {
    this.#database = database
    this.#subscriptions = subscriptions
  }

  async all(): Promise<SubscriptionCounts[]> {
    const started = performance.now()
    if (started < this.#againAt) return this.#last.map((one) => ({ ...one }))
    this.#last = await this.#count()
    const took = performance.now() - started
    this.#againAt = took < CHEAP_MS ? 0 : started + took * REST
    return this.#last.map((one) => ({ ...one }))
  }

  async backlog(partner: string): Promise<{ waiting: number; leased: number }> {
    const numbers = (await this.#subscriptions.all()).map(({ number }) => number)
    const groups = await this.#deliveries
      .aggregate<{ _id: DeliveryState; count: number }>([
        { $match: { subscription: { $in: numbers }, state: { $in: OPEN }, partner } },
        { $group: { _id: '$state', count: { $sum: 1 } } },
      ])
      .toArray()
    return openOf(groups.map(({ _id: state, count }) => ({ state, count })))
  }

  async #count(): Promise<SubscriptionCounts[]> {
    const [subscriptions, groups] = await Promise.all([
      this.#subscriptions.all(),
      this.#deliveries
        .aggregate<Group>([
          // True of all, and lets an index answer.
          { $match: { subscription: { $gt: 0 } } },
          { $group: { _id: { subscription: '$subscription', state: '$state' }, count: { $sum: 1 } } },
        ])
        .toArray(),
    ])
    return Promise.all(
      subscriptions.map(async ({ _id, number, channel }) => {
        const mine = groups
          .filter(({ _id: { subscription } }) => subscription === number)
          .map(({ _id: { state }, count }) => ({ state, count }))
        const dead = mine.find(({ state }) => state === 'dead')?.count ?? 0
        const open = openOf(mine)
        const oldestAt = open.waiting + open.leased === 0 ? undefined : await this.#oldestAt(number)
        return { subscription: _id, channel, ...open, dead, ...(oldestAt !== undefined && { oldestAt }) }
      }),
    )
  }

  async #oldestAt(subscription: number): Promise<number | undefined> {
    const firsts = await Promise.all(
      OPEN.map((state) => this.#deliveries.find({ subscription, state }).sort({ seq: 1 }).limit(1).toArray()),
    )
    return firsts.flat().sort((one, other) => one.seq - other.seq)[0]?.acceptedAt
  }

  get #deliveries() {
    return this.#database.collection<DeliveryRecord>('deliveries')
  }
}

function openOf(groups: { state: DeliveryState; count: number }[]): { waiting: number; leased: number } {
  const of = (states: DeliveryState[]) =>
    groups.filter(({ state }) => states.includes(state)).reduce((sum, { count }) => sum + count, 0)
  return { waiting: of(['ready', 'scheduled', 'blocked']), leased: of(['leased']) }
}
