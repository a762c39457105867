import type { Database } from './database.ts'
import { messageSize } from './message-rows.ts'

/** Deleting large messages takes as long as reading them: so many bytes end a batch. */
const BATCH_BYTES = 4 * 1024 * 1024

export interface Purged {
  messages: number
  /** Files of the raw bodies that are to go with them. */
  bodies: string[]
}

/** Deletes finished messages accepted before `end`, the oldest first: `limit` of them, or fewer that are large. */
export function purge(database: Database, end: number, limit: number): Purged {
  const rows = database.all<{ acceptedAt: number; seq: number }>(
    `SELECT accepted_at AS acceptedAt, seq FROM finished WHERE accepted_at < ? ORDER BY accepted_at, seq LIMIT ?`,
    end,
    limit,
  )
  const bodies: string[] = []
  let bytes = 0
  let messages = 0
  for (const { acceptedAt, seq } of rows) {
    if (bytes > BATCH_BYTES) break
    bytes += messageSize(database, seq)
    database.run('DELETE FROM finished WHERE accepted_at = ? AND seq = ?', acceptedAt, seq)
    const gone = database.change<{ body: string | null }>('DELETE FROM messages WHERE seq = ? RETURNING body', seq)
    if (gone?.body) bodies.push(gone.body)
    messages += 1
  }
  return { messages, bodies }
}
