import { once } from 'node:events'
import { statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { damaged } from '../failures.ts'
import type { StoreCondition } from '../ports.ts'
import type { Database } from './database.ts'
import type { UpkeepAnswer, UpkeepTask } from './upkeep-worker.ts'

export interface UpkeepOptions {
  /** Size of the write-ahead log at which somebody should look, bytes. */
  logAlarmBytes?: number
  /** How often the log is looked at, milliseconds. */
  watchMs?: number
  /** How long the check of a large file waits after the start, milliseconds. */
  checkAfterMs?: number
  warn?: (line: string) => void
}

const LOG_ALARM_BYTES = 256 * 1024 * 1024
const WATCH_MS = 10_000
/** The first half minute belongs to what had been waiting. */
const CHECK_AFTER_MS = 30_000
/** In the same language as this file: as it is written, or compiled. */
const WORKER = join(import.meta.dirname, `upkeep-worker${extname(import.meta.filename)}`)

/**
 * Looks after the file while the store is open, in threads of their own: checks what was too large to be checked before the
 * start, and sees to it that the log becomes short again after somebody has read for very long.
 */
export class Upkeep {
  readonly #database: Database
  readonly #alarmBytes: number
  readonly #warn: (line: string) => void
  readonly #timer: NodeJS.Timeout
  readonly #checkAfterMs: number
  #checking: NodeJS.Timeout | undefined
  readonly #stop = new SharedArrayBuffer(4)
  #damage: string | undefined
  #alarmed = false
  #moving = false

  constructor(database: Database, options: UpkeepOptions) {
    this.#database = database
    this.#alarmBytes = options.logAlarmBytes ?? LOG_ALARM_BYTES
    this.#warn = options.warn ?? ((line) => process.emitWarning(line, { type: 'Store' }))
    this.#checkAfterMs = options.checkAfterMs ?? CHECK_AFTER_MS
    const watch = () => this.#watch().catch((error) => this.#warn(`Looking after the store failed: ${error}`))
    this.#timer = setInterval(() => void watch(), options.watchMs ?? WATCH_MS)
    this.#timer.unref()
  }

  condition(): StoreCondition {
    const logBytes = this.#logBytes()
    return this.#damage === undefined ? { logBytes } : { logBytes, damage: this.#damage }
  }

  /** Throws `store.damaged` once the check has found something. */
  requireSound(): void {
    if (this.#damage !== undefined) throw damaged(this.#database.file, this.#damage)
  }

  /** Have the whole file read in the background, when the start is over. */
  checkLater(): void {
    this.#checking = setTimeout(() => void this.#check(), this.#checkAfterMs)
    this.#checking.unref()
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#checking)
    Atomics.store(new Int32Array(this.#stop), 0, 1)
  }

  async #check(): Promise<void> {
    const { problem } = await this.#inThread('check')
    if (problem === undefined || this.#stopped) return
    this.#damage = problem
    this.#warn(damaged(this.#database.file, problem).message)
  }

  get #stopped(): boolean {
    return Atomics.load(new Int32Array(this.#stop), 0) !== 0
  }

  async #watch(): Promise<void> {
    if (this.#moving || this.#logBytes() <= this.#alarmBytes) return
    this.#moving = true
    if (!this.#alarmed)
      this.#warn(
        `The log of the store (${this.#database.file}-wal) has ${Math.round(this.#logBytes() / 1e6)} MB: something reads the store for very long (a backup, a query by hand) and keeps it from becoming short.`,
      )
    this.#alarmed = true
    await this.#inThread('checkpoint')
    this.#moving = false
    if (this.#stopped) return
    // What is left to be done is little by now, so that nobody waits for it; with a reader still there it does nothing.
    this.#database.all('PRAGMA wal_checkpoint(TRUNCATE)')
    if (this.#logBytes() <= this.#alarmBytes) this.#alarmed = false
  }

  #logBytes(): number {
    return statSync(`${this.#database.file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  /** A thread that fails has found nothing out; it must not take the store with it. */
  async #inThread(task: UpkeepTask['task']): Promise<UpkeepAnswer> {
    try {
      const worker = new Worker(WORKER, {
        workerData: { task, file: this.#database.file, stop: this.#stop } satisfies UpkeepTask,
      })
      worker.unref()
      const [answer] = (await once(worker, 'message')) as [UpkeepAnswer]
      return answer
    } catch (error) {
      if (!this.#stopped) this.#warn(`Looking after the store failed: ${(error as Error).message}`)
      return {}
    }
  }
}
