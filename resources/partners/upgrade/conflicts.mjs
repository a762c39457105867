/* Places of a file that both sides have changed, settled one by one. */

/** The text with the template's side at those places (by their numbers) that were picked, and one's own at the others. */
export function settled({ merged, conflicts }, picked) {
  const chosen = conflicts.filter((_conflict, number) => picked.has(number))
  const isJson = chosen.length > 0 && chosen.every(({ path }) => path !== undefined)
  return isJson ? withKeys(merged, chosen) : withLines(merged, chosen)
}

/** From the end, so that the lines before keep their numbers. */
function withLines(text, conflicts) {
  const lines = text.split('\n')
  for (const { start, end, theirs = '' } of [...conflicts].sort((one, other) => other.start - one.start))
    lines.splice(start, end - start, ...(theirs === '' ? [] : theirs.split('\n')))
  return lines.join('\n')
}

function withKeys(text, conflicts) {
  const value = JSON.parse(text)
  for (const { path, theirs } of conflicts) {
    const place = path.slice(0, -1).reduce((within, key) => {
      within[key] ??= {}
      return within[key]
    }, value)
    if (theirs === undefined) delete place[path.at(-1)]
    else place[path.at(-1)] = JSON.parse(theirs)
  }
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Where a conflict is, for people. */
export const placeOf = ({ path, start }) => (path ? path.join(' › ') : String(start + 1))

/** One's own side of a conflict. */
export function yoursOf({ merged }, { path, start, end }) {
  if (!path) return merged.split('\n').slice(start, end).join('\n')
  const value = path.reduce((within, key) => within?.[key], JSON.parse(merged))
  return value === undefined ? '' : JSON.stringify(value, null, 2)
}
