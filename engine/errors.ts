/**
 * What went wrong decides what happens next:
 * - `transient`, `throttled`: retried with backoff; `throttled` may carry how long to wait.
 * - `outage`: retried, and opens the partner's breaker.
 * - `refused`, `invalid`, `unmapped`, `unauthorised`: never retried, the message becomes a dead letter at once.
 * - `bug`: an exception nobody foresaw; retried twice, then a dead letter.
 */
export type ErrorCategory =
  | 'transient'
  | 'throttled'
  | 'outage'
  | 'refused'
  | 'invalid'
  | 'unmapped'
  | 'unauthorised'
  | 'bug'

export interface ErrorDetails {
  /** JSON pointer or dotted path of the field that is wrong. */
  field?: string
  /** Milliseconds to wait before the next try (from Retry-After and the like). */
  retryAfterMs?: number
  /** Slug of the partner concerned. */
  partner?: string
  cause?: unknown
}

/** The one error type of the engine: a stable dotted `code` for people and tests, a category for the machine. */
export class CartageError extends Error {
  override readonly name = 'CartageError'
  readonly category: ErrorCategory
  readonly code: string
  readonly field?: string
  readonly retryAfterMs?: number
  readonly partner?: string

  constructor(category: ErrorCategory, code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.category = category
    this.code = code
    if (details.field !== undefined) this.field = details.field
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
    if (details.partner !== undefined) this.partner = details.partner
  }
}

/** The category of anything thrown: ours as it says, everything else is a bug. */
export function categoryOf(error: unknown): ErrorCategory {
  return error instanceof CartageError ? error.category : 'bug'
}
