import { unlessBeaten } from '../../store/failures.ts'
import type { Clock, DeadLetter, Store } from '../../store/ports.ts'
import type { CrashPoint } from '../crash-points.ts'
import type { DeadLetterDesk } from '../dead-letters/desk.ts'
import { Pace } from './pace.ts'
import { replayBatch } from './replay-batch.ts'
import { MAX_FAILURES, type ReplayJob } from './replay-job.ts'
import type { ReplayJobs } from './replay-jobs.ts'

/** A page of dead letters is in memory with its payloads and raw bytes: not too many at once. */
const MAX_BATCH = 100
/** A server that others use too is not to be flooded: its connections are few. */
const AT_ONCE_SHARED = 8

export interface RunnerDeps {
  store: Store
  clock: Clock
  crash: CrashPoint
  jobs: ReplayJobs
  desk: DeadLetterDesk
}

/**
 * Moves one job on, batch by batch. Each batch is written into the job before it is put to work and taken out of it after:
 * cut anywhere, the next runner finds what was in hand, and putting to work what is no longer dead does nothing.
 */
export class ReplayRunner {
  readonly #deps: RunnerDeps
  readonly #jobId: string
  #pace: Pace | undefined
  /** The batch that this runner wrote down itself, by the version of the job that holds it. */
  #planned: { version: number; letters: DeadLetter[] } | undefined

  constructor(deps: RunnerDeps, jobId: string) {
    this.#deps = deps
    this.#jobId = jobId
  }

  /** One batch. Milliseconds until the next one is due; undefined when the job does not run (any more). */
  async step(): Promise<number | undefined> {
    const { jobs, clock, crash } = this.#deps
    const stored = await jobs.get(this.#jobId)
    if (stored?.body.state !== 'running') return undefined
    this.#pace ??= new Pace(clock, stored.body.perSecond)
    const worked = await this.#work(stored.body, stored.version)
    crash('replay.after-batch')
    const next = await this.#plan(worked)
    if (next.exhausted && next.pending.length === 0) return this.#end(next, stored.version)
    if (next !== stored.body) {
      const saved = await unlessBeaten(jobs.save(next, stored.version))
      // Stopped, or taken over: whoever wrote decides.
      if (!saved) return 0
      if (this.#planned) this.#planned.version = saved.version
      crash('replay.before-batch')
    }
    return next.pending.length > 0 ? 0 : this.#pace.waitMs
  }

  async #work(job: ReplayJob, version: number): Promise<ReplayJob> {
    if (job.pending.length === 0) return job
    const { store, desk } = this.#deps
    const mine = this.#planned?.version === version ? this.#planned.letters : undefined
    const letters = mine ?? (await this.#read(job.pending))
    const batch = { desk, atOnce: store.shared ? AT_ONCE_SHARED : MAX_BATCH }
    // Should this fail half-way, what is no longer dead then was put to work by us.
    this.#planned = undefined
    const { counts, failures } = await replayBatch(batch, job, letters, mine === undefined)
    return {
      ...job,
      pending: [],
      done: job.done + counts.done,
      gone: job.gone + counts.gone,
      superseded: job.superseded + counts.superseded,
      failed: job.failed + counts.failed,
      failures: [...job.failures, ...failures].slice(0, MAX_FAILURES),
    }
  }

  /** What an interrupted runner had in hand, one by one: it happens once. */
  async #read(pending: ReplayJob['pending']): Promise<(DeadLetter | undefined)[]> {
    const letters: (DeadLetter | undefined)[] = []
    for (const [subscription, messageId] of pending)
      letters.push(await this.#deps.store.messages.deadLetter(subscription, messageId))
    return letters
  }

  /** The next batch, as far as the pace allows one. */
  async #plan(job: ReplayJob): Promise<ReplayJob> {
    const limit = job.exhausted ? 0 : this.#pace!.take(MAX_BATCH)
    if (limit === 0) return job
    const { after, ...rest } = job
    const page = await this.#deps.store.messages.deadLetters(job.filter, {
      limit,
      ...(after !== undefined && { after }),
    })
    this.#planned = { version: -1, letters: page.items }
    return {
      ...rest,
      pending: page.items.map(({ subscription, message }) => [subscription, message.id]),
      exhausted: page.next === undefined,
      ...(page.next !== undefined && { after: page.next }),
    }
  }

  /** The audit comes first: cut in between, the end is told twice rather than never. */
  async #end(job: ReplayJob, version: number): Promise<undefined> {
    const { jobs, clock } = this.#deps
    await jobs.note('system', 'replay.end', job)
    await unlessBeaten(jobs.save({ ...job, state: 'done', endedAt: clock.now() }, version))
    return undefined
  }
}
