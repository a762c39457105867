import { STATUS_CODES } from 'node:http'
import { CartageError, type ErrorCategory, type ErrorDetails } from '../errors.ts'

export interface FieldError {
  /** Dotted path: `packages.0.weightKg`; empty for the body as a whole. */
  field: string
  code: string
  message: string
}

/** RFC 9457 problem document, with `code` and `errors` as extension members. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  errors?: FieldError[]
  correlationId: string
}

export interface HttpProblemDetails extends ErrorDetails {
  errors?: FieldError[]
  /** Answer headers that belong to the refusal, such as Allow. */
  headers?: Record<string, string>
}

/** A refusal that already knows its HTTP status. Its message is for the caller: it never repeats what the caller sent. */
export class HttpProblem extends CartageError {
  readonly status: number
  readonly errors: FieldError[]
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, details: HttpProblemDetails = {}) {
    super(categoryFor(status), code, message, details)
    this.status = status
    this.errors = details.errors ?? (details.field === undefined ? [] : [{ field: details.field, code, message }])
    this.headers = details.headers ?? {}
  }
}

/** 422 with one entry per wrong field. */
export function invalidFields(errors: FieldError[]): HttpProblem {
  const safe = errors.slice(0, 50).map((error) => ({ ...error, field: safeField(error.field) }))
  const first = safe[0]
  const detail = first === undefined ? 'The request is not valid.' : `${first.field || 'The body'}: ${first.message}`
  return new HttpProblem(422, 'request.invalid', detail, { errors: safe })
}

/** A field path that is safe to show: a segment that is not an ordinary name is written as `?`. */
export function safeField(path: string): string {
  const shown = path.replace(/[^A-Za-z0-9_$.[\]-]+/g, '?')
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown
}

export interface ProblemAnswer {
  status: number
  headers: Record<string, string>
  body: Problem
}

const RETRY_SECONDS = 5

/** Anything thrown as an answer. A bug, or a fault behind the hub, says nothing about itself: that is in the log, under the correlation id. */
export function problemFor(error: unknown, correlationId: string): ProblemAnswer {
  const known = error instanceof CartageError ? error : new CartageError('bug', 'bug', '')
  const status = known instanceof HttpProblem ? known.status : statusFor(known)
  const headers = known instanceof HttpProblem ? { ...known.headers } : {}
  if (status === 429 || status === 503) {
    headers['Retry-After'] = String(Math.max(1, Math.ceil((known.retryAfterMs ?? RETRY_SECONDS * 1000) / 1000)))
  }
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer realm="cartage"'
  const errors = errorsOf(known)
  const body: Problem = {
    type: `https://cartage.dev/problems/${known.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: detailFor(known, status),
    code: known.code,
    ...(errors.length > 0 ? { errors } : {}),
    correlationId,
  }
  return { status, headers, body }
}

function errorsOf(error: CartageError): FieldError[] {
  if (error instanceof HttpProblem) return error.errors
  if (error.field === undefined) return []
  return [{ field: safeField(error.field), code: error.code, message: error.message }]
}

function detailFor(error: CartageError, status: number): string {
  if (status === 500) return 'The hub failed on this request. It is logged under the correlation id.'
  if (status === 503 && !(error instanceof HttpProblem)) {
    return 'The hub cannot take this right now. It was not accepted; send it again after Retry-After.'
  }
  return error.message
}

function statusFor(error: CartageError): number {
  // A lost compare-and-set is the store's `transient` or `refused`, whichever: to a caller it is a conflict.
  if (error.code === 'store.version') return 409
  if (error.code === 'store.invalid') return 422
  const statuses: Record<ErrorCategory, number> = {
    invalid: 422,
    unmapped: 422,
    unauthorised: 401,
    refused: 422,
    throttled: 429,
    transient: 503,
    outage: 503,
    bug: 500,
  }
  return statuses[error.category]
}

function categoryFor(status: number): ErrorCategory {
  if (status === 401) return 'unauthorised'
  if (status === 429) return 'throttled'
  if (status >= 500) return status === 500 ? 'bug' : 'transient'
  return status === 400 || status === 413 || status === 415 || status === 422 ? 'invalid' : 'refused'
}
