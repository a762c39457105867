/** Thrown where the interpreter has to decide. */
export const TOO_HARD = Symbol('too hard')

/** The rules of JSONata for values that are no lists, as far as they are simple. */

export function member(context: unknown, name: string): unknown {
  if (context === null || typeof context !== 'object') return undefined
  return simple(Object.hasOwn(context, name) ? (context as Record<string, unknown>)[name] : undefined)
}

/** Lists have rules of their own at every step, functions too. */
export function simple(value: unknown): unknown {
  if (Array.isArray(value) || typeof value === 'function') throw TOO_HARD
  return value
}

export function text(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || value === null || Number.isSafeInteger(value)) return String(value)
  throw TOO_HARD
}

/** Nothing equals nothing, not even itself; nor is it unequal to anything. */
export function same(left: unknown, right: unknown): boolean {
  return bothThere(left, right) && left === right
}

export function unequal(left: unknown, right: unknown): boolean {
  return bothThere(left, right) && left !== right
}

function bothThere(left: unknown, right: unknown): boolean {
  if (isObject(left) || isObject(right)) throw TOO_HARD
  return left !== undefined && right !== undefined
}

/** A comparison of two numbers or two texts; with nothing it gives nothing. */
export function inOrder(sign: string, left: unknown, right: unknown): boolean | undefined {
  const types = [typeof left, typeof right].filter((type) => type !== 'undefined')
  if (types.some((type) => type !== 'number' && type !== 'string')) throw TOO_HARD
  if (types.length < 2) return undefined
  if (types[0] !== types[1]) throw TOO_HARD
  const [one, other] = [left as number, right as number]
  if (sign === '<') return one < other
  if (sign === '<=') return one <= other
  return sign === '>' ? one > other : one >= other
}

export function truth(value: unknown): boolean {
  if (isObject(value)) throw TOO_HARD
  return Boolean(value)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
