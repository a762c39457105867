import type { Lanes } from './lanes.ts'
import type { DeliveryRecord } from './records.ts'
import type { Subscription } from './subscriptions.ts'

/** What is due of one subscription at one moment. */
export interface Pool {
  partners: string[]
  /** The oldest of one partner. */
  of(partner: string, count: number): Promise<DeliveryRecord[]>
}

/** What is chosen of a pool: the oldest of each partner, in an ordered subscription those that are first in their lanes. */
export class Choice {
  readonly made: DeliveryRecord[] = []
  readonly #subscription: Subscription
  readonly #lanes: Lanes
  readonly #pool: Pool
  readonly #looked: Set<string>
  /** Lanes in which all that wait are blocked now. */
  readonly #blocked = new Set<string>()

  constructor(subscription: Subscription, lanes: Lanes, pool: Pool, except: Set<string>) {
    this.#subscription = subscription
    this.#lanes = lanes
    this.#pool = pool
    this.#looked = new Set(except)
  }

  /** Chooses up to `wanted` of a partner; gives how many there were. */
  async take(partner: string, wanted: number): Promise<number> {
    const before = this.made.length
    for (;;) {
      const left = wanted - (this.made.length - before)
      if (left === 0) return wanted
      const due = (await this.#pool.of(partner, left + this.#looked.size))
        .filter(({ _id }) => !this.#looked.has(_id))
        .slice(0, left)
      if (due.length === 0) return this.made.length - before
      for (const candidate of due) {
        this.#looked.add(candidate._id)
        if (await this.#mayGo(candidate)) this.made.push(candidate)
      }
    }
  }

  async #mayGo(candidate: DeliveryRecord): Promise<boolean> {
    if (!this.#subscription.ordered) return true
    if (this.#blocked.has(candidate.key) && candidate.state === 'ready') return false
    if (await this.#lanes.mayGo(candidate)) return true
    this.#blocked.add(candidate.key)
    return false
  }
}
