import { identifier, invalid, itemLimit, objectText, text } from '../arguments.ts'
import { type AuditHead, chained, verifyChain } from '../audit-chain.ts'
import type { JsonObject } from '../../json.ts'
import type { AuditEntry, AuditStore, ChainedAuditEntry, Clock } from '../ports.ts'
import { type Database, isDuplicate } from './database.ts'
import { fitting } from './fitting.ts'
import { Turns } from './turns.ts'

interface AuditRecord extends Omit<AuditEntry, 'details'> {
  /** The entry's place in the chain: that it is unique makes one chain of many writers. */
  _id: number
  details: string
  hash: string
}

/** Entries read at once while verifying. */
const STRIDE = 500

/**
 * One document per entry. A writer chains its entry to the newest one that it knows and inserts it as the next; when that place
 * is taken, it looks again. Nothing here ever changes or deletes an entry: give the hub's database user no right to do so in
 * `audit` either.
 */
export class ClusterAuditStore implements AuditStore {
  readonly #database: Database
  readonly #clock: Clock
  /** Writers of this process do not race each other. */
  readonly #turns = new Turns()
  /** The newest entry as far as this process knows. */
  #known: AuditHead | undefined

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async append(entry: Omit<AuditEntry, 'at'>): Promise<ChainedAuditEntry> {
    const actor = identifier(entry.actor, 'actor')
    const action = identifier(entry.action, 'action')
    const subject = text(entry.subject, 'subject')
    const details = fitting(objectText(entry.details, 'details'), 'details')
    return this.#database.during(() =>
      this.#turns.take('append', async () => {
        for (;;) {
          const record = this.#next({ at: this.#clock.now(), actor, action, subject, details })
          if (await this.#insert(record)) return toEntry(record)
          this.#known = await this.#head()
        }
      }),
    )
  }

  async page(page: { after?: number; limit: number; subject?: string }): Promise<ChainedAuditEntry[]> {
    const limit = itemLimit(page.limit)
    const { after = 0, subject } = page
    if (!Number.isSafeInteger(after)) throw invalid('after', 'must be the number of an entry')
    const filter = subject === undefined ? {} : { subject: text(subject, 'subject') }
    return this.#database.during(async () => {
      const found = this.#audit.find({ ...filter, _id: { $gt: after } })
      return (await found.sort({ _id: 1 }).limit(limit).toArray()).map(toEntry)
    })
  }

  async head(): Promise<AuditHead | undefined> {
    return this.#database.during(() => this.#head())
  }

  async verify(head?: AuditHead) {
    return this.#database.during(() => verifyChain(this.#walk(), toEntry, head))
  }

  get #audit() {
    return this.#database.collection<AuditRecord>('audit')
  }

  #next(entry: Omit<AuditRecord, '_id' | 'hash'>): AuditRecord {
    const seq = (this.#known?.seq ?? 0) + 1
    const details = JSON.parse(entry.details) as JsonObject
    return { _id: seq, ...entry, hash: chained(this.#known?.hash, { ...entry, seq, details }) }
  }

  async #insert(record: AuditRecord): Promise<boolean> {
    try {
      await this.#audit.insertOne(record)
      this.#known = { seq: record._id, hash: record.hash }
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      // Whether it is stored is not known: the next one looks.
      this.#known = undefined
      throw error
    }
  }

  async #head(): Promise<AuditHead | undefined> {
    const [newest] = await this.#audit.find().sort({ _id: -1 }).limit(1).toArray()
    return newest && { seq: newest._id, hash: newest.hash }
  }

  async *#walk(): AsyncGenerator<AuditRecord & AuditHead> {
    for await (const record of this.#audit.find().sort({ _id: 1 }).batchSize(STRIDE))
      yield { ...record, seq: record._id }
  }
}

function toEntry({ _id, at, actor, action, subject, details, hash }: AuditRecord): ChainedAuditEntry {
  return { seq: _id, at, actor, action, subject, details: JSON.parse(details) as JsonObject, hash }
}
