import type { Issue } from './validate.ts'

/** Deeper than this, `structuredClone` and `JSON.stringify` of later steps can fail although `JSON.parse` did not. */
const MAX_DEPTH = 64
/** Values in one document. The largest real one (a shipment with 1000 lines and 2000 events) stays below. */
const MAX_VALUES = 100_000
const MAX_KEYS = 1000
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])
/** Control characters but tab and line ends, and the two overrides that turn the direction of the text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what this is for
const FORBIDDEN_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202d\u202e]/
/** Zero with a sign means "just south of the equator" here and nothing anywhere else. */
const MAY_BE_NEGATIVE_ZERO = new Set(['lat', 'lon'])

interface Visit {
  value: unknown
  path: string
  key: string
  depth: number
}

/**
 * What JSON Schema cannot say about a document: values that JSON text cannot carry or that lost digits when they were
 * parsed, keys that reach into prototypes, characters that break logs and labels, and its size. Walks without recursion,
 * because the depth is what it guards; ends at the first finding.
 */
export function findUnsafe(document: unknown): Issue | undefined {
  const open: Visit[] = [{ value: document, path: '', key: '', depth: 0 }]
  let seen = 0
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    if (++seen > MAX_VALUES) return issue('', 'too-large', `has more than ${MAX_VALUES} values`)
    const found = inspect(visit) ?? pushChildren(visit, open)
    if (found !== undefined) return found
  }
  return undefined
}

function inspect({ value, path, key, depth }: Visit): Issue | undefined {
  if (depth > MAX_DEPTH) return issue('', 'too-deep', `is nested deeper than ${MAX_DEPTH} levels`)
  if (typeof value === 'number') return inspectNumber(value, path, key)
  if (typeof value === 'string') return inspectString(value, path)
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    return issue(path, 'type', 'is not a JSON value')
  return undefined
}

function inspectNumber(value: number, path: string, key: string): Issue | undefined {
  if (!Number.isFinite(value)) return issue(path, 'number', 'must be a finite number')
  if (Object.is(value, -0) && !MAY_BE_NEGATIVE_ZERO.has(key)) return issue(path, 'number', 'must not be negative zero')
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return issue(path, 'number', 'has more digits than a number can keep')
  return undefined
}

function inspectString(value: string, path: string): Issue | undefined {
  if (!value.isWellFormed()) return issue(path, 'characters', 'contains half of a character')
  if (FORBIDDEN_CHARACTERS.test(value)) return issue(path, 'characters', 'contains control characters')
  return undefined
}

function pushChildren({ value, path, depth }: Visit, open: Visit[]): Issue | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const list = Array.isArray(value)
  const keys = Object.keys(value)
  if (keys.length > (list ? MAX_VALUES : MAX_KEYS)) return issue(path, 'too-large', 'has too many members')
  for (const key of keys) {
    if (!list && FORBIDDEN_KEYS.has(key)) return issue(join(path, key), 'unknown-field', 'is not a name for a field')
    if (key.length > 200 || inspectString(key, path) !== undefined)
      return issue(path, 'unknown-field', 'has a field with an unusable name')
    open.push({ value: (value as Record<string, unknown>)[key], path: join(path, key), key, depth: depth + 1 })
  }
  return undefined
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function issue(field: string, code: string, message: string): Issue {
  return { field, code, message }
}
