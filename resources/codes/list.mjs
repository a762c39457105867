/*
 * A list of codes as a spreadsheet or a partner's documentation gives it, one code a line:
 * `code, event, reason, words`, apart by tabs or semicolons, or `code, words`.
 */
import { suggested } from './suggest.mjs'

/** In place of an event: the code is no news of a shipment. */
export const IGNORED = 'ignored'
const NO_NEWS = /^(ignored|no news|(is )?no news of a shipment)$/i

/**
 * Rows `{ code, type, reason, label, problems, isSuggested }`; `problems` are `{ key, text }`: what stands there and is not
 * known, or stands there twice. `isSuggested`: no event was written, and the words sound like this one.
 */
export function rowsOf(text, taxonomy) {
  const lines = text.split(/\r?\n/).map(cellsOf)
  const rows = lines.filter(([code]) => code !== '' && !isHeading(code)).map((cells) => rowOf(cells, taxonomy))
  const seen = new Set()
  for (const row of rows) {
    if (seen.has(row.code)) row.problems.push({ key: 'twice' })
    seen.add(row.code)
  }
  return rows
}

const isHeading = (code) => /^codes?$/i.test(code)

function cellsOf(line) {
  const apart = line.includes('\t') ? '\t' : ';'
  return line
    .split(apart)
    .map((cell) => cell.trim().replace(/^"(.*)"$/, (_whole, inner) => inner.replaceAll('""', '"')))
}

function rowOf([code, ...cells], { events, reasons }) {
  const problems = []
  const rest = [...cells]
  const [first = ''] = rest
  const type = taken(rest, (cell) => (NO_NEWS.test(cell) ? IGNORED : known(events, 'type', cell)))
  if (type === undefined && isMeant(rest)) problems.push({ key: 'unknownEvent', text: rest.shift() })
  const hasEvent = type !== undefined || problems.length > 0
  const reason = hasEvent ? taken(rest, (cell) => known(reasons, 'reason', cell)) : undefined
  if (hasEvent && reason === undefined && isMeant(rest)) problems.push({ key: 'unknownReason', text: rest.shift() })
  // A cell that is left empty keeps the place of what may stand there.
  const said = rest.filter((cell) => cell !== '').join(' ')
  // Where nothing else is said, an event's own name may be the partner's words, too.
  const label = said === '' && isEvent(events, type) && first !== type && reason === undefined ? first : said
  if (hasEvent) return { code, type, reason, label, problems }
  const likely = suggested(label, events)
  return { code, type: likely, reason, label, problems, ...(likely && { isSuggested: true }) }
}

const isEvent = (events, type) => events.some((event) => event.type === type)

/** The first cell, if it is what is looked for. */
function taken(cells, find) {
  const found = cells.length > 0 && cells[0] !== '' ? find(cells[0]) : undefined
  if (found !== undefined) cells.shift()
  return found
}

/** By its name or by how it is called. */
function known(list, name, cell) {
  const said = cell.toLowerCase()
  return list.find((one) => one[name] === said || one.label.toLowerCase() === said)?.[name]
}

/** Nobody's words look like this: something of ours is meant. Nor are words followed by further ones. */
const isMeant = (cells) =>
  /^[a-z_]+(\.[a-z_]+)+$/.test(cells[0] ?? '') || cells.filter((cell) => cell !== '').length > 1
