import type { FailureReport } from './ports.ts'

/** A delivery that has not come to its end, as people see it: without what it carries. */
export interface OpenDelivery {
  subscription: string
  channel: string
  messageId: string
  correlationId: string
  /** Partner that the message came from or concerns; `''` for none. */
  partner: string
  acceptedAt: number
  /** ready: due. scheduled: due at `dueAt`. leased: under way. blocked: behind an earlier one of its key. */
  state: 'ready' | 'scheduled' | 'leased' | 'blocked'
  dueAt?: number
  attempts: number
  /** What the last attempt ended with. */
  failure?: FailureReport
}
