/*
 * Paths of a payload and of a canonical document: `body.items[0].sku`. A name that JSONata cannot take as it is stands in
 * backticks. A folded path has no positions: it names a field, whichever item of a list it is in.
 */

const PLAIN = /^[A-Za-z_]\w*$/
const PART = /`[^`]*`|\[[^\]]*\]|[^.`[\]]+/g
/** Fields by which people tell the items of a list apart. */
const NAMING = ['name', 'key', 'code', 'type', 'kind', 'id', 'qualifier', 'label']

const quoted = (name) => (PLAIN.test(name) ? name : `\`${name}\``)

/** The path of a child: by position in a list, else by name. */
export const childPath = (parent, key) =>
  typeof key === 'number' ? `${parent}[${key}]` : parent === '' ? quoted(key) : `${parent}.${quoted(key)}`

/** Names and positions; `[]` (any item of a list) becomes -1. */
export function partsOf(path) {
  return (path.match(PART) ?? []).map((part) => {
    if (part.startsWith('`')) return part.slice(1, -1)
    if (!part.startsWith('[')) return part
    return part === '[]' ? -1 : Number(part.slice(1, -1))
  })
}

export const fold = (path) =>
  partsOf(path)
    .filter((part) => typeof part === 'string')
    .map(quoted)
    .join('.')

/** What stands at a path; for `[]`, and where a list is met unasked, its first item. */
export function valueAt(root, path) {
  let value = root
  for (const part of partsOf(path)) {
    if (typeof part === 'string' && Array.isArray(value)) value = value[0]
    if (value === null || typeof value !== 'object') return undefined
    value = typeof part === 'string' ? ownValue(value, part) : value[Math.max(0, part)]
  }
  return value
}

/** Is there anything at a folded path, in whichever item of the lists on the way? What stands for any name counts as there. */
export function isThere(root, path) {
  let values = [root]
  for (const part of partsOf(path)) {
    if (/^\*+$/.test(part)) return true
    values = values.flat(Number.POSITIVE_INFINITY).flatMap((value) => {
      const below = value !== null && typeof value === 'object' ? ownValue(value, part) : undefined
      return below === undefined ? [] : [below]
    })
  }
  return values.length > 0
}

const ownValue = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined)

/** The folded paths above a path, nearest first. */
export function ancestorsOf(path) {
  const names = fold(path).match(PART) ?? []
  return names
    .map((_, index) => names.slice(0, index).join('.'))
    .filter(Boolean)
    .reverse()
}

export const isWithin = (path, ancestor) => path === ancestor || path.startsWith(`${ancestor}.`)

/**
 * The JSONata that reads one value of a sample. An item of a list is told by its name where the items have names that
 * differ, else by its position; in a list of one the position says nothing and is left out.
 */
export function expressionFor(root, path) {
  let value = root
  let expression = ''
  for (const part of partsOf(path)) {
    if (typeof part === 'string') {
      value = value?.[part]
      expression = childPath(expression, part)
    } else {
      if (value.length > 1) expression += chosenItem(value, part)
      value = value[part]
    }
  }
  return expression
}

function chosenItem(list, index) {
  const differ = (name) => {
    const names = list.map((item) => item?.[name])
    return names.every((value) => typeof value === 'string') && new Set(names).size === names.length
  }
  const naming = NAMING.find(differ)
  return naming === undefined ? `[${index}]` : `[${naming} = ${JSON.stringify(list[index][naming])}]`
}
