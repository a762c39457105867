/** A single value of a payload and where it stands. */
export interface Leaf {
  /** Dotted names, indexes of lists left out as JSONata does; a name that is none of its words in backticks. */
  path: string
  value: null | boolean | number | string
}

/** More leaves than this are not looked at: the rest of a list says what its beginning said. */
const MAX_LEAVES = 20_000
const DEEPEST = 100
const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u
/** Words of the language that are no names when they stand alone. */
const RESERVED = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function'])

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Every single value of it, at most 20,000. An empty object or list is none. */
export function leavesOf(value: unknown, limit = MAX_LEAVES): Leaf[] {
  const leaves: Leaf[] = []
  walk(value, '', 0, (path, leaf) => leaves.push({ path, value: leaf }) < limit)
  return leaves
}

type Take = (path: string, value: Leaf['value']) => boolean

/** False as soon as enough was taken. */
function walk(value: unknown, path: string, depth: number, take: Take): boolean {
  if (value === undefined || typeof value === 'function' || depth > DEEPEST) return true
  if (value === null || typeof value !== 'object') return take(path, value as Leaf['value'])
  if (Array.isArray(value)) return value.every((item) => walk(item, path, depth + 1, take))
  return Object.entries(value).every(([name, item]) => walk(item, stepTo(path, name), depth + 1, take))
}

/** The path one name further, as JSONata writes it. */
export function stepTo(path: string, name: string): string {
  const word = PLAIN_NAME.test(name) && !RESERVED.has(name) ? name : `\`${name.replaceAll('`', '')}\``
  return path === '' ? word : `${path}.${word}`
}

/** The names of a path, without backticks. */
export function namesOf(path: string): string[] {
  const names = path.match(/`[^`]*`|[^.`]+/g) ?? []
  return names.map((name) => name.replaceAll('`', '').replace(/\[.*\]$/, ''))
}

/** What stands at a path, every item of the lists on the way. */
export function valuesAt(value: unknown, path: string): unknown[] {
  return namesOf(path).reduce<unknown[]>(
    (found, name) =>
      found
        .flat(8)
        .filter(isObject)
        .map((one) => (Object.hasOwn(one, name) ? one[name] : undefined))
        .filter((one) => one !== undefined),
    [value],
  )
}

/** Is it the path itself, or does it stand below it? `*` at its end takes everything. */
export function isWithin(path: string, above: string): boolean {
  const root = above.replace(/\.\*+$/, '')
  return path === root || path.startsWith(`${root}.`)
}
