import type { Each, Tuple } from './paths.ts'
import type { Run } from './run.ts'
import type { Sequence } from './sequence.ts'

/** One term of an order-by. */
export interface Term {
  by: Each
  descending: boolean
}

/** The items in order: texts among texts, numbers among numbers, nothing last. */
export function order(run: Run, items: Sequence, terms: Term[], position: number): Sequence {
  const isStream = items.tupleStream
  const valueFor = ({ by }: Term, item: unknown) => (isStream ? by((item as Tuple)['@'], item as Tuple) : by(item))
  const isAfter = (one: unknown, other: unknown) => {
    for (const term of terms) {
      const sign = compared(valueFor(term, one), valueFor(term, other), term.descending, position)
      if (sign !== 0) return sign === 1
    }
    return false
  }
  return sorted(run, items, isAfter) as Sequence
}

function compared(one: unknown, other: unknown, descending: boolean, position: number): number {
  if (one === undefined) return other === undefined ? 0 : 1
  if (other === undefined) return -1
  const isOrdered = (value: unknown) => typeof value === 'string' || typeof value === 'number'
  if (!isOrdered(one) || !isOrdered(other)) throw { code: 'T2008', position, value: isOrdered(one) ? other : one }
  if (typeof one !== typeof other) throw { code: 'T2007', position, value: one, value2: other }
  if (one === other) return 0
  // texts compare as texts, whatever the cast says
  const sign = (one as number) < (other as number) ? -1 : 1
  return descending ? -sign : sign
}

/** The merge sort that JSONata prescribes: stable, and asking of the same pairs in the same order. */
export function sorted(run: Run, items: unknown[], isAfter: (one: unknown, other: unknown) => unknown): unknown[] {
  if (items.length <= 1) return items
  const middle = items.length >> 1
  const left = sorted(run, items.slice(0, middle), isAfter)
  const right = sorted(run, items.slice(middle), isAfter)
  const merged: unknown[] = []
  let [one, other] = [0, 0]
  while (one < left.length && other < right.length) {
    run.tick()
    if (isAfter(left[one], right[other])) {
      merged.push(right[other])
      other += 1
    } else {
      merged.push(left[one])
      one += 1
    }
  }
  return merged.concat(left.slice(one), right.slice(other))
}
