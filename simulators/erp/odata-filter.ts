/** The equality conditions of an OData filter; texts without their quotes. */
export function conditionsOf(filter: string | null): Record<string, string> {
  const found = (filter ?? '').matchAll(/(\w+) eq (?:'((?:[^']|'')*)'|([^\s)]+))/g)
  return Object.fromEntries(
    [...found].map(([, name = '', quoted, bare = '']) => [name, quoted?.replaceAll("''", "'") ?? bare]),
  )
}
