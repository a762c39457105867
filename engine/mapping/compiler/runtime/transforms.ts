import { CartageError } from '../../../errors.ts'
import { apply, isFunction, type Lambda, lambda, type Native } from './calls.ts'
import type { Each } from './paths.ts'
import type { Run } from './run.ts'
import { isArray } from './sequence.ts'

const REFUSED = new Set(['__proto__', 'constructor', 'prototype'])

/** Positions of what is to be updated, of what goes away, and of the whole. */
type Positions = [update: number, away: number, whole: number]

/** `|where|what to set, what to take away|`: a function from an object to its changed copy. */
export function transform(
  _run: Run,
  clone: unknown,
  [updatePosition, awayPosition, position]: Positions,
  pattern: Each,
  update: Each,
  away?: Each,
): Lambda {
  const change: Native = (run, [object]) => {
    if (object === undefined) return undefined
    if (!isFunction(clone)) throw { code: 'T2013', position }
    const copy = apply(run, clone, [object], null)
    const found = pattern(copy)
    for (const match of found === undefined ? [] : isArray(found) ? found : [found]) {
      run.tick()
      set(match as Record<string, unknown>, update(match), updatePosition)
      if (away) remove(match, away(match), awayPosition)
    }
    return copy
  }
  return lambda((() => undefined) as Lambda, {
    arity: 1,
    signature: ONE_OBJECT,
    native: change,
    partial: 1,
    bare: true,
  })
}

function set(match: Record<string, unknown>, values: unknown, position: number): void {
  if (values === undefined) return
  if (typeof values !== 'object' || values === null || isArray(values)) throw { code: 'T2011', position, value: values }
  for (const [key, value] of Object.entries(values)) {
    if (REFUSED.has(key))
      throw new CartageError('invalid', 'mapping.unsafe-key', `the result has the key ${key}`, { field: key })
    match[key] = value
  }
}

function remove(match: unknown, keys: unknown, position: number): void {
  if (keys === undefined) return
  const list = isArray(keys) ? keys : [keys]
  if (list.some((key) => typeof key !== 'string')) throw { code: 'T2012', position, value: keys }
  if (typeof match !== 'object' || match === null) return
  for (const key of list) delete (match as Record<string, unknown>)[key as string]
}

/** `<(oa):o>` */
const ONE_OBJECT = {
  definition: '<(oa):o>',
  validate(args: unknown[]): unknown[] {
    const [first] = args
    if (args.length > 1) throw { code: 'T0410', value: args[1], index: 2 }
    const fits = first === undefined || (typeof first === 'object' && first !== null)
    if (args.length === 0 || !fits) throw { code: 'T0410', value: first, index: 1 }
    return args
  },
}
