import type { Customer, Item, MasterBatch, ReasonCode, ServiceTerms } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore, StoredDocument } from '../store/ports.ts'
import { issuesOf } from './check.ts'
import { type KeptRecord, type MasterKind, type MasterRecords, reasonCodeId, recordsIn } from './kinds.ts'

const BATCH_KIND = 'master_batch'
/** Records that are written at once: the store puts them into one commit. */
const AT_ONCE = 100

/** A record as it holds, and as it will once its batch is taken in. */
interface Kept<T> {
  current?: T
  next?: { batchId: string; record: T }
}

/** How far a batch is: `staging` while its records are laid beside the present ones, `applied` from the moment they all hold. */
export interface BatchState {
  batchId: string
  state: 'staging' | 'applied'
  counts: Partial<Record<MasterKind, number>>
  startedAt: string
  appliedAt?: string
}

type Stored = StoredDocument<Kept<MasterRecords[MasterKind]>>

/**
 * Customers, items, service levels and reason codes. A batch holds from one moment on, with all its records: they are laid beside
 * the present ones first, and one write of the batch makes them hold. A crash before that moment changes nothing that is read, and
 * the batch goes on where it was.
 */
export class MasterData {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  /**
   * Takes in a batch, or says again that it was. Batches are given one after the other.
   * @throws CartageError invalid `master-data.rejected`, its issues field by field; nothing of the batch holds then
   */
  async apply(batchId: string, batch: MasterBatch): Promise<BatchState> {
    const issues = issuesOf(batch)
    if (issues[0]) {
      const words = `${issues[0].field}: ${issues[0].message}`
      throw new CartageError('invalid', 'master-data.rejected', words, { field: issues[0].field, issues })
    }
    const records = recordsIn(batch)
    const applied = await this.#stage(batchId, records)
    await inTurns(records, (one) => this.#settle(one))
    return applied
  }

  batch(batchId: string): Promise<BatchState | undefined> {
    return this.#documents.get<BatchState>(BATCH_KIND, batchId).then((found) => found?.body)
  }

  customer(customerId: string): Promise<Customer | undefined> {
    return this.get('customers', customerId)
  }

  item(sku: string): Promise<Item | undefined> {
    return this.get('items', sku)
  }

  serviceLevel(name: string): Promise<ServiceTerms | undefined> {
    return this.get('service-levels', name)
  }

  /** A code of that system, else one of the company's own. */
  async reasonCode(system: string, code: string): Promise<ReasonCode | undefined> {
    const own = await this.get('reason-codes', reasonCodeId(system, code))
    return own ?? this.get('reason-codes', reasonCodeId('hub', code))
  }

  async get<K extends MasterKind>(kind: K, id: string): Promise<MasterRecords[K] | undefined> {
    const found = await this.#documents.get<Kept<MasterRecords[K]>>(documentKind(kind), id.normalize('NFC'))
    return found && this.#holding(found.body)
  }

  /** By id. */
  async list<K extends MasterKind>(
    kind: K,
    page: { after?: string; limit: number },
  ): Promise<{ items: MasterRecords[K][]; next?: string }> {
    const { items, next } = await this.#documents.page<Kept<MasterRecords[K]>>(documentKind(kind), page)
    const held = await Promise.all(items.map(({ body }) => this.#holding(body)))
    return { items: held.filter((record) => record !== undefined), ...(next !== undefined && { next }) }
  }

  /** Takes a record away for good, as when a customer wants to be forgotten. False when there is none. */
  erase(kind: MasterKind, id: string): Promise<boolean> {
    return this.#documents.delete(documentKind(kind), id.normalize('NFC'))
  }

  /** What holds of a record now. */
  async #holding<T>({ current, next }: Kept<T>): Promise<T | undefined> {
    if (next === undefined) return current
    return (await this.batch(next.batchId))?.state === 'applied' ? next.record : current
  }

  async #stage(batchId: string, records: KeptRecord[]): Promise<BatchState> {
    const found = await this.#documents.get<BatchState>(BATCH_KIND, batchId)
    if (found?.body.state === 'applied') return found.body
    const begun = found ?? (await this.#begin(batchId, records))
    await inTurns(records, async ({ kind, id, record }) => {
      const stored = await this.#documents.get<Kept<unknown>>(documentKind(kind), id)
      if (stored?.body.next?.batchId === batchId) return
      const current = stored && (await this.#holding(stored.body))
      await this.#put(kind, id, { ...(current !== undefined && { current }), next: { batchId, record } }, stored)
    })
    const applied: BatchState = { ...begun.body, state: 'applied', appliedAt: this.#now() }
    await this.#documents.put(BATCH_KIND, batchId, applied, { expect: begun.version })
    return applied
  }

  #begin(batchId: string, records: KeptRecord[]): Promise<StoredDocument<BatchState>> {
    const counts: BatchState['counts'] = {}
    for (const { kind } of records) counts[kind] = (counts[kind] ?? 0) + 1
    const state: BatchState = { batchId, state: 'staging', counts, startedAt: this.#now() }
    return this.#documents.put<BatchState>(BATCH_KIND, batchId, state, { expect: 0 })
  }

  /** The batch holds: what lay beside becomes the record. Whoever was erased meanwhile stays so. */
  async #settle({ kind, id }: KeptRecord): Promise<void> {
    const stored = (await this.#documents.get(documentKind(kind), id)) as unknown as Stored | undefined
    if (stored?.body.next === undefined) return
    const current = await this.#holding(stored.body)
    try {
      await this.#put(kind, id, { ...(current !== undefined && { current }) }, stored)
    } catch (error) {
      // A later batch was faster, and reads the same.
      if (!isVersionLost(error)) throw error
    }
  }

  async #put(kind: MasterKind, id: string, body: Kept<unknown>, over: StoredDocument<unknown> | undefined) {
    await this.#documents.put(documentKind(kind), id, body, { expect: over?.version ?? 0 })
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}

function documentKind(kind: MasterKind): string {
  return `master_${kind.replace('-', '_')}`
}

/** When one fails, the others of its turn come to their end first: nothing is still being written when it is tried again. */
async function inTurns(records: KeptRecord[], work: (record: KeptRecord) => Promise<void>): Promise<void> {
  for (let at = 0; at < records.length; at += AT_ONCE) {
    const ended = await Promise.allSettled(records.slice(at, at + AT_ONCE).map(work))
    const failed = ended.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
  }
}
