import type { Database } from './database.ts'
import type { Transaction } from './writer.ts'

/** Partners that are held back; the table, and a copy of it to ask at every claim. */
export class HeldPartners {
  readonly #database: Database
  readonly #held: Set<string>

  constructor(database: Database) {
    this.#database = database
    const rows = database.all<{ partner: string }>('SELECT partner FROM held_partners')
    this.#held = new Set(rows.map(({ partner }) => partner))
  }

  has(partner: string): boolean {
    return this.#held.has(partner)
  }

  all(): string[] {
    return [...this.#held].sort()
  }

  set(transaction: Transaction, partner: string, held: boolean): void {
    const sql = held
      ? 'INSERT INTO held_partners (partner) VALUES (?) ON CONFLICT DO NOTHING'
      : 'DELETE FROM held_partners WHERE partner = ?'
    this.#database.run(sql, partner)
    transaction.afterCommit(() => (held ? this.#held.add(partner) : this.#held.delete(partner)))
  }
}
