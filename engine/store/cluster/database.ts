import { type Collection, type Db, type Document, MongoClient, MongoError } from 'mongodb'
import { CartageError } from '../../errors.ts'
import { closed, full } from '../failures.ts'
import { mendShutSockets } from './shut-sockets.ts'

/** How long an operation looks for a MongoDB that can take it before it fails with `store.io`, milliseconds. */
const SELECTION_MS = 3_000
/** How long a server that was reached may stay silent, milliseconds. */
const SOCKET_MS = 10_000

/** Server codes for a disk without room. */
const FULL_DISK = new Set([14031, 14034])
const DUPLICATE_KEY = 11000

/**
 * One MongoDB database. Every write is acknowledged by a majority of the replica set, journalled, before it resolves; reads
 * come from the primary. Every operation of the ports is one update of one document, or an order of such updates that may be
 * cut anywhere: no transaction of several documents is used.
 */
export class Database {
  readonly #client: MongoClient
  readonly #db: Db
  #closed = false
  #pending = 0
  #whenIdle: (() => void) | undefined

  constructor(url: string) {
    mendShutSockets()
    this.#client = new MongoClient(url, {
      appName: 'cartage',
      serverSelectionTimeoutMS: SELECTION_MS,
      connectTimeoutMS: SELECTION_MS,
      waitQueueTimeoutMS: SELECTION_MS,
      socketTimeoutMS: SOCKET_MS,
      readPreference: 'primary',
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: SOCKET_MS },
      ignoreUndefined: true,
      promoteBuffers: true,
    })
    this.#db = this.#client.db()
  }

  get name(): string {
    return this.#db.databaseName
  }

  get db(): Db {
    return this.#db
  }

  /** Where the servers are, without user and password. */
  get hosts(): string {
    return this.#client.options.hosts.join(', ')
  }

  get compressors(): string[] {
    return this.#client.options.compressors ?? []
  }

  collection<T extends Document>(name: string): Collection<T> {
    return this.#db.collection<T>(name)
  }

  /** Runs one operation of a port: refused when closed, waited for by `close`, its failures translated. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw closed()
    this.#pending++
    try {
      return await work()
    } catch (error) {
      throw translated(error)
    } finally {
      if (--this.#pending === 0) this.#whenIdle?.()
    }
  }

  /** A write that a majority acknowledges, and a read. */
  async ping(now: number): Promise<void> {
    const meta = this.collection<{ _id: string; at: number }>('meta')
    await meta.updateOne({ _id: 'ping' }, { $set: { at: now } }, { upsert: true })
    await meta.findOne({ _id: 'ping' })
  }

  /**
   * Resolves when everything that was read before is on a majority of the servers, and stays: what the primary shows may still be
   * taken back when it fails. A write of our own that is acknowledged comes after it.
   */
  async settled(): Promise<void> {
    const meta = this.collection<{ _id: string; count: number }>('meta')
    await meta.updateOne({ _id: 'settled' }, { $inc: { count: 1 } }, { upsert: true })
  }

  /** Takes nothing new and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    await this.#client.close()
  }
}

/** Whether an insert failed because a document with the same unique key is there. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoError && error.code === DUPLICATE_KEY
}

/** Whatever MongoDB or the way to it reports, as the failure that every driver reports alike. */
export function translated(error: unknown): unknown {
  if (error instanceof CartageError || !(error instanceof Error)) return error
  if (!(error instanceof MongoError)) return error
  if (typeof error.code === 'number' && FULL_DISK.has(error.code)) return full(error)
  return new CartageError('transient', 'store.io', `MongoDB cannot be used at the moment: ${error.message}`, {
    cause: error,
  })
}
