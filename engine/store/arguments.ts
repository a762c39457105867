/**
 * What every driver accepts as an argument, checked the same way and before anything is queued. Identifiers must be
 * well-formed Unicode: a lone surrogate has no UTF-8 form, so two different ids could become one in a database.
 * Payloads, headers and bodies travel as JSON text, where lone surrogates are escaped and survive.
 */
import { CartageError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { DeadLetterFilter, FailureReport, Reference } from './ports.ts'

/** Longest identifier, in UTF-16 code units. */
const MAX_IDENTIFIER = 1024
/** Longest JSON text of a payload, header set or body, in UTF-16 code units. */
const MAX_JSON = 8 * 1024 * 1024
/** Largest raw body, in bytes. */
export const MAX_RAW = 32 * 1024 * 1024
/** Raw bodies above this many bytes are kept outside the record. */
export const LARGE_BODY = 64 * 1024
/** Largest blob, in bytes. */
export const MAX_BLOB = 64 * 1024 * 1024
/** Most items of one page or one claim; asking for more gives this many. */
export const MAX_ITEMS = 1000

export function invalid(field: string, problem: string): CartageError {
  return new CartageError('invalid', 'store.invalid', `${field} ${problem}`, { field })
}

/** A non-empty identifier. */
export function identifier(value: string, field: string): string {
  if (text(value, field) === '') throw invalid(field, 'must not be empty')
  return value
}

/** An identifier that may be empty. */
export function text(value: string, field: string): string {
  if (typeof value !== 'string') throw invalid(field, 'must be a string')
  if (value.length > MAX_IDENTIFIER) throw invalid(field, `must not be longer than ${MAX_IDENTIFIER} characters`)
  if (!value.isWellFormed()) throw invalid(field, 'must be well-formed Unicode (it has a lone surrogate)')
  return value
}

/** The value as JSON text; also the copy that makes later changes by the caller harmless. */
export function jsonText(value: Json, field: string): string {
  let written: string | undefined
  try {
    written = JSON.stringify(value)
  } catch (error) {
    throw new CartageError('invalid', 'store.invalid', `${field} is not JSON: ${String(error)}`, {
      field,
      cause: error,
    })
  }
  if (written === undefined) throw invalid(field, 'is not JSON')
  if (written.length > MAX_JSON) throw invalid(field, `is larger than ${MAX_JSON} characters of JSON`)
  return written
}

/** As jsonText, for a value that must be an object. */
export function objectText(value: object, field: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'must be an object')
  return jsonText(value as JsonObject, field)
}

export function headersText(headers: Record<string, string>, field: string): string {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw invalid(field, 'must be an object')
  for (const name in headers)
    if (typeof headers[name] !== 'string') throw invalid(`${field}.${name}`, 'must be a string')
  return jsonText(headers, field)
}

/**
 * The partner that a message belongs to when deliveries take turns. Headers may hold what an identifier may not: it is cut
 * and made well-formed, here alone, so that both drivers see the same partners.
 */
export function partnerOf(headers: Record<string, string>): string {
  return headers.partner?.slice(0, MAX_IDENTIFIER).toWellFormed() ?? ''
}

/** A partner that can be held: the messages without one cannot. */
export function heldPartner(partner: string, held: boolean): string {
  if (typeof held !== 'boolean') throw invalid('held', 'must be true or false')
  return identifier(partner, 'partner')
}

const FILTER_FIELDS = {
  subscription: 'text',
  channel: 'text',
  category: 'text',
  code: 'text',
  partner: 'text',
  key: 'text',
  correlationId: 'text',
  since: 'time',
  before: 'time',
} as const satisfies Record<keyof DeadLetterFilter, 'text' | 'time'>

/** The fields of a filter that are set, each checked. */
export function filterFields(filter: DeadLetterFilter): [keyof DeadLetterFilter, string | number][] {
  if (typeof filter !== 'object' || filter === null) throw invalid('filter', 'must be an object')
  return Object.entries(filter).flatMap(([field, wanted]): [keyof DeadLetterFilter, string | number][] => {
    if (wanted === undefined) return []
    if (!Object.hasOwn(FILTER_FIELDS, field)) throw invalid(`filter.${field}`, 'is no field of a dead letter filter')
    const known = field as keyof DeadLetterFilter
    if (FILTER_FIELDS[known] === 'time') return [[known, milliseconds(wanted as number, `filter.${field}`)]]
    if (typeof wanted !== 'string') throw invalid(`filter.${field}`, 'must be a string')
    return [[known, wanted]]
  })
}

/** The references without repetitions, in the order given, each checked. */
export function distinctReferences(references: Reference[]): Reference[] {
  const seen = new Map<string, Reference>()
  for (const { type, value } of references) {
    identifier(type, 'references.type')
    identifier(value, 'references.value')
    seen.set(JSON.stringify([type, value]), { type, value })
  }
  return [...seen.values()]
}

/** Where a page begins, in a list whose cursors are positions. */
export function cursorPosition(after: string | undefined): number {
  if (after === undefined) return 0
  if (typeof after !== 'string' || !/^\d{1,15}$/.test(after)) throw invalid('after', 'is not a cursor of this list')
  return Number(after)
}

export function failureText(failure: FailureReport): string {
  if (typeof failure?.category !== 'string') throw invalid('failure.category', 'must be a string')
  return jsonText({ ...failure }, 'failure')
}

/** Milliseconds between two tokens of a rate. */
export function tokenInterval(rate: { tokens: number; perMs: number }): number {
  if (!(rate.tokens >= 1) || !(rate.perMs > 0))
    throw invalid('rate', 'must allow at least one token in a span above zero')
  return rate.perMs / rate.tokens
}

/** A copy of the bytes. */
export function bytes(value: Uint8Array, field: string, limit: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw invalid(field, 'must be bytes')
  if (value.byteLength > limit) throw invalid(field, `is larger than ${limit} bytes`)
  return Uint8Array.prototype.slice.call(value)
}

/** Epoch milliseconds or a span of milliseconds, rounded to whole ones. */
export function milliseconds(value: number, field: string): number {
  const whole = Math.round(value)
  if (typeof value !== 'number' || !Number.isSafeInteger(whole) || whole < 0) {
    throw invalid(field, 'must be milliseconds, zero or more')
  }
  return whole
}

/** A document's version, or zero for "none yet". */
export function versionNumber(value: number, field: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw invalid(field, 'must be a version, zero or more')
  return value
}

/** How many items are wanted: at least one; more than `MAX_ITEMS` gives `MAX_ITEMS`. */
export function itemLimit(value: number, field = 'limit'): number {
  if (!Number.isSafeInteger(value) || value < 1) throw invalid(field, 'must be a whole number above zero')
  return Math.min(value, MAX_ITEMS)
}
