import type { Database } from './database.ts'
import { State } from './lanes.ts'
import type { Transaction } from './writer.ts'

interface Open {
  waiting: number
  leased: number
}

export interface Counts extends Open {
  dead: number
}

/** One subscription: its dead letters, and what is open of each partner, in the order in which partners have their turn. */
interface Books {
  dead: number
  partners: Map<string, Open>
}

/**
 * How many deliveries of each subscription and partner are in which state, kept beside the database so that asking costs
 * nothing with a million waiting. Counted once at the start, then moved by what commits.
 */
export class Tally {
  readonly #books = new Map<number, Books>()

  constructor(database: Database) {
    // Those that are ready are most of them, and stand in an index of their own.
    const ready = database.all<{ subscription: number; partner: string; count: number }>(
      `SELECT subscription, partner, count(*) AS count FROM deliveries WHERE state = ${State.ready} GROUP BY 1, 2`,
    )
    for (const { subscription, partner, count } of ready) this.#add(subscription, partner, { waiting: count })
    const open = database.all<{ subscription: number; partner: string; leased: number; count: number }>(
      `SELECT subscription, partner, state = ${State.leased} AS leased, count(*) AS count FROM deliveries
       WHERE state <> ${State.ready} GROUP BY 1, 2, 3`,
    )
    for (const { subscription, partner, leased, count } of open)
      this.#add(subscription, partner, leased ? { leased: count } : { waiting: count })
    const dead = database.all<{ subscription: number; count: number }>(
      'SELECT subscription, count(*) AS count FROM dead_letters GROUP BY 1',
    )
    for (const { subscription, count } of dead) this.#add(subscription, '', { dead: count })
  }

  of(subscription: number): Counts {
    const { dead, partners } = this.#of(subscription)
    const counts = { waiting: 0, leased: 0, dead }
    for (const open of partners.values()) {
      counts.waiting += open.waiting
      counts.leased += open.leased
    }
    return counts
  }

  /** Partners with anything open in the subscription; the first one has waited longest for its turn. */
  partners(subscription: number): string[] {
    return [...this.#of(subscription).partners.keys()]
  }

  /** What is open of one partner, over all subscriptions. */
  backlog(partner: string): Open {
    const sum = { waiting: 0, leased: 0 }
    for (const { partners } of this.#books.values()) {
      sum.waiting += partners.get(partner)?.waiting ?? 0
      sum.leased += partners.get(partner)?.leased ?? 0
    }
    return sum
  }

  move(transaction: Transaction, subscription: number, partner: string, change: Partial<Counts>): void {
    transaction.afterCommit(() => this.#add(subscription, partner, change))
  }

  /** These partners had their turn, in this order: they stand at the end now. */
  hadTurn(transaction: Transaction, subscription: number, served: string[]): void {
    transaction.afterCommit(() => {
      const { partners } = this.#of(subscription)
      if (partners.size < 2) return
      for (const partner of served) {
        const open = partners.get(partner)
        if (!open) continue
        partners.delete(partner)
        partners.set(partner, open)
      }
    })
  }

  #of(subscription: number): Books {
    let books = this.#books.get(subscription)
    if (!books) {
      books = { dead: 0, partners: new Map() }
      this.#books.set(subscription, books)
    }
    return books
  }

  #add(subscription: number, partner: string, change: Partial<Counts>): void {
    const books = this.#of(subscription)
    books.dead += change.dead ?? 0
    const open = books.partners.get(partner) ?? { waiting: 0, leased: 0 }
    open.waiting += change.waiting ?? 0
    open.leased += change.leased ?? 0
    if (open.waiting + open.leased === 0) books.partners.delete(partner)
    else if (!books.partners.has(partner)) books.partners.set(partner, open)
  }
}
