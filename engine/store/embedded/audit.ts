import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { identifier, itemLimit, objectText, text } from '../arguments.ts'
import { canonicalJson } from '../../json.ts'
import type { JsonObject } from '../../json.ts'
import type { AuditEntry, AuditStore, ChainedAuditEntry, Clock } from '../ports.ts'
import type { Database } from './database.ts'
import type { Writer } from './writer.ts'

interface AuditRow extends Omit<AuditEntry, 'details'> {
  seq: number
  details: string
  hash: string
}

interface Head {
  seq: number
  hash: string
}

const COLUMNS = 'seq, at, actor, action, subject, details, hash'
/** Entries read at once while verifying. */
const STRIDE = 500

/** Append-only by triggers in the schema; each entry's hash covers the one before it. */
export class EmbeddedAuditStore implements AuditStore {
  readonly #database: Database
  readonly #writer: Writer
  readonly #clock: Clock

  constructor(database: Database, writer: Writer, clock: Clock) {
    this.#database = database
    this.#writer = writer
    this.#clock = clock
  }

  async append(entry: Omit<AuditEntry, 'at'>): Promise<ChainedAuditEntry> {
    const actor = identifier(entry.actor, 'actor')
    const action = identifier(entry.action, 'action')
    const subject = text(entry.subject, 'subject')
    const details = objectText(entry.details, 'details')
    return this.#writer.write(() => {
      const head = this.#head()
      const plain = {
        seq: (head?.seq ?? 0) + 1,
        at: this.#clock.now(),
        actor,
        action,
        subject,
        details: JSON.parse(details) as JsonObject,
      }
      const hash = chained(head?.hash, plain)
      this.#database.run(
        `INSERT INTO audit (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        plain.seq,
        plain.at,
        actor,
        action,
        subject,
        details,
        hash,
      )
      return { ...plain, hash }
    })
  }

  async page(page: { after?: number; limit: number; subject?: string }): Promise<ChainedAuditEntry[]> {
    const limit = itemLimit(page.limit)
    const { after = 0, subject } = page
    return this.#writer.read(() =>
      (subject === undefined
        ? this.#rowsAfter(after, limit)
        : this.#database.all<AuditRow>(
            `SELECT ${COLUMNS} FROM audit WHERE subject = ? AND seq > ? ORDER BY seq LIMIT ?`,
            subject,
            after,
            limit,
          )
      ).map(toEntry),
    )
  }

  async head(): Promise<Head | undefined> {
    return this.#writer.read(() => {
      const head = this.#head()
      return head && { ...head }
    })
  }

  async verify(head?: Head): Promise<{ ok: true; entries: number } | { ok: false; seq: number; reason: string }> {
    let last: Head = { seq: 0, hash: '' }
    for (;;) {
      const rows = await this.#writer.read(() => this.#rowsAfter(last.seq, STRIDE))
      for (const row of rows) {
        const expected = last.seq + 1
        if (row.seq !== expected) return { ok: false, seq: expected, reason: 'the entry is missing' }
        if (!fits(row, last.hash)) return { ok: false, seq: row.seq, reason: 'the entry does not fit its hash' }
        if (row.seq === head?.seq && row.hash !== head.hash) {
          return { ok: false, seq: row.seq, reason: 'the entry is not the one of the head kept elsewhere' }
        }
        last = row
      }
      if (rows.length < STRIDE) break
      await nextTurn()
    }
    if (head && head.seq > last.seq) {
      return { ok: false, seq: last.seq + 1, reason: `the chain is cut before entry ${head.seq}` }
    }
    return { ok: true, entries: last.seq }
  }

  #head(): Head | undefined {
    return this.#database.get<Head>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1')
  }

  #rowsAfter(seq: number, limit: number): AuditRow[] {
    return this.#database.all<AuditRow>(`SELECT ${COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
  }
}

/** The hash that makes an entry part of the chain: over the previous one and the entry's canonical JSON. */
function chained(previous: string | undefined, entry: Omit<ChainedAuditEntry, 'hash'>): string {
  const { seq, at, actor, action, subject, details } = entry
  return createHash('sha256')
    .update(previous ?? '')
    .update(canonicalJson({ seq, at, actor, action, subject, details }))
    .digest('hex')
}

function fits(row: AuditRow, previous: string): boolean {
  try {
    return chained(previous, toEntry(row)) === row.hash
  } catch {
    return false
  }
}

function toEntry({ seq, at, actor, action, subject, details, hash }: AuditRow): ChainedAuditEntry {
  return { seq, at, actor, action, subject, details: JSON.parse(details) as JsonObject, hash }
}
