import { isObject } from './paths.ts'

export interface Difference {
  /** Dotted, positions of a list as numbers; empty for the value as a whole. */
  path: string
  /** `missing`: expected and not there. `added`: there and not expected. */
  kind: 'missing' | 'added' | 'changed'
  expected?: unknown
  actual?: unknown
}

/** More would help nobody. */
const MAX_DIFFERENCES = 200
const DEEPEST = 64

/** Where two JSON values differ, as near to the leaves as can be. What `mayHave` names may stand in `actual` at the top alone. */
export function diffOf(expected: unknown, actual: unknown, mayHave: ReadonlySet<string> = new Set()): Difference[] {
  const found: Difference[] = []
  const add = (one: Difference) => {
    if (found.length < MAX_DIFFERENCES) found.push(one)
  }
  const visit = (wanted: unknown, given: unknown, path: string, depth: number): void => {
    const below =
      depth < DEEPEST && ((isObject(wanted) && isObject(given)) || (Array.isArray(wanted) && Array.isArray(given)))
    if (!below) {
      if (JSON.stringify(wanted) !== JSON.stringify(given))
        add({ path, kind: 'changed', expected: wanted, actual: given })
      return
    }
    const [left, right] = [wanted as Record<string, unknown>, given as Record<string, unknown>]
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const at = path === '' ? key : `${path}.${key}`
      if (left[key] === undefined && right[key] === undefined) continue
      if (left[key] === undefined) {
        if (depth > 0 || !mayHave.has(key)) add({ path: at, kind: 'added', actual: right[key] })
      } else if (right[key] === undefined) add({ path: at, kind: 'missing', expected: left[key] })
      else visit(left[key], right[key], at, depth + 1)
    }
  }
  visit(expected, actual, '', 0)
  return found
}
