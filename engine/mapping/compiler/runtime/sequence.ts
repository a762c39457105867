/** A list as JSONata marks it: a sequence of results, a list that was constructed, a stream of tuples. */
export interface Sequence extends Array<unknown> {
  sequence?: true
  keepSingleton?: true
  cons?: true
  tupleStream?: true
  outerWrapper?: true
}

export const isArray = Array.isArray as (value: unknown) => value is Sequence

export function sequence(): Sequence {
  const made: Sequence = []
  made.sequence = true
  return made
}

/** A sequence of one. */
export function only(item: unknown): Sequence {
  const made: Sequence = [item]
  made.sequence = true
  return made
}

export function isSequence(value: unknown): value is Sequence {
  return isArray(value) && value.sequence === true
}

/** What an expression gives: an empty sequence is nothing, a sequence of one is that one. */
export function norm(value: unknown): unknown {
  if (!isArray(value) || value.sequence !== true || value.tupleStream) return value
  if (value.length === 0) return undefined
  return value.length === 1 && !value.keepSingleton ? value[0] : value
}

/** As `norm`, of an expression that is followed by `[]`. */
export function keep(value: unknown): unknown {
  if (isSequence(value) && !value.tupleStream) value.keepSingleton = true
  return norm(value)
}

/** The results of a step, with the lists among them taken apart. */
export function flatten(results: unknown[]): Sequence {
  const flat = sequence()
  for (const result of results) {
    if (!isArray(result) || result.cons) flat.push(result)
    else for (const item of result) flat.push(item)
  }
  return flat
}

/**
 * What a step hands to the next one: nothing, one value that is no list, or a list of values. A list of one list, or of one
 * nothing, stays a list: the next step looks at its item.
 */
export function compact(items: Sequence): unknown {
  if (items.length === 0) return undefined
  if (items.length > 1) return items
  const [item] = items
  return item === undefined || isArray(item) ? items : item
}

/** One result of a step in the middle of a path, as the next step takes it. */
export function flat(result: unknown): unknown {
  if (!isArray(result)) return result
  if (result.cons) return [result]
  return compact(result)
}

/** One result of the last step of a path, as the path's own. */
export function last(result: unknown): unknown {
  if (!isArray(result) || result.sequence !== true) return result
  if (result.length === 0) return undefined
  return result.length === 1 ? result[0] : result
}
