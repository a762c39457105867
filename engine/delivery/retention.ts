import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../store/ports.ts'
import type { Lease } from './lease.ts'

/** Something that is not kept for ever. */
export interface RetentionTask {
  /** As it stands in the metric. */
  name: string
  everyHours: number
  /** Deletes what is past its time at `now`, a few at a time: each step is one batch, small enough that intake does not notice. */
  steps(now: number): AsyncIterable<number>
}

export interface RetentionDeps {
  tasks: readonly RetentionTask[]
  /** Of many workers one deletes. */
  lease: Lease
  clock: Clock
  /** Told after each batch. */
  deleted: (task: string, count: number) => void
  complain: (error: unknown) => void
  /** Rest between two batches, milliseconds: what came in meanwhile goes first. */
  pauseMs?: number
}

export const HOUR_MS = 3_600_000
/** A hub that has just started has better things to do. */
const FIRST_AFTER_MS = 60_000
const LOOK_MS = 10 * 60_000
const PAUSE_MS = 20

/** Deletes in the background what is past its time. Nothing of it is remembered: after a crash it begins anew. */
export class Retention {
  readonly #deps: RetentionDeps
  readonly #lastRun = new Map<string, number>()
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(deps: RetentionDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#later(FIRST_AFTER_MS)
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#running
    await this.#deps.lease.release().catch(() => {})
  }

  /** One pass over all tasks that are due; does nothing while another worker is at it. */
  run(): Promise<void> {
    this.#running ??= this.#pass()
      .catch((error) => this.#deps.complain(error))
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  #later(afterMs: number): void {
    this.#timer = setTimeout(() => {
      void this.run().then(() => {
        if (!this.#stopping.signal.aborted) this.#later(LOOK_MS)
      })
    }, afterMs)
    this.#timer.unref()
  }

  async #pass(): Promise<void> {
    const { tasks, lease, clock, complain } = this.#deps
    for (const task of tasks) {
      const now = clock.now()
      if (now - (this.#lastRun.get(task.name) ?? 0) < task.everyHours * HOUR_MS) continue
      if (!(await lease.take())) return
      // One that fails (a full disk, a damaged record) must not keep the others from their work.
      const ended = await this.#runTask(task, now).catch((error) => complain(error))
      if (ended === false) return
      this.#lastRun.set(task.name, now)
    }
  }

  /** False when it was stopped, or another worker took over. */
  async #runTask(task: RetentionTask, now: number): Promise<boolean> {
    const { lease, deleted, pauseMs = PAUSE_MS } = this.#deps
    for await (const count of task.steps(now)) {
      if (count > 0) deleted(task.name, count)
      await pause(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
      if (this.#stopping.signal.aborted || !(await lease.keep())) return false
    }
    return true
  }
}
