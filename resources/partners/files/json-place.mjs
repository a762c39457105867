/* Where a field of a JSON text stands. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g

/**
 * Offset of the name of the field that `path` leads to (`operations.book.key`, `parameters[1].name`); of the last part that
 * is there where the path leads on to nothing; 0 where not even its first is.
 */
export function offsetOf(text, path) {
  const wanted = path.split(/[.[\]]+/).filter(Boolean)
  const open = []
  let found = 0
  let reached = 0
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const place = open.at(-1)
    if (token === '{' || token === '[')
      open.push({ isList: token === '[', name: token === '[' ? '0' : undefined, awaits: token === '{' })
    else if (token === '}' || token === ']') open.pop()
    else if (token === ',' && place)
      Object.assign(place, place.isList ? { name: String(Number(place.name) + 1) } : { awaits: true })
    else if (token.startsWith('"') && place?.awaits) {
      Object.assign(place, { name: JSON.parse(token), awaits: false })
      const here = open.map(({ name }) => name)
      if (
        here.length > reached &&
        here.length <= wanted.length &&
        here.every((name, depth) => name === wanted[depth])
      ) {
        reached = here.length
        found = index
      }
    }
  }
  return found
}
