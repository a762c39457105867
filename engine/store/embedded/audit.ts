import { setImmediate as nextTurn } from 'node:timers/promises'
import { identifier, itemLimit, objectText, text } from '../arguments.ts'
import { type AuditHead, chained, verifyChain } from '../audit-chain.ts'
import type { JsonObject } from '../../json.ts'
import type { AuditEntry, AuditStore, ChainedAuditEntry, Clock } from '../ports.ts'
import type { Database } from './database.ts'
import type { Writer } from './writer.ts'

interface AuditRow extends Omit<AuditEntry, 'details'> {
  seq: number
  details: string
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

  async head(): Promise<AuditHead | undefined> {
    return this.#writer.read(() => {
      const head = this.#head()
      return head && { ...head }
    })
  }

  async verify(head?: AuditHead) {
    return verifyChain(this.#walk(), toEntry, head)
  }

  async *#walk(): AsyncGenerator<AuditRow> {
    let last = 0
    for (;;) {
      const rows = await this.#writer.read(() => this.#rowsAfter(last, STRIDE))
      yield* rows
      if (rows.length < STRIDE) return
      last = rows.at(-1)!.seq
      await nextTurn()
    }
  }

  #head(): AuditHead | undefined {
    return this.#database.get<AuditHead>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1')
  }

  #rowsAfter(seq: number, limit: number): AuditRow[] {
    return this.#database.all<AuditRow>(`SELECT ${COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
  }
}

function toEntry({ seq, at, actor, action, subject, details, hash }: AuditRow): ChainedAuditEntry {
  return { seq, at, actor, action, subject, details: JSON.parse(details) as JsonObject, hash }
}
