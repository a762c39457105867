import type { ErrorCategory } from '../../errors.ts'
import type { DeadLetterFilter } from '../../store/ports.ts'
import type { ReplayFrom, ReplayMapping } from '../dead-letters/desk.ts'

export const REPLAY_KIND = 'replay-job'
/** Wakes the worker when a job was started. */
export const REPLAY_WAKE = 'replay'

/** `prepared`: counted, and waiting for somebody to start it. */
export type ReplayState = 'prepared' | 'running' | 'stopped' | 'done'

/** How many dead letters of one kind a job is about. */
export interface ReplayShare {
  subscription: string
  category: ErrorCategory
  code: string
  count: number
}

/** One that could not be put to work. */
export interface ReplayFailure {
  subscription: string
  messageId: string
  code: string
  message: string
}

/** A replay of all dead letters that fit a filter and died before it was prepared. Kept as a document of kind `replay-job`. */
export interface ReplayJob {
  jobId: string
  state: ReplayState
  /** Its `before` is never later than `createdAt`: what dies again is not replayed again. */
  filter: DeadLetterFilter
  from: ReplayFrom
  /** From the raw message: with which version of the mapping. */
  mapping?: ReplayMapping
  /** Dead letters put to work in a second, at most. */
  perSecond: number
  reason: string
  createdBy: string
  /** Epoch milliseconds, as are all times here. */
  createdAt: number
  startedBy?: string
  startedAt?: number
  stoppedBy?: string
  endedAt?: number
  /** As counted when it was prepared. */
  total: number
  shares: ReplayShare[]
  /** Put to work. */
  done: number
  /** No longer dead when their turn came: somebody else had put them to work or discarded them. */
  gone: number
  /** Their first message was put to work before: what comes of that takes their place. */
  superseded: number
  failed: number
  /** The first of those that failed. */
  failures: ReplayFailure[]
  /** Those in hand: written down before they are put to work, so that after a kill each of them is accounted for. */
  pending: [subscription: string, messageId: string][]
  /** Where the next page of dead letters begins. */
  after?: string
  /** All pages were read. */
  exhausted: boolean
}

export const MAX_PER_SECOND = 100_000
/** Failures that a job remembers one by one. */
export const MAX_FAILURES = 20

/** How many have had their turn. */
export function handled(job: ReplayJob): number {
  return job.done + job.gone + job.superseded + job.failed
}

/** When a running job will be through, epoch milliseconds, if its pace is kept. */
export function expectedEnd(job: ReplayJob, now: number): number | undefined {
  if (job.state !== 'running') return undefined
  return now + (Math.max(0, job.total - handled(job)) / job.perSecond) * 1000
}
