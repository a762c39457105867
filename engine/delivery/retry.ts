import type { FailureReport } from '../store/ports.ts'

export interface RetryPolicy {
  /** Wait before the second attempt, milliseconds; doubles with each further one. */
  baseMs: number
  /** Longest wait between two attempts, milliseconds. */
  maxMs: number
  /** Attempts before a delivery with a passing fault becomes a dead letter. */
  maxAttempts: number
  /** How long a partner that is away or throttles us is waited for, counted from the first attempt, milliseconds. */
  patienceMs: number
}

export const DEFAULT_RETRY: RetryPolicy = { baseMs: 1000, maxMs: 300_000, maxAttempts: 12, patienceMs: 72 * 3_600_000 }

/** A step that throws what nobody foresaw is tried this often: it will hardly go better the fourth time. */
const BUG_ATTEMPTS = 3

/** Code of a failure because an operator has paused the partner: it is waited for as long as he wants. */
export const PARTNER_PAUSED = 'partner.paused'

/** Code of a failure because the partner is a draft: nothing is booked there until somebody lets it go. */
export const PARTNER_DRAFT = 'partner.draft'

/** People have to do something first, and nobody knows when. */
export const WAITED_FOR: readonly string[] = [PARTNER_PAUSED, PARTNER_DRAFT]

export type Decision = { kind: 'retry'; afterMs: number } | { kind: 'bury' }

/**
 * What becomes of a failed delivery. `random` (0..1) spreads retries that failed together, so that a partner who comes
 * back is not met by all of them at once.
 */
export function decide(
  failure: FailureReport & { retryAfterMs?: number },
  attempt: number,
  waitedMs: number,
  policy: RetryPolicy,
  random: () => number,
): Decision {
  const backoff = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30))
  const afterMs = Math.max(failure.retryAfterMs ?? 0, Math.round(backoff * (0.75 + random() / 2)))
  switch (failure.category) {
    case 'throttled':
    case 'outage':
      return waitedMs < policy.patienceMs || WAITED_FOR.includes(failure.code)
        ? { kind: 'retry', afterMs }
        : { kind: 'bury' }
    case 'transient':
      return attempt - (failure.spared ?? 0) < policy.maxAttempts ? { kind: 'retry', afterMs } : { kind: 'bury' }
    case 'bug':
      return attempt - (failure.spared ?? 0) < Math.min(BUG_ATTEMPTS, policy.maxAttempts)
        ? { kind: 'retry', afterMs }
        : { kind: 'bury' }
    default:
      return { kind: 'bury' }
  }
}
