import { type Run, LeaveToReference } from './run.ts'
import { isArray } from './sequence.ts'
import { stringOf } from './strings.ts'

/** A finite number; JSONata refuses the infinite ones wherever it looks at a number. */
export function numeric(value: unknown): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false
  if (!Number.isFinite(value)) throw { code: 'D1001', value }
  return true
}

export function allNumeric(value: unknown): value is number[] {
  if (!isArray(value)) return false
  let all = true
  for (const item of value) if (!numeric(item)) all = false
  return all
}

/** Whether a condition holds: nothing, empty and zero do not; of a list it is enough that one item does. */
export function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value.length > 0
  if (value === undefined || value === null) return false
  if (typeof value === 'number') return numeric(value) && value !== 0
  if (typeof value !== 'object') return false
  if (!isArray(value)) return hasKeys(value)
  if (value.length <= 1) return truth(value[0])
  let any = false
  // every item is looked at: an infinite number among them is an error in any case
  for (const item of value) if (truth(item)) any = true
  return any
}

function hasKeys(value: object): boolean {
  for (const key in value) if (Object.hasOwn(value, key)) return true
  return false
}

export function same(run: Run, left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return false
  return equal(run, left, right)
}

export function unequal(run: Run, left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return false
  return !equal(run, left, right)
}

/** Deep equality; keys in any order. */
export function equal(run: Run, left: unknown, right: unknown): boolean {
  if (typeof left === 'function' || typeof right === 'function') throw new LeaveToReference('functions compared')
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  run.tick()
  if (isArray(left) && isArray(right)) {
    if (left.length !== right.length) return false
    for (let index = 0; index < left.length; index += 1) if (!equal(run, left[index], right[index])) return false
    return true
  }
  return equalObjects(run, left as Record<string, unknown>, right as Record<string, unknown>)
}

function equalObjects(run: Run, left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  // of a list beside an object, its length and its marks count as keys
  const keys = Object.getOwnPropertyNames(left)
  if (keys.length !== Object.getOwnPropertyNames(right).length) return false
  for (const key of keys) if (!Object.hasOwn(right, key)) return false
  keys.sort()
  for (const key of keys) if (!equal(run, left[key], right[key])) return false
  return true
}

export function within(run: Run, left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return false
  if (typeof left === 'function') throw new LeaveToReference('functions compared')
  if (!isArray(right)) return right === left
  run.charge(right.length >> 3)
  for (const item of right) if (item === left) return true
  return false
}

export function arithmetic(left: unknown, right: unknown, token: string, position: number): number | undefined {
  if (!Number.isFinite(left) || !Number.isFinite(right)) {
    if (!placed(position, token, () => operands(left, right, position, token))) return undefined
  }
  const [one, other] = [left as number, right as number]
  if (token === '+') return one + other
  if (token === '-') return one - other
  if (token === '*') return one * other
  return token === '/' ? one / other : one % other
}

function operands(left: unknown, right: unknown, position: number, token: string): boolean {
  if (left !== undefined && !numeric(left)) throw { code: 'T2001', value: left, position, token }
  if (right !== undefined && !numeric(right)) throw { code: 'T2002', value: right, position, token }
  return left !== undefined && right !== undefined
}

/** Errors of an operator tell its place, also those that come from below it. */
function placed<T>(position: number, token: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error !== null && typeof error === 'object' && 'code' in error ? { ...error, position, token } : error
  }
}

export function negative(value: unknown, position: number): number | undefined {
  if (value === undefined) return undefined
  if (!numeric(value)) throw { code: 'D1002', value, position, token: '-' }
  return -value
}

/** Two numbers or two texts in order; nothing beside anything gives nothing. */
export function compare(left: unknown, right: unknown, token: string, position: number): boolean | undefined {
  if (typeof left !== 'number' || typeof right !== 'number') {
    if (!areComparable(left, right, token, position)) return undefined
  }
  const [low, high] = [left as number, right as number]
  if (token === '<') return low < high
  if (token === '<=') return low <= high
  return token === '>' ? low > high : low >= high
}

function areComparable(left: unknown, right: unknown, token: string, position: number): boolean {
  const isOrdered = (value: unknown) => typeof value === 'string' || typeof value === 'number'
  const fits = (value: unknown) => value === undefined || isOrdered(value)
  if (!fits(left) || !fits(right)) throw { code: 'T2010', value: isOrdered(left) ? right : left, position, token }
  if (left === undefined || right === undefined) return false
  if (typeof left !== typeof right) throw { code: 'T2009', value: left, value2: right, position, token }
  return true
}

export function concat(run: Run, left: unknown, right: unknown, position: number): string {
  if (typeof left === 'string' && typeof right === 'string') return run.text(left + right)
  const asText = (value: unknown) => (value === undefined ? '' : stringOf(run, value))
  return run.text(placed(position, '&', () => asText(left) + asText(right)))
}

const LONGEST_RANGE = 1e7

export function range(run: Run, left: unknown, right: unknown, position: number): unknown {
  const at = { position, token: '..' }
  if (left !== undefined && !Number.isInteger(left)) throw { code: 'T2003', value: left, ...at }
  if (right !== undefined && !Number.isInteger(right)) throw { code: 'T2004', value: right, ...at }
  if (left === undefined || right === undefined || Number(left) > Number(right)) return undefined
  const from = Number(left)
  const size = Number(right) - from + 1
  if (size > LONGEST_RANGE) throw { code: 'D2014', value: size, ...at }
  if (size > run.limits.sequence) throw { code: 'D2015', value: size, ...at }
  run.charge(size)
  const items = Object.assign(new Array<unknown>(size), { sequence: true })
  for (let index = 0; index < size; index += 1) items[index] = from + index
  return items
}
