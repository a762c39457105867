import type { Json } from './json.ts'

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

/** One thing that is wrong with a document, and where it came from. Values that are or may be personal are masked. */
export type FieldIssue = {
  /** Dotted path, `lines.0.quantity`; empty for the document as a whole. */
  field: string
  /** For people, in English; never contains a value. */
  message: string
  /** Which of several documents, from 0. */
  item?: number
  value?: Json
  /** The fields of what was mapped that the value came from; one without a value is not there. */
  from?: { path: string; value?: Json }[]
}

export interface ErrorDetails {
  /** JSON pointer or dotted path of the field that is wrong. */
  field?: string
  /** Milliseconds to wait before the next try (from Retry-After and the like). */
  retryAfterMs?: number
  /** Slug of the partner concerned. */
  partner?: string
  /** All that is wrong, where that is more than one field. */
  issues?: FieldIssue[]
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
  /** Not a property of the instance: loggers write down what they find on an error, and values are not for logs. */
  readonly #issues: FieldIssue[]

  constructor(category: ErrorCategory, code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.category = category
    this.code = code
    if (details.field !== undefined) this.field = details.field
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
    if (details.partner !== undefined) this.partner = details.partner
    this.#issues = details.issues ?? []
  }

  get issues(): FieldIssue[] {
    return this.#issues
  }
}

/** The category of anything thrown: ours as it says, everything else is a bug. */
export function categoryOf(error: unknown): ErrorCategory {
  return error instanceof CartageError ? error.category : 'bug'
}
