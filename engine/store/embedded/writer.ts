import { closed } from '../failures.ts'
import { type Database, isBusy, isDiskTrouble, translated } from './database.ts'

/** Longest time that one commit gathers work: the event loop must stay responsive under a flood. */
const GROUP_BUDGET_MS = 20
/** Longest that a write waits for others to share its commit, and the turns of the event loop without any after which it goes. */
const GATHER_MS = 4
const QUIET_TURNS = 2
/** How long a foreign lock on the file is waited for, without blocking the event loop. */
const DEFAULT_PATIENCE_MS = 5_000
const BUSY_PAUSE_MS = 25

/** What an operation may ask of the commit that it is part of. */
export interface Transaction {
  /** Runs once the commit is on disk; never when the operation or the commit fails. Must not throw. */
  afterCommit(action: () => void): void
}

export type Operation<T> = (transaction: Transaction) => T

interface Job {
  operation: Operation<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

type Outcome = { value: unknown; actions: (() => void)[] } | { error: unknown }

/**
 * Group commit: writes that are asked for at about the same time share one transaction and one fsync, and each promise
 * settles after the commit. An operation that throws leaves nothing behind and harms nobody: when it has changed
 * something by then, or the group fails as a whole (disk full), all is rolled back and the operations run once more one by
 * one, each in a transaction of its own, so that those that can succeed do. (A savepoint around each would say the same
 * but copies every page that an operation touches.) Operations must therefore change nothing but the database, and leave
 * the rest to `afterCommit`.
 */
export class Writer {
  readonly #database: Database
  readonly #patienceMs: number
  #queue: Job[] = []
  #scheduled = false
  #busySince: number | undefined
  #closed = false
  readonly #preparing = new Set<Promise<unknown>>()
  /** Number of commits so far. */
  commits = 0
  /** The disk refused a write, and no larger one has succeeded since. */
  troubled = false

  constructor(database: Database, patienceMs = DEFAULT_PATIENCE_MS) {
    this.#database = database
    this.#patienceMs = patienceMs
  }

  write<T>(operation: Operation<T>): Promise<T> {
    return this.#closed ? Promise.reject(closed()) : this.#enqueue(operation)
  }

  /** As `write`, once something outside the database is done; asked before closing, it still happens. */
  async writeAfter<T>(preparation: () => Promise<unknown>, operation: Operation<T>): Promise<T> {
    if (this.#closed) throw closed()
    const prepared = preparation()
    const settled = prepared.catch(() => {})
    this.#preparing.add(settled)
    try {
      await prepared
      return await this.#enqueue(operation)
    } finally {
      this.#preparing.delete(settled)
    }
  }

  #enqueue<T>(operation: Operation<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ operation, resolve: resolve as (value: unknown) => void, reject })
      this.#schedule()
    })
  }

  /** Reads what is committed: between two turns no transaction is ever open. */
  async read<T>(query: () => T): Promise<T> {
    if (this.#closed) throw closed()
    try {
      return query()
    } catch (error) {
      throw translated(error, this.#database.file)
    }
  }

  /** Commits what was asked for and takes no more. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all(this.#preparing)
    let going = true
    while (going && this.#queue.length > 0) going = this.#flush()
    for (const job of this.#queue.splice(0)) job.reject(closed())
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#gather(0, 0, performance.now() + GATHER_MS))
  }

  /**
   * Waits for others to join as long as they do: a commit costs much the same for many as for one, and the flows under way
   * come to their next write within a turn or two.
   */
  #gather(seen: number, quiet: number, until: number): void {
    const { length } = this.#queue
    const still = length > seen ? 0 : quiet + 1
    if (still >= QUIET_TURNS || performance.now() >= until) this.#turn()
    else setImmediate(() => this.#gather(length, still, until))
  }

  #turn(): void {
    this.#scheduled = false
    if (this.#queue.length === 0) return
    if (this.#flush()) {
      if (this.#queue.length > 0) this.#schedule()
    } else {
      this.#scheduled = true
      setTimeout(() => this.#turn(), BUSY_PAUSE_MS)
    }
  }

  /** One group. False when a foreign lock is in the way and the group keeps waiting. */
  #flush(): boolean {
    try {
      this.#database.run('BEGIN IMMEDIATE')
    } catch (error) {
      return this.#giveWay(error)
    }
    this.#busySince = undefined
    const done: Job[] = []
    try {
      const outcomes = this.#runGroup(done)
      this.#database.run('COMMIT')
      this.commits++
      done.forEach((job, index) => {
        this.#finish(job, outcomes[index]!)
      })
    } catch {
      this.#rollback()
      for (const job of done) this.#finish(job, this.#runAlone(job))
    }
    return true
  }

  #giveWay(error: unknown): boolean {
    this.#busySince ??= performance.now()
    if (isBusy(error) && performance.now() - this.#busySince < this.#patienceMs && !this.#closed) return false
    this.#busySince = undefined
    for (const job of this.#queue.splice(0)) job.reject(this.#reported(error))
    return true
  }

  /** Runs queued jobs into `done` until the queue or the time is used up; throws when the group is lost. */
  #runGroup(done: Job[]): Outcome[] {
    const outcomes: Outcome[] = []
    const until = performance.now() + GROUP_BUDGET_MS
    let taken = 0
    try {
      while (taken < this.#queue.length) {
        const job = this.#queue[taken++]!
        done.push(job)
        outcomes.push(this.#runInGroup(job))
        if (performance.now() > until) break
      }
    } finally {
      this.#queue = this.#queue.slice(taken)
    }
    return outcomes
  }

  /** An operation that throws before it changed anything has nothing to undo: it fails alone. Any other loses the group. */
  #runInGroup(job: Job): Outcome {
    const actions: (() => void)[] = []
    const before = this.#database.changes
    try {
      const value = job.operation({ afterCommit: (action) => actions.push(action) })
      return { value, actions }
    } catch (error) {
      // SQLite rolls back everything by itself on some errors, a full disk for one.
      if (this.#database.changes !== before || !this.#database.inTransaction) throw error
      return { error }
    }
  }

  #runAlone(job: Job): Outcome {
    const actions: (() => void)[] = []
    try {
      this.#database.run('BEGIN IMMEDIATE')
      const value = job.operation({ afterCommit: (action) => actions.push(action) })
      this.#database.run('COMMIT')
      this.commits++
      return { value, actions }
    } catch (error) {
      this.#rollback()
      return { error }
    }
  }

  #reported(error: unknown): unknown {
    if (isDiskTrouble(error)) this.troubled = true
    return translated(error, this.#database.file)
  }

  #rollback(): void {
    if (this.#database.inTransaction) this.#database.run('ROLLBACK')
  }

  #finish(job: Job, outcome: Outcome): void {
    if ('error' in outcome) {
      job.reject(this.#reported(outcome.error))
      return
    }
    for (const action of outcome.actions) action()
    job.resolve(outcome.value)
  }
}
