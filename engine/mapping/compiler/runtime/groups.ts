import type { Each, Tuple } from './paths.ts'
import { LeaveToReference, type Run } from './run.ts'
import { isArray, isSequence, only, type Sequence } from './sequence.ts'

/** Pairs of a key and a value; the values of one key are those of all the items that have the key. */
export interface Group {
  pairs: [Each, Each][]
  position: number
}

interface Entry {
  data: unknown
  pair: number
}

/** `{…}`, alone or behind a path. */
export function group(run: Run, input: unknown, { pairs, position }: Group): object {
  const isStream = isArray(input) && input.tupleStream === true
  const items = isArray(input) ? input : only(input)
  const groups = Object.create(null) as Record<string, Entry>
  for (const item of items.length === 0 && !isStream ? fromNothing(items) : items) {
    for (const [pair, [keyOf]] of pairs.entries()) {
      run.tick()
      const key = isStream ? keyOf((item as Tuple)['@'], item as Tuple) : keyOf(item)
      if (key !== undefined) add(run, groups, checked(key, position), { data: item, pair }, position)
    }
  }
  const result = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(groups)) {
    const { data, pair } = groups[key] as Entry
    const valueFor = pairs[pair]?.[1] as Each
    const value = isStream ? fromTuples(run, data, valueFor) : valueFor(data)
    if (value !== undefined) result[key] = value
  }
  return result
}

/** An object is made of nothing too. JSONata puts that nothing into an empty list of the input itself. */
function fromNothing(items: Sequence): unknown[] {
  if (!isSequence(items)) throw new LeaveToReference('an empty list of the input grouped')
  return [undefined]
}

function checked(key: unknown, position: number): string {
  if (typeof key !== 'string') throw { code: 'T1003', position, value: key }
  if (key === '_jsonata_lambda' || key === '_jsonata_function') throw { code: 'D1013', position, value: key }
  return key
}

function add(run: Run, groups: Record<string, Entry>, key: string, entry: Entry, position: number): void {
  const known = groups[key]
  if (!known) groups[key] = entry
  else if (known.pair !== entry.pair) throw { code: 'D1009', position, value: key }
  else known.data = append(run, known.data, entry.data)
}

/** `$append`: one list of both. */
export function append(run: Run, one: unknown, other: unknown): unknown {
  if (one === undefined) return other
  if (other === undefined) return one
  const [left, right] = [isArray(one) ? one : only(one), isArray(other) ? other : [other]]
  const size = left.length + right.length
  if (size > run.limits.sequence) throw { code: 'D2015', value: size }
  run.charge(size >> 3)
  return left.concat(right)
}

function fromTuples(run: Run, data: unknown, valueFor: Each): unknown {
  const tuple = isArray(data) ? united(run, data as unknown[] as Tuple[]) : (data as Tuple)
  const context = tuple['@']
  // as JSONata does: the next pair of the same tuple has no context
  delete tuple['@']
  return valueFor(context, tuple)
}

function united(run: Run, tuples: Tuple[]): Tuple {
  const all = Object.assign(Object.create(null) as Tuple, tuples[0])
  for (const tuple of tuples.slice(1))
    for (const key of Object.keys(tuple)) all[key] = append(run, all[key], tuple[key])
  return all
}
