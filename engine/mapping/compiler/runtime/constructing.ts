import type { Run } from './run.ts'
import { isArray, type Sequence } from './sequence.ts'
import { stringOf } from './strings.ts'
import { truth } from './values.ts'

/** A variable that has no value yet. */
export const UNBOUND = Symbol('unbound')

/** A member of a list that is being made; lists are taken apart. */
export function add(run: Run, list: unknown[], value: unknown): void {
  if (value === undefined) return
  if (!isArray(value)) list.push(value)
  else {
    run.charge(value.length)
    for (const item of value) list.push(item)
  }
  run.bounded(list)
}

/** A member that is a list and stays one. */
export function nest(list: unknown[], value: unknown): void {
  if (value !== undefined) list.push(value)
}

export function constructed(list: Sequence): Sequence {
  // the other marks can be seen by `*`, this one cannot
  return Object.defineProperty(list, 'cons', { value: true })
}

/** The input as a whole, where that is a list. */
export function whole(context: unknown): unknown {
  return isArray(context) && context.outerWrapper ? context[0] : context
}

/** A function that is called without the `$` of its name is a mistake of its own. */
export function meant(target: unknown, candidate: unknown, code: string, position: number, token: string): unknown {
  if (target === undefined && candidate) throw { code, position, token }
  return target
}

/** `$boolean`, `$not`, `$count` and `$string` of one argument. */
export function boolean(value: unknown): boolean | undefined {
  return value === undefined ? undefined : truth(value)
}

export function not(value: unknown): boolean | undefined {
  return value === undefined ? undefined : !truth(value)
}

export function count(run: Run, value: unknown): number {
  run.tick()
  if (value === undefined) return 0
  return isArray(value) ? value.length : 1
}

export function string(run: Run, value: unknown): string | undefined {
  return value === undefined ? undefined : stringOf(run, value)
}
