import { isUtf8 } from 'node:buffer'
import type { Json, JsonObject } from '../json.ts'
import { findFaults } from './json-faults.ts'
import { HttpProblem } from './problem.ts'

export interface JsonLimits {
  /** Levels of objects and lists. Deeper values parse, but crash structuredClone (2,000) and JSON.stringify (5,000) later. */
  maxDepth: number
  maxKeys: number
  /** Commas and colons outside strings: bounds the number of values. */
  maxValues: number
  /** Characters of one key. */
  maxKeyLength: number
}

const JSON_LIMITS: JsonLimits = { maxDepth: 64, maxKeys: 20_000, maxValues: 200_000, maxKeyLength: 512 }

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Strict JSON from bytes, refused before it can hurt anyone: depth and size by a scan over the bytes before parsing, then
 * JSON.parse, then a walk over the keys. Only a body that the scan finds suspicious pays for the slow search that names the field.
 * A UTF-8 byte order mark is skipped (RFC 8259 section 8.1 lets a reader do so). Throws HttpProblem 400 or 422.
 */
export function parseJson(bytes: Uint8Array, limits: Partial<JsonLimits> = {}): Json {
  const rules = { ...JSON_LIMITS, ...limits }
  if (!isUtf8(bytes)) throw new HttpProblem(400, 'json.encoding', 'The body is not valid UTF-8.')
  const from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const scanned = scan(bytes, from, rules)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, bytes.byteLength - from).toString('utf8')
  const value = parse(text, scanned)
  const keys = scanned.colons === 0 ? 0 : countKeys(value, rules)
  if (scanned.suspicious || keys !== scanned.colons) refuseFaults(text)
  return value
}

/** As `parseJson`, for a body that must be an object (422 otherwise). */
export function parseJsonObject(bytes: Uint8Array, limits: Partial<JsonLimits> = {}): JsonObject {
  const value = parseJson(bytes, limits)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new HttpProblem(422, 'json.type', 'The body must be a JSON object.')
  }
  return value
}

interface Scan {
  colons: number
  empty: boolean
  /** A number or an escape that may not survive, or that may poison what comes after. */
  suspicious: boolean
  /** N or I outside strings: perhaps NaN or Infinity. */
  literals: boolean
}

function scan(bytes: Uint8Array, from: number, rules: JsonLimits): Scan {
  const result: Scan = { colons: 0, empty: true, suspicious: false, literals: false }
  let depth = 0
  let commas = 0
  for (let i = from; i < bytes.length; i++) {
    const c = bytes[i]!
    if (c <= 0x20) continue
    result.empty = false
    if (c === QUOTE) {
      i++
      for (let s = bytes[i]!; i < bytes.length && s !== QUOTE; s = bytes[++i]!) {
        if (s === BACKSLASH && bytes[++i] === 0x75 && dangerousEscape(bytes, i)) result.suspicious = true
      }
    } else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      const end = numberEnd(bytes, i, result)
      i = end - 1
    } else if (c === 0x3a) result.colons++
    else if (c === 0x2c) commas++
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > rules.maxDepth) throw tooDeep(rules.maxDepth)
    } else if (c === 0x7d || c === 0x5d) depth--
    else if (c === 0x4e || c === 0x49) result.literals = true
  }
  if (result.colons > rules.maxKeys || commas + result.colons > rules.maxValues) {
    throw new HttpProblem(
      422,
      'json.size',
      `The body has more than ${rules.maxKeys} keys or ${rules.maxValues} values.`,
    )
  }
  return result
}

function tooDeep(depth: number): HttpProblem {
  return new HttpProblem(400, 'json.depth', `The body is nested deeper than ${depth} levels.`)
}

/** `\u0000` or half of a surrogate pair; `at` is the position of the u. */
function dangerousEscape(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at + 1]! | 0x20
  const second = bytes[at + 2]! | 0x20
  if (first === 0x64) return second === 0x38 || second === 0x39 || (second >= 0x61 && second <= 0x66)
  return bytes[at + 1] === 0x30 && bytes[at + 2] === 0x30 && bytes[at + 3] === 0x30 && bytes[at + 4] === 0x30
}

/** Skips a number; marks it when it has an exponent, over 15 integer digits, or is a negative zero. */
function numberEnd(bytes: Uint8Array, start: number, result: Scan): number {
  let i = start
  let integerDigits = 0
  let nonZero = false
  let dot = false
  for (; i < bytes.length; i++) {
    const c = bytes[i]!
    if (c >= 0x30 && c <= 0x39) {
      if (c !== 0x30) nonZero = true
      if (!dot) integerDigits++
    } else if (c === 0x2e) dot = true
    else if (c === 0x65 || c === 0x45) result.suspicious = true
    else if (c !== 0x2d && c !== 0x2b) break
  }
  if (integerDigits > 15 || (bytes[start] === 0x2d && !nonZero)) result.suspicious = true
  return i
}

function parse(text: string, scanned: Scan): Json {
  if (scanned.empty) throw new HttpProblem(400, 'json.empty', 'The body is empty; JSON was expected.')
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    if (scanned.literals) refuseLiterals(text)
    // V8's own message quotes the input; only the position is passed on.
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    const where = position === undefined ? '' : ` (at character ${position})`
    throw new HttpProblem(400, 'json.syntax', `The body is not valid JSON${where}.`)
  }
}

/** NaN and Infinity are not JSON, but a sender's serialiser that writes them meant a number: name the field. */
function refuseLiterals(text: string): void {
  const mended = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:NaN|Infinity)/g, (part) =>
    part[0] === '"' ? part : '1e999',
  )
  try {
    JSON.parse(mended)
  } catch {
    return
  }
  refuseFaults(mended)
}

function refuseFaults(text: string): void {
  const errors = findFaults(text)
  const first = errors[0]
  if (first === undefined) return
  throw new HttpProblem(422, first.code, `${first.field}: ${first.message}`, { errors })
}

/** How many own keys the value has; a difference to the colons in the text is a key given twice. */
function countKeys(value: Json, rules: JsonLimits): number {
  if (value === null || typeof value !== 'object') return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) if (item !== null && typeof item === 'object') count += countKeys(item, rules)
    return count
  }
  const keys = Object.keys(value)
  for (const key of keys) {
    if (key.length > rules.maxKeyLength) {
      throw new HttpProblem(422, 'json.key', `A key is longer than ${rules.maxKeyLength} characters.`)
    }
    // Counting a forbidden key wrong sends the text to the slow search, which names it.
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return Number.NaN
    const item = value[key]!
    if (item !== null && typeof item === 'object') count += countKeys(item, rules)
  }
  return count + keys.length
}
