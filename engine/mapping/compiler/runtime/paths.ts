import type { Run } from './run.ts'
import { compact, flat, flatten, isArray, isSequence, last, norm, only, sequence, type Sequence } from './sequence.ts'
import { allNumeric, numeric, truth } from './values.ts'

/** A tuple of a stream: the item under `@`, and the values of the variables that were bound on the way. */
export type Tuple = Record<string, unknown>
/** An expression within a path: the item that it is evaluated for, and the item's tuple where there is one. */
export type Each = (item: unknown, tuple?: Tuple) => unknown

/** The field of that name; of a list, those of its items. */
export function lookup(run: Run, value: unknown, name: string): unknown {
  if (value === null || typeof value !== 'object') return undefined
  if (!isArray(value)) return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
  const found = sequence()
  for (const item of value) {
    run.tick()
    const one = lookup(run, item, name)
    if (one === undefined) continue
    if (isArray(one)) for (const part of one) found.push(part)
    else found.push(one)
  }
  return run.bounded(found)
}

/** A step in the middle of a path, over what the step before it handed on. */
export function inner(run: Run, items: unknown, each: Each): unknown {
  if (!isArray(items)) return flat(each(items))
  return compact(run.bounded(flatten(results(run, items, each))))
}

/** The last step of a path. */
export function final(run: Run, items: unknown, each: Each): unknown {
  if (!isArray(items)) return last(each(items))
  return norm(finalOf(run, results(run, items, each)))
}

function results(run: Run, items: Sequence, each: Each): unknown[] {
  const found: unknown[] = []
  for (const item of items) {
    run.tick()
    const result = each(item)
    if (result !== undefined) found.push(result)
  }
  return found
}

/** The only result of a last step stays the list that it is. */
function finalOf(run: Run, found: unknown[]): Sequence {
  const [first] = found
  if (found.length === 1 && isArray(first) && !isSequence(first)) return first
  return run.bounded(flatten(found))
}

/** As `inner` and `final`, with every result as a list, for the paths that need more than plain steps. */
export function step(run: Run, items: ArrayLike<unknown>, each: Each, isLast: boolean): Sequence {
  const found: unknown[] = []
  for (let index = 0; index < items.length; index += 1) {
    run.tick()
    const result = each(items[index])
    if (result !== undefined) found.push(result)
  }
  return isLast ? finalOf(run, found) : run.bounded(flatten(found))
}

/** The items for which the predicate holds; a number is a position, from the end where it is negative. */
export function filter(run: Run, value: unknown, predicate: Each): Sequence {
  const kept = sequence()
  const items = isArray(value) ? value : only(value)
  const isStream = isArray(value) && value.tupleStream
  if (isStream) kept.tupleStream = true
  for (let index = 0; index < items.length; index += 1) {
    run.tick()
    const item = items[index]
    const found = isStream ? predicate((item as Tuple)['@'], item as Tuple) : predicate(item)
    if (typeof found === 'boolean') {
      if (found) kept.push(item)
    } else if (numeric(found)) {
      if (isAt(found, index, items.length)) kept.push(item)
    } else if (allNumeric(found)) {
      for (const position of found) if (isAt(position, index, items.length)) kept.push(item)
    } else if (truth(found)) kept.push(item)
  }
  return run.bounded(kept)
}

function isAt(position: number, index: number, length: number): boolean {
  const whole = Math.floor(position)
  return (whole < 0 ? length + whole : whole) === index
}

/** The item at a position that the source gives. */
export function at(value: unknown, position: number): Sequence {
  const items = isArray(value) ? value : only(value)
  const item = items[position < 0 ? items.length + position : position]
  const isStream = isArray(value) && value.tupleStream
  if (isArray(item)) return item
  const found = item === undefined ? sequence() : only(item)
  if (isStream) found.tupleStream = true
  return found
}

/** `*`: the values of all fields. */
export function wildcard(run: Run, value: unknown): Sequence {
  const whole = isArray(value) && value.outerWrapper && value.length > 0 ? value[0] : value
  let found = sequence()
  if (whole === null || typeof whole !== 'object') return found
  for (const key of Object.keys(whole)) {
    const item = (whole as Record<string, unknown>)[key]
    // from the first list on it is no sequence any more
    if (isArray(item)) found = found.concat(deepItems(run, item, [])) as Sequence
    else found.push(item)
    run.charge(1)
  }
  return run.bounded(found)
}

function deepItems(run: Run, items: Sequence, into: unknown[]): unknown[] {
  for (const item of items) {
    run.tick()
    if (isArray(item)) deepItems(run, item, into)
    else into.push(item)
  }
  return into
}

/** `**`: the value and everything in it. */
export function descendants(run: Run, value: unknown): unknown {
  if (value === undefined) return undefined
  const found = sequence()
  descend(run, value, found)
  run.bounded(found)
  return found.length === 1 ? found[0] : found
}

function descend(run: Run, value: unknown, into: Sequence): void {
  run.tick()
  if (!isArray(value)) into.push(value)
  if (value === null || typeof value !== 'object') return
  for (const key of isArray(value) ? value.keys() : Object.keys(value))
    descend(run, (value as Record<string | number, unknown>)[key], into)
}
