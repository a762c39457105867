import { CartageError } from '../errors.ts'
import type { DocumentFormat } from '../partner/profile-types.ts'

/** Bounds of a document in any format; a partner's document that needs more is a mistake or an attack. */
export const LIMITS = {
  bytes: 16 * 1024 * 1024,
  /** Levels of elements. */
  depth: 64,
  /** Elements, cells, fields or segments. */
  values: 200_000,
}

/** Keys that reach into the language's own objects: refused on the way in and out. */
const REFUSED_KEYS = ['__proto__', 'constructor', 'prototype']

/** A document that cannot be read or written; `where` is the place for people: a line and column, or a segment and element. */
export function badFormat(format: DocumentFormat, what: string, where?: string): CartageError {
  const place = where === undefined ? '' : ` (${where})`
  const details = where === undefined ? {} : { field: where }
  return new CartageError(
    'invalid',
    `format.${format}`,
    `the ${NAMES[format]} cannot be used: ${what}${place}`,
    details,
  )
}

const NAMES: Record<DocumentFormat, string> = {
  json: 'JSON',
  form: 'form',
  xml: 'XML',
  csv: 'CSV',
  x12: 'X12 interchange',
  edifact: 'EDIFACT interchange',
}

export function checkKey(format: DocumentFormat, key: string, where?: string): void {
  if (REFUSED_KEYS.includes(key)) throw badFormat(format, `nothing may be named ${key}`, where)
}

/** Line and column of a position, both from 1. */
export function lineAndColumn(text: string, position: number): string {
  const before = text.slice(0, position)
  const line = before.split('\n').length
  return `line ${line}, column ${position - before.lastIndexOf('\n')}`
}
