import { randomUUID } from 'node:crypto'
import { CartageError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { isVersionLost } from '../../store/failures.ts'
import type { Clock, DeadLetterFilter, MessageStore, Store, StoredDocument } from '../../store/ports.ts'
import type { ReplayFrom, ReplayMapping } from '../dead-letters/desk.ts'
import { handled, REPLAY_KIND, REPLAY_WAKE, type ReplayJob, type ReplayShare, type ReplayState } from './replay-job.ts'

/** From this many on a replay is one that somebody else must start, where four eyes are asked for. */
const FOUR_EYES_ABOVE = 20

const MAX_TRIES = 20
/** Dead letters that are looked at to learn what kinds there are; their numbers are then counted exactly. */
const SAMPLE_PAGES = 5
const SAMPLE_PAGE = 100

export interface ReplayWish {
  filter: DeadLetterFilter
  from: ReplayFrom
  mapping?: ReplayMapping
  perSecond: number
  reason: string
}

export interface ReplayJobsOptions {
  store: Pick<Store, 'messages' | 'documents' | 'audit' | 'motor'>
  clock: Clock
  /** Nobody starts a large replay that they have prepared themselves. */
  fourEyes: boolean
}

/** Prepare, start, stop and look at replays of many. The worker does the rest; who did what is audited. */
export class ReplayJobs {
  readonly #store: ReplayJobsOptions['store']
  readonly #clock: Clock
  readonly #fourEyes: boolean

  constructor({ store, clock, fourEyes }: ReplayJobsOptions) {
    this.#store = store
    this.#clock = clock
    this.#fourEyes = fourEyes
  }

  /** Count what fits, and keep the wish. Nothing is put to work yet. `replay.nothing` when nothing fits. */
  async prepare(wish: ReplayWish, by: string): Promise<ReplayJob> {
    const createdAt = this.#clock.now()
    const filter = { ...wish.filter, before: Math.min(wish.filter.before ?? createdAt, createdAt) }
    const total = await this.#store.messages.countDead(filter)
    if (total === 0) throw new CartageError('invalid', 'replay.nothing', 'No dead letter fits this filter.')
    const job: ReplayJob = {
      ...wish,
      jobId: `${new Date(createdAt).toISOString().replace(/[-:]|\.\d+/g, '')}-${randomUUID().slice(0, 8)}`,
      state: 'prepared',
      filter,
      createdBy: by,
      createdAt,
      total,
      shares: await sharesOf(this.#store.messages, filter, total),
      done: 0,
      gone: 0,
      superseded: 0,
      failed: 0,
      failures: [],
      pending: [],
      exhausted: false,
    }
    await this.save(job, 0)
    await this.note(by, 'replay.prepare', job, {
      from: job.from,
      ...(job.mapping !== undefined && { mapping: job.mapping }),
      reason: job.reason,
      filter: filter as JsonObject,
    })
    return job
  }

  /** Start it, or go on with one that was stopped. */
  async start(jobId: string, by: string): Promise<ReplayJob | undefined> {
    const started = await this.#change(jobId, (job) => {
      if (job.state === 'running') return undefined
      if (job.state === 'done') throw new CartageError('refused', 'replay.done', 'This replay is done.')
      if (this.#fourEyes && job.total > FOUR_EYES_ABOVE && job.startedBy === undefined && job.createdBy === by)
        throw new CartageError(
          'refused',
          'replay.four-eyes',
          `A replay of more than ${FOUR_EYES_ABOVE} is started by somebody else than who prepared it.`,
        )
      const { stoppedBy: _stopped, ...rest } = job
      return { ...rest, state: 'running', startedBy: by, startedAt: this.#clock.now() }
    })
    if (started?.changed) await this.note(by, 'replay.start', started.job)
    this.#store.motor.wake(REPLAY_WAKE)
    return started?.job
  }

  /** What is in hand goes to its end; nothing more is taken. */
  async stop(jobId: string, by: string): Promise<ReplayJob | undefined> {
    const stopped = await this.#change(jobId, (job) =>
      job.state === 'running' ? { ...job, state: 'stopped', stoppedBy: by } : undefined,
    )
    if (stopped?.changed) await this.note(by, 'replay.stop', stopped.job)
    return stopped?.job
  }

  get(jobId: string): Promise<StoredDocument<ReplayJob> | undefined> {
    return this.#store.documents.get<ReplayJob>(REPLAY_KIND, jobId)
  }

  /** In the order in which they were prepared. */
  async list(page: { after?: string; limit: number }): Promise<{ items: ReplayJob[]; next?: string }> {
    const { items, next } = await this.#store.documents.page<ReplayJob>(REPLAY_KIND, page)
    return { items: items.map(({ body }) => body), ...(next !== undefined && { next }) }
  }

  async running(): Promise<ReplayJob[]> {
    const found = await this.#store.documents.find<ReplayJob>(REPLAY_KIND, 'running' satisfies ReplayState, 'state')
    return found.map(({ body }) => body)
  }

  save(job: ReplayJob, expect: number): Promise<StoredDocument<ReplayJob>> {
    const references = [{ type: 'state', value: job.state }]
    return this.#store.documents.put<ReplayJob>(REPLAY_KIND, job.jobId, job, { expect, references })
  }

  async note(actor: string, action: string, job: ReplayJob, more: JsonObject = {}): Promise<void> {
    const { done, gone, superseded, failed } = job
    const details = { ...more, total: job.total, handled: handled(job), done, gone, superseded, failed }
    await this.#store.audit.append({ actor, action, subject: job.jobId, details })
  }

  /** The worker writes its progress to the same document: read again until nobody was faster. */
  async #change(
    jobId: string,
    change: (job: ReplayJob) => ReplayJob | undefined,
  ): Promise<{ job: ReplayJob; changed: boolean } | undefined> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = await this.get(jobId)
      if (!known) return undefined
      const next = change(known.body)
      if (!next) return { job: known.body, changed: false }
      try {
        await this.save(next, known.version)
        return { job: next, changed: true }
      } catch (error) {
        if (!isVersionLost(error)) throw error
      }
    }
    throw new CartageError('transient', 'replay.contended', 'the job is written to all the time; try again')
  }
}

/** What a filter is about, by subscription and kind of failure. What the sample did not show is left out of it. */
export async function sharesOf(
  messages: Pick<MessageStore, 'deadLetters' | 'countDead'>,
  filter: DeadLetterFilter,
  total: number,
): Promise<ReplayShare[]> {
  const shares = new Map<string, ReplayShare>()
  let counted = 0
  let after: string | undefined
  for (let pages = 0; pages < SAMPLE_PAGES && counted < total; pages += 1) {
    const page = await messages.deadLetters(filter, { limit: SAMPLE_PAGE, ...(after !== undefined && { after }) })
    for (const { subscription, failure } of page.items) {
      const { category, code } = failure
      const name = JSON.stringify([subscription, category, code])
      if (shares.has(name)) continue
      const count = await messages.countDead({ ...filter, subscription, category, code })
      shares.set(name, { subscription, category, code, count })
      counted += count
    }
    if (page.next === undefined) break
    after = page.next
  }
  return [...shares.values()].sort((a, b) => b.count - a.count)
}
