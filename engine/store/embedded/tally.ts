import type { Database } from './database.ts'
import { State } from './lanes.ts'
import type { Transaction } from './writer.ts'

export interface Counts {
  waiting: number
  leased: number
  dead: number
}

/**
 * How many deliveries of each subscription are in which state, kept beside the database so that asking costs nothing with
 * a million waiting. Counted once at the start, then moved by what commits.
 */
export class Tally {
  readonly #counts = new Map<number, Counts>()

  constructor(database: Database) {
    const open = database.all<{ subscription: number; leased: number; count: number }>(
      `SELECT subscription, state = ${State.leased} AS leased, count(*) AS count FROM deliveries GROUP BY 1, 2`,
    )
    for (const { subscription, leased, count } of open) this.of(subscription)[leased ? 'leased' : 'waiting'] += count
    const dead = database.all<{ subscription: number; count: number }>(
      'SELECT subscription, count(*) AS count FROM dead_letters GROUP BY 1',
    )
    for (const { subscription, count } of dead) this.of(subscription).dead += count
  }

  of(subscription: number): Counts {
    let counts = this.#counts.get(subscription)
    if (!counts) {
      counts = { waiting: 0, leased: 0, dead: 0 }
      this.#counts.set(subscription, counts)
    }
    return counts
  }

  move(transaction: Transaction, subscription: number, change: Partial<Counts>): void {
    transaction.afterCommit(() => {
      const counts = this.of(subscription)
      counts.waiting += change.waiting ?? 0
      counts.leased += change.leased ?? 0
      counts.dead += change.dead ?? 0
    })
  }
}
