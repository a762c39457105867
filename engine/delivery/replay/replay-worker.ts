import type { Lease } from '../lease.ts'
import { REPLAY_WAKE } from './replay-job.ts'
import { ReplayRunner, type RunnerDeps } from './replay-runner.ts'

export interface ReplayWorkerDeps extends RunnerDeps {
  /** Replays are one worker's job at a time. */
  lease: Lease
  complain: (error: unknown) => void
}

/** How often to look for work without being called, milliseconds. */
const LOOK_MS = 5_000
/** Longest rest between two batches: a stop should be noticed soon. */
const REST_MS = 1_000
/** How long a replay is left to a worker that is not heard of any more, milliseconds. */
export const REPLAY_LEASE_MS = 30_000
const RENEW_MS = REPLAY_LEASE_MS / 3

/** Runs the replays that were started, and clears away what they have made superfluous. */
export class ReplayWorker {
  readonly #deps: ReplayWorkerDeps
  readonly #runners = new Map<string, ReplayRunner>()
  #unlisten: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #active = false
  #again = false
  #renewAt = 0

  constructor(deps: ReplayWorkerDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#active = true
    this.#unlisten = this.#deps.store.motor.onWake(REPLAY_WAKE, () => this.#look())
    this.#look()
  }

  /** What is in hand goes to its end; the rest waits for the next worker. */
  async stop(): Promise<void> {
    this.#active = false
    this.#unlisten?.()
    clearTimeout(this.#timer)
    await this.#working
    await this.#deps.lease.release().catch((error) => this.#deps.complain(error))
  }

  #look(): void {
    this.#again = true
    if (this.#working || !this.#active) return
    this.#again = false
    this.#working = this.#work()
      .catch((error) => {
        this.#deps.complain(error)
        return LOOK_MS
      })
      .then((rest) => {
        this.#working = undefined
        if (!this.#active) return
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.#look(), this.#again ? 0 : rest)
        this.#timer.unref()
      })
  }

  /** One batch of each running job. How long to rest then, milliseconds. */
  async #work(): Promise<number> {
    const { jobs, desk } = this.#deps
    const running = await jobs.running()
    for (const jobId of this.#runners.keys())
      if (!running.some((job) => job.jobId === jobId)) this.#runners.delete(jobId)
    if (running.length === 0 && !(await desk.superseding.any())) return LOOK_MS
    if (!(await this.#mine())) return LOOK_MS
    if (running.length === 0) {
      await desk.superseding.tidy()
      return LOOK_MS
    }
    const rests = await Promise.all(running.map(({ jobId }) => this.#runner(jobId).step()))
    return Math.min(REST_MS, ...rests.filter((rest) => rest !== undefined))
  }

  /** Renewed well before its end, not with each batch. */
  async #mine(): Promise<boolean> {
    const { lease, clock } = this.#deps
    if (lease.held && clock.now() < this.#renewAt) return true
    this.#renewAt = clock.now() + RENEW_MS
    return lease.take()
  }

  #runner(jobId: string): ReplayRunner {
    const known = this.#runners.get(jobId) ?? new ReplayRunner(this.#deps, jobId)
    this.#runners.set(jobId, known)
    return known
  }
}
