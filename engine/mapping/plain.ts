import { CartageError } from '../errors.ts'

const MAX_DEPTH = 100
/** Longest text, also at every step within: JSONata can double one thirty times in no time. */
export const MAX_TEXT = 16 * 1024 * 1024
/** Characters of all texts of a result together, and values in it: one that is held many times counts as often. */
const MAX_OUTPUT = 64 * 1024 * 1024
const MAX_VALUES = 2_000_000
/** Keys by which JSONata knows its own functions: data that has them would be taken for code. */
const FUNCTION_MARKS = ['_jsonata_lambda', '_jsonata_function']
const REFUSED = new Set(['__proto__', 'constructor', 'prototype', ...FUNCTION_MARKS])
const REFUSED_LENGTHS = new Set([...REFUSED].map((key) => key.length))

type Data = Record<string, unknown>

/** Keys that reach into the language's own objects are refused on the way in and out, whatever JSONata makes of them. */
export function isRefused(key: string): boolean {
  // the length first: it costs nothing, and few keys get further
  return REFUSED_LENGTHS.has(key.length) && REFUSED.has(key)
}

export function unsafe(key: string, where: string): CartageError {
  return new CartageError('invalid', 'mapping.unsafe-key', `${where} has the key ${key}`, { field: key })
}

/** What comes in is as the partner sent it: not a key, not a depth that could be meant for us rather than for the mapping. */
export function assertSafe(value: unknown, where: string, depth = 0): void {
  if (typeof value === 'string') {
    if (value.length > MAX_TEXT) throw tooLong(where)
    return
  }
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
  if (depth > MAX_DEPTH) throw tooDeep(where)
  if (Array.isArray(value)) {
    for (const item of value) assertSafe(item, where, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    if (isRefused(key)) throw unsafe(key, where)
    assertSafe((value as Data)[key], where, depth + 1)
  }
}

/** What leaves is plain data: JSONata marks its sequences with extra properties and leaves functions in. */
export function plain(value: unknown): unknown {
  return copied(value, { text: MAX_OUTPUT, values: MAX_VALUES }, 0)
}

interface Room {
  text: number
  values: number
}

function copied(value: unknown, room: Room, depth: number): unknown {
  if (typeof value === 'string') return fitting(value, room)
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? undefined : value
  if (isFunction(value)) return undefined
  if (depth > MAX_DEPTH) throw tooDeep('the result')
  room.values -= 1
  if (room.values < 0)
    throw new CartageError('invalid', 'mapping.too-long', `the result has more than ${MAX_VALUES} values`)
  return Array.isArray(value) ? copiedList(value, room, depth + 1) : copiedObject(value as Data, room, depth + 1)
}

function fitting(text: string, room: Room): string {
  if (text.length > MAX_TEXT) throw tooLong('the result')
  room.text -= text.length
  if (room.text < 0)
    throw new CartageError('invalid', 'mapping.too-long', `the result has more than ${MAX_OUTPUT} characters`)
  return text
}

function copiedList(list: unknown[], room: Room, depth: number): unknown[] {
  const copy: unknown[] = []
  for (const item of list) {
    const kept = copied(item, room, depth)
    if (kept !== undefined) copy.push(kept)
  }
  return copy
}

function copiedObject(value: Data, room: Room, depth: number): Data {
  const copy: Data = {}
  for (const key of Object.keys(value)) {
    if (isRefused(key)) throw unsafe(key, 'the result')
    const kept = copied(value[key], room, depth)
    if (kept !== undefined) copy[key] = kept
  }
  return copy
}

/** One of JSONata's own: a lambda, or a function of the library. */
function isFunction(value: object): boolean {
  return FUNCTION_MARKS.some((mark) => Object.hasOwn(value, mark))
}

function tooLong(where: string): CartageError {
  return new CartageError('invalid', 'mapping.too-long', `${where} has a text of more than ${MAX_TEXT} characters`)
}

function tooDeep(where: string): CartageError {
  return new CartageError('invalid', 'mapping.depth', `${where} is nested deeper than ${MAX_DEPTH}`)
}
