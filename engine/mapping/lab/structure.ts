import { stepTo } from './paths.ts'

/** An object with more keys than this is a dictionary: its keys are data. */
const DICTIONARY_FROM = 60
/** Keys that are ids, numbers, dates or addresses of somebody. */
const DATA_KEY = /\d{4}|^\d+$|[@\s/]|^[0-9a-f]{8,}$/i
const DEEPEST = 40

/**
 * Where a payload has values, whatever they are: indexes of lists left out, keys of dictionaries as `*`. At most `limit` paths,
 * after looking at ten times as many values.
 */
export function structureOf(body: unknown, limit: number): Set<string> {
  const paths = new Set<string>()
  let left = limit * 10
  const visit = (value: unknown, path: string, depth: number): void => {
    if (value === undefined || left <= 0 || paths.size >= limit || depth > DEEPEST) return
    left -= 1
    if (value === null || typeof value !== 'object') {
      if (path !== '') paths.add(path)
    } else if (Array.isArray(value)) {
      for (const item of value) visit(item, path, depth + 1)
    } else {
      const keys = Object.keys(value)
      const fold = keys.length > DICTIONARY_FROM
      for (const key of keys) {
        if (key === '__proto__') continue
        const step = fold || DATA_KEY.test(key) ? `${path === '' ? '' : `${path}.`}*` : stepTo(path, key)
        visit((value as Record<string, unknown>)[key], step, depth + 1)
      }
    }
  }
  visit(body, '', 0)
  return paths
}
