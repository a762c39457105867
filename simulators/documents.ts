import type { DatabaseSync } from 'node:sqlite'
import type { Json, JsonObject } from './json.ts'

/** What a partner keeps in its own system: tasks, deliveries, tickets. `lookup` is the second key it can be found by. */
export class Documents {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  get<T extends JsonObject>(partner: string, kind: string, id: string): T | undefined {
    const row = this.#db
      .prepare('SELECT body FROM documents WHERE partner = ? AND kind = ? AND id = ?')
      .get(partner, kind, id)
    return row === undefined ? undefined : (JSON.parse(String(row['body'])) as T)
  }

  /** All documents with this second key, oldest first. */
  find<T extends JsonObject>(partner: string, kind: string, lookup: string): T[] {
    const rows = this.#db
      .prepare('SELECT body FROM documents WHERE partner = ? AND kind = ? AND lookup = ? ORDER BY rowid')
      .all(partner, kind, lookup)
    return rows.map((row) => JSON.parse(String(row['body'])) as T)
  }

  list<T extends JsonObject>(partner: string, kind: string): T[] {
    const rows = this.#db
      .prepare('SELECT body FROM documents WHERE partner = ? AND kind = ? ORDER BY rowid')
      .all(partner, kind)
    return rows.map((row) => JSON.parse(String(row['body'])) as T)
  }

  put(partner: string, kind: string, id: string, lookup: string, body: Json): void {
    this.#db
      .prepare(
        `INSERT INTO documents (partner, kind, id, lookup, body) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (partner, kind, id) DO UPDATE SET lookup = excluded.lookup, body = excluded.body`,
      )
      .run(partner, kind, id, lookup, JSON.stringify(body))
  }

  remove(partner: string, kind: string, id: string): void {
    this.#db.prepare('DELETE FROM documents WHERE partner = ? AND kind = ? AND id = ?').run(partner, kind, id)
  }

  /** The next number of a series that survives restarts, starting at `first`. */
  next(series: string, first: number): number {
    const row = this.#db
      .prepare(
        `INSERT INTO counters (name, value) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`,
      )
      .get(series, first)
    return Number(row?.['value'])
  }
}
