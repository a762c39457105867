import { arityOf, invoke, type Native } from './calls.ts'
import { append } from './groups.ts'
import { sorted } from './order.ts'
import { lookup } from './paths.ts'
import { contains, match, replace, split } from './matching.ts'
import { type Run, tooLong } from './run.ts'
import { isArray, isSequence, sequence } from './sequence.ts'
import { stringOf } from './strings.ts'
import { equal, truth } from './values.ts'

/**
 * The functions that we have ourselves: those that call functions, which the reference does later only; those that mappings
 * use all the time; and those that could run away.
 */
export const OWN: Record<string, Native> = {
  map,
  filter,
  single,
  reduce,
  sift,
  each,
  sort,
  match,
  contains,
  replace,
  split,
  pad,
  join,
  distinct,
  string: (run, [value, pretty]) => (value === undefined ? undefined : stringOf(run, value, pretty === true)),
  boolean: (_run, [value]) => (value === undefined ? undefined : truth(value)),
  not: (_run, [value]) => (value === undefined ? undefined : !truth(value)),
  exists: (_run, [value]) => value !== undefined,
  count: (_run, [items]) => (items === undefined ? 0 : (items as unknown[]).length),
  lookup: (run, [value, key]) => lookup(run, value, key as string),
  append: (run, [one, other]) => append(run, one, other),
  clone: (run, [value]) => (value === undefined ? undefined : JSON.parse(stringOf(run, value))),
  millis: (run) => run.millis,
  merge,
}

function given(callee: unknown, ...args: unknown[]): unknown[] {
  return args.slice(0, Math.max(1, Math.min(arityOf(callee), args.length)))
}

function map(run: Run, [items, callee]: unknown[]): unknown {
  if (items === undefined) return undefined
  const made = sequence()
  for (const [index, item] of (items as unknown[]).entries()) {
    run.tick()
    const result = invoke(run, callee, given(callee, item, index, items))
    if (result !== undefined) made.push(result)
  }
  return run.bounded(made)
}

function filter(run: Run, [items, callee]: unknown[]): unknown {
  if (items === undefined) return undefined
  const kept = sequence()
  for (const [index, item] of (items as unknown[]).entries()) {
    run.tick()
    if (truth(invoke(run, callee, given(callee, item, index, items)))) kept.push(item)
  }
  return run.bounded(kept)
}

function single(run: Run, [items, callee]: unknown[]): unknown {
  if (items === undefined) return undefined
  const found: unknown[] = []
  for (const [index, item] of (items as unknown[]).entries()) {
    run.tick()
    const fits = callee === undefined || truth(invoke(run, callee, given(callee, item, index, items)))
    if (!fits) continue
    if (found.length > 0) throw { code: 'D3138', index }
    found.push(item)
  }
  if (found.length === 0) throw { code: 'D3139' }
  return found[0]
}

function reduce(run: Run, [items, callee, start]: unknown[]): unknown {
  if (items === undefined) return undefined
  const list = items as unknown[]
  const arity = arityOf(callee)
  if (arity < 2) throw { code: 'D3050', index: 1 }
  const startsInside = start === undefined && list.length > 0
  let result = startsInside ? list[0] : start
  for (let index = startsInside ? 1 : 0; index < list.length; index += 1) {
    run.tick()
    result = invoke(run, callee, [result, list[index], index, list].slice(0, Math.min(arity, 4)))
  }
  return result
}

const entriesOf = (value: unknown): [string, unknown][] =>
  value !== null && typeof value === 'object' ? Object.entries(value) : []

function sift(run: Run, [value, callee]: unknown[]): unknown {
  const kept = Object.create(null) as Record<string, unknown>
  for (const [key, item] of entriesOf(value)) {
    run.tick()
    if (truth(invoke(run, callee, given(callee, item, key, value)))) kept[key] = item
  }
  return Object.keys(kept).length === 0 ? undefined : kept
}

function each(run: Run, [value, callee]: unknown[]): unknown {
  const made = sequence()
  for (const [key, item] of entriesOf(value)) {
    run.tick()
    const result = invoke(run, callee, given(callee, item, key, value))
    if (result !== undefined) made.push(result)
  }
  return made
}

function sort(run: Run, [items, callee]: unknown[]): unknown {
  if (items === undefined) return undefined
  const list = items as unknown[]
  if (list.length <= 1) return list
  if (callee !== undefined) return sorted(run, list, (one, other) => invoke(run, callee, [one, other]))
  const isAll = (type: string) => list.every((item) => typeof item === type)
  if (!isAll('string') && !allNumbers(list)) throw { code: 'D3070', index: 1 }
  return sorted(run, list, (one, other) => (one as number) > (other as number))
}

function allNumbers(list: unknown[]): boolean {
  const infinite = list.find((item) => typeof item === 'number' && Math.abs(item) === Number.POSITIVE_INFINITY)
  if (infinite !== undefined) throw { code: 'D1001', value: infinite }
  return list.every((item) => typeof item === 'number' && !Number.isNaN(item))
}

function pad(run: Run, [text, width, filler]: unknown[]): unknown {
  if (text === undefined) return undefined
  const whole = text as string
  const by = filler === undefined || filler === '' ? ' ' : (filler as string)
  const target = Math.trunc(width as number)
  const missing = Math.abs(target) - [...whole].length
  if (!(missing > 0)) return whole
  if (missing * by.length > run.limits.text) throw tooLong(run.limits.text)
  // more than one character: cut by characters, not by their halves
  const filled = by.length > 1 ? [...by.repeat(missing)].slice(0, missing).join('') : by.repeat(missing)
  return target > 0 ? whole + filled : filled + whole
}

function join(run: Run, [texts, separator]: unknown[]): unknown {
  if (texts === undefined) return undefined
  const between = separator === undefined ? '' : (separator as string)
  const list = texts as string[]
  let size = between.length * list.length
  for (const text of list) size += text.length
  if (size > run.limits.text) throw tooLong(run.limits.text)
  return list.join(between)
}

function distinct(run: Run, [items]: unknown[]): unknown {
  if (!isArray(items) || items.length <= 1) return items
  const kept: unknown[] = isSequence(items) ? sequence() : []
  for (const item of items) {
    run.charge(kept.length >> 3)
    if (!kept.some((one) => equal(run, item, one))) kept.push(item)
  }
  return kept
}

function merge(run: Run, [objects]: unknown[]): unknown {
  if (objects === undefined) return undefined
  const all: Record<string, unknown> = {}
  for (const one of objects as unknown[]) {
    if (one === null || typeof one !== 'object') continue
    for (const key in one) {
      if (!Object.hasOwn(one, key)) continue
      run.tick()
      const value = (one as Record<string, unknown>)[key]
      if (key === '__proto__') Object.defineProperty(all, key, { value, enumerable: true, configurable: true })
      else all[key] = value
    }
  }
  return all
}
