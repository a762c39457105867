import { CartageError } from '../errors.ts'
import type { Reach } from './compiler/reach.ts'

const MAX_DEPTH = 100
/** Longest text, also at every step within: JSONata can double one thirty times in no time. */
export const MAX_TEXT = 16 * 1024 * 1024
/** Characters of all texts of a result together, and values in it: one that is held many times counts as often. */
const MAX_OUTPUT = 64 * 1024 * 1024
const MAX_VALUES = 2_000_000
/** Keys by which JSONata knows its own functions: data that has them would be taken for code. */
const FUNCTION_MARKS = ['_jsonata_lambda', '_jsonata_function']
const REFUSED = new Set(['__proto__', 'constructor', 'prototype', ...FUNCTION_MARKS])

type Data = Record<string, unknown>

/** Keys that reach into the language's own objects are refused on the way in and out, whatever JSONata makes of them. */
export function isRefused(key: string): boolean {
  // every key of every message comes through here, and its length tells nearly all of them
  const { length } = key
  return (length === 9 || length === 11 || length === 15 || length === 17) && REFUSED.has(key)
}

export function unsafe(key: string, where: string): CartageError {
  return new CartageError('invalid', 'mapping.unsafe-key', `${where} has the key ${key}`, { field: key })
}

/** What comes in is as the partner sent it: not a key, not a depth that could be meant for us rather than for the mapping. */
export function assertSafe(value: unknown, where: string): void {
  if (typeof value === 'string') {
    if (value.length > MAX_TEXT) throw tooLong(where)
  } else if (value !== null && typeof value === 'object') walk(value, where, 0)
}

/** As `assertSafe`, of what a mapping can get hold of: the rest does not come in. */
export function assertSafeWithin(value: unknown, reach: Reach, where: string): void {
  if (reach.all) assertSafe(value, where)
  else if (Array.isArray(value)) for (const item of value) assertSafeWithin(item, reach, where)
  else if (value !== null && typeof value === 'object')
    for (const { name, reach: within } of reach.fields) {
      if (!Object.hasOwn(value, name)) continue
      if (isRefused(name)) throw unsafe(name, where)
      const item = (value as Data)[name]
      if (typeof item === 'object') assertSafeWithin(item, within, where)
      else if (within.all) assertSafe(item, where)
    }
}

/** Every value of every message comes through here: the quick tests first, and no call for what is no object. */
function walk(value: object, where: string, depth: number): void {
  if (depth > MAX_DEPTH) throw tooDeep(where)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index]
      if (typeof item === 'object') item !== null && walk(item, where, depth + 1)
      else if (typeof item === 'string' && item.length > MAX_TEXT) throw tooLong(where)
    }
    return
  }
  // bytes
  if (ArrayBuffer.isView(value)) return
  // for V8 these two lists cost less than a loop over the object and its fields one by one
  const keys = Object.keys(value)
  const items: unknown[] = Object.values(value)
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as string
    if (isRefused(key)) throw unsafe(key, where)
    const item = items[index]
    if (typeof item === 'object') item !== null && walk(item, where, depth + 1)
    else if (typeof item === 'string' && item.length > MAX_TEXT) throw tooLong(where)
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

/** Undefined for a function of JSONata's own: a lambda, or one of the library. */
function copiedObject(value: Data, room: Room, depth: number): Data | undefined {
  const copy: Data = {}
  const keys = Object.keys(value)
  const items: unknown[] = Object.values(value)
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as string
    if (isRefused(key)) {
      if (FUNCTION_MARKS.includes(key)) return undefined
      throw unsafe(key, 'the result')
    }
    const kept = copied(items[index], room, depth)
    if (kept !== undefined) copy[key] = kept
  }
  return copy
}

function tooLong(where: string): CartageError {
  return new CartageError('invalid', 'mapping.too-long', `${where} has a text of more than ${MAX_TEXT} characters`)
}

function tooDeep(where: string): CartageError {
  return new CartageError('invalid', 'mapping.depth', `${where} is nested deeper than ${MAX_DEPTH}`)
}
