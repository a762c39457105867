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
export type Check = (value: unknown, where: string) => void

/**
 * Makes the check of what a mapping reaches, written out as JavaScript: V8 reads a field by a name that stands in the code many
 * times faster than by one that comes along.
 */
export function checkOf(reach: Reach): Check {
  const functions: string[] = []
  const first = written(reach, functions)
  const source = `"use strict"\n${functions.join('\n')}\nreturn ${first}`
  return new Function('assertSafe', 'walk', 'unsafe', 'hasOwn', source)(
    assertSafe,
    walk,
    unsafe,
    Object.hasOwn,
  ) as Check
}

/** The name of the function for one place. */
function written({ all, fields }: Reach, functions: string[]): string {
  if (all) return 'assertSafe'
  if (fields.length === 0) return '(() => {})'
  const name = `check${functions.length}`
  const place = functions.push('') - 1
  const lines = fields.map(({ name: key, reach }) => {
    const text = JSON.stringify(key)
    if (isRefused(key)) return `if (hasOwn(v, ${text})) throw unsafe(${text}, where)`
    const within = reach.all ? 'walk(t, where, 0)' : `${written(reach, functions)}(t, where)`
    const long = reach.all ? ` else if (typeof t === 'string') assertSafe(t, where)` : ''
    return `t = v[${text}]; if (typeof t === 'object') { if (t !== null) ${within} }${long}`
  })
  functions[place] = [
    `function ${name}(v, where) {`,
    "if (v === null || typeof v !== 'object') return",
    `if (Array.isArray(v)) { for (let i = 0; i < v.length; i += 1) ${name}(v[i], where); return }`,
    'let t',
    ...lines,
    '}',
  ].join('\n')
  return name
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
  return copied(value, roomy(), 0)
}

export interface Room {
  text: number
  values: number
}

export const roomy = (): Room => ({ text: MAX_OUTPUT, values: MAX_VALUES })

export function copied(value: unknown, room: Room, depth: number): unknown {
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
  // V8 copies an object in one go, fields and all; only what is no simple value is written once more
  const copy: Data = { ...value }
  for (const key in copy) {
    if (isRefused(key)) {
      if (FUNCTION_MARKS.includes(key)) return undefined
      throw unsafe(key, 'the result')
    }
    const item = copy[key]
    if (typeof item === 'string') fitting(item, room)
    else if (item === undefined || (typeof item === 'object' && item !== null) || typeof item === 'function') {
      const kept = copied(item, room, depth)
      if (kept === undefined) delete copy[key]
      else copy[key] = kept
    }
  }
  return copy
}

function tooLong(where: string): CartageError {
  return new CartageError('invalid', 'mapping.too-long', `${where} has a text of more than ${MAX_TEXT} characters`)
}

function tooDeep(where: string): CartageError {
  return new CartageError('invalid', 'mapping.depth', `${where} is nested deeper than ${MAX_DEPTH}`)
}
