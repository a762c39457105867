/** Of a list, so many values tell enough. */
const MAX_VALUES = 5
/** Values that are followed at every step: a small object can hold itself so often that nobody comes to its end. */
const MAX_LOOKED_AT = 1000

/** What stands at a path; lists on the way give the values of all their items. Undefined when nothing does. */
export function valuesAt(root: unknown, path: string): unknown {
  const names = path.match(/`[^`]*`|[^.]+/g) ?? []
  let values: unknown[] = [root]
  for (const name of names)
    values = values.flatMap((value) => childrenOf(value, name.replaceAll('`', ''))).slice(0, MAX_LOOKED_AT)
  const found = values.flat().filter((value) => value !== undefined)
  return found.length > 1 ? found.slice(0, MAX_VALUES) : found[0]
}

function childrenOf(value: unknown, name: string): unknown[] {
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value))
    return /^\d+$/.test(name) ? [value[Number(name)]] : value.flatMap((item) => childrenOf(item, name))
  if (name === '*') return Object.values(value)
  if (name === '**') return descendantsOf(value)
  return Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : []
}

function descendantsOf(value: object): unknown[] {
  const found: unknown[] = [value]
  for (let index = 0; index < found.length && found.length < MAX_LOOKED_AT; index++) {
    const one = found[index]
    if (one !== null && typeof one === 'object') found.push(...Object.values(one).slice(0, MAX_LOOKED_AT))
  }
  return found
}
