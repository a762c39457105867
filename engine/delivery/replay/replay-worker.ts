import type { Lease } from '../lease.ts'
import { Lookout } from '../lookout.ts'
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
  readonly #lookout: Lookout
  #renewAt = 0

  constructor(deps: ReplayWorkerDeps) {
    this.#deps = deps
    const { store, lease, complain } = deps
    const work = () => this.#work()
    this.#lookout = new Lookout({ motor: store.motor, topic: REPLAY_WAKE, lease, work, restMs: LOOK_MS, complain })
  }

  start(): void {
    this.#lookout.start()
  }

  stop(): Promise<void> {
    return this.#lookout.stop()
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
