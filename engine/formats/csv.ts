import { CsvError, parse } from 'csv-parse/sync'
import type { Json, JsonObject } from '../json.ts'
import { badFormat, checkKey, LIMITS } from './failure.ts'
import { textOf } from './text.ts'

const DELIMITERS = [',', ';', '\t']
/** Characters of a line. */
export const MAX_RECORD = 1024 * 1024

/** CSV (RFC 4180) whose first line names the columns, to `{ rows: [{ column: text }] }`; the delimiter is the one of that line. */
export function decodeCsv(bytes: Uint8Array): JsonObject {
  const text = textOf('csv', bytes)
  if (text.trim() === '') throw badFormat('csv', 'it is empty, not even columns are named')
  try {
    const rows = parse(text, csvOptions(text)) as Record<string, string>[]
    if (rows.length > LIMITS.values) throw badFormat('csv', `it has more than ${LIMITS.values} rows`)
    return { rows }
  } catch (error) {
    throw csvFailure(error)
  }
}

/** How the parser reads CSV whose first line is (in) `head`. */
export function csvOptions(head: string) {
  return {
    columns: checkedColumns,
    delimiter: delimiterOf(head),
    skip_empty_lines: true,
    max_record_size: MAX_RECORD,
    record_delimiter: ['\r\n', '\n', '\r'],
  }
}

/** What the parser says, as one of ours: its own words quote the line, and that may be anybody's data. */
export function csvFailure(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error
  return badFormat('csv', FAULTS[error.code] ?? 'it is not whole', `line ${error.lines}`)
}

const TOO_LONG = `a line is longer than ${MAX_RECORD} characters`
const FAULTS: Record<string, string> = {
  CSV_RECORD_INCONSISTENT_COLUMNS: 'a line has another number of cells than the first',
  CSV_MAX_RECORD_SIZE: TOO_LONG,
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  INVALID_OPENING_QUOTE: 'a quote stands within a cell that is not quoted',
  CSV_INVALID_CLOSING_QUOTE: 'something stands behind the quote that ends a cell',
}

function checkedColumns(names: string[]): string[] {
  const columns = names.map((name) => name.trim())
  const known = new Set<string>()
  for (const [index, name] of columns.entries()) {
    const where = `line 1, cell ${index + 1}`
    if (name === '') throw badFormat('csv', 'a column has no name', where)
    if (known.has(name)) throw badFormat('csv', 'two columns have the same name', where)
    known.add(name)
    checkKey('csv', name, where)
  }
  return columns
}

/** The one that is there most often in the first line, outside quotes. */
function delimiterOf(text: string): string {
  const line = /^[^\r\n]*/.exec(text)![0].replace(/"[^"]*"/g, '')
  const count = (delimiter: string) => line.split(delimiter).length
  return DELIMITERS.reduce((best, other) => (count(other) > count(best) ? other : best))
}

/** A spreadsheet takes a cell that begins so for a formula (CWE-1236); an apostrophe says that it is a text. */
export function asText(value: string): string {
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
}

/** `{ rows, delimiter? }` to CSV; the columns are those of the rows, in the order in which they first come. */
export function encodeCsv(value: Json): Buffer {
  const { rows, delimiter = ',' } = (value ?? {}) as { rows?: Json; delimiter?: Json }
  if (!Array.isArray(rows) || rows.length === 0) throw badFormat('csv', 'it needs rows', 'rows')
  if (typeof delimiter !== 'string' || !DELIMITERS.includes(delimiter))
    throw badFormat('csv', 'the delimiter is a comma, a semicolon or a tab', 'delimiter')
  const columns = new Set(rows.flatMap((row, index) => Object.keys(asRow(row, index))))
  const lines = rows.map((row, index) =>
    [...columns].map((column) => cell(asRow(row, index)[column], delimiter, `rows[${index}].${column}`)),
  )
  const header = [...columns].map((column) => cell(column, delimiter, column))
  return Buffer.from([header, ...lines].map((cells) => `${cells.join(delimiter)}\r\n`).join(''))
}

function asRow(row: Json, index: number): JsonObject {
  if (row === null || typeof row !== 'object' || Array.isArray(row))
    throw badFormat('csv', 'a row has named cells', `rows[${index}]`)
  return row
}

function cell(value: Json | undefined, delimiter: string, where: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'object') throw badFormat('csv', 'a cell is one value', where)
  const text = String(value)
  const plain = !/["\r\n]/.test(text) && !text.includes(delimiter) && text.trim() === text
  return plain ? text : `"${text.replaceAll('"', '""')}"`
}
