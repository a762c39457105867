/*
 * What the trees show, as a flat list of rows: only what is unfolded, so that a payload of any size costs no more than
 * what is looked at. A row: { path, name, depth, open (undefined for a leaf), folded (its
 * path without positions), … }.
 */
import { childPath, fold } from './paths.mjs'

/** Rows that are shown unasked when a payload is opened. */
const AT_FIRST = 60

const isContainer = (value) => value !== null && typeof value === 'object'
const entriesOf = (value) => (Array.isArray(value) ? [...value.entries()] : Object.entries(value))

/** Which containers of a payload stand open at first: from the top down, as long as the rows are few. */
export function firstOpen(root) {
  const open = new Set()
  const waiting = entriesOf(root).map(([key, value]) => [childPath('', key), value])
  let rows = waiting.length
  for (const [path, value] of waiting) {
    if (!isContainer(value)) continue
    const entries = entriesOf(value)
    if (rows + entries.length > AT_FIRST) continue
    rows += entries.length
    open.add(path)
    for (const [key, below] of entries) waiting.push([childPath(path, key), below])
  }
  return open
}

/** The rows of a payload; with a `query`, those that name or hold it and what is above them. */
export function payloadRows(root, open, query = '') {
  const wanted = query.trim().toLowerCase()
  const rows = []
  const visit = (container, parent, above, depth) => {
    for (const [key, value] of entriesOf(container)) {
      const path = childPath(parent, key)
      const folded = typeof key === 'number' ? above : childPath(above, key)
      const row = { path, name: String(key), depth, value, folded, open: undefined }
      if (isContainer(value) && entriesOf(value).length > 0) row.open = wanted !== '' || open.has(path)
      rows.push(row)
      const before = rows.length
      if (row.open) visit(value, path, folded, depth + 1)
      const found = rows.length > before || !wanted || fits(row, wanted)
      if (!found) rows.pop()
    }
  }
  if (isContainer(root)) visit(root, '', '', 0)
  return rows
}

function fits({ name, value }, wanted) {
  return name.toLowerCase().includes(wanted) || (!isContainer(value) && String(value).toLowerCase().includes(wanted))
}

/** The rows of a canonical tree, as the hub describes it. */
export function targetRows(fields, open, query = '') {
  const wanted = query.trim().toLowerCase()
  const rows = []
  const visit = (list, depth) => {
    for (const field of list) {
      const row = { depth, folded: fold(field.path), ...field, open: undefined }
      if (field.children?.length > 0) row.open = wanted !== '' || open.has(field.path)
      rows.push(row)
      const before = rows.length
      if (row.open) visit(field.children, depth + 1)
      const said = `${field.name} ${field.label ?? ''} ${field.description ?? ''}`.toLowerCase()
      if (rows.length === before && wanted && !said.includes(wanted)) rows.pop()
    }
  }
  visit(fields, 0)
  return rows
}

/** Every field of a canonical tree, the deepest ones too. */
export const allFields = (fields) => fields.flatMap((field) => [field, ...allFields(field.children ?? [])])

/** A value in one short line. */
export function brief(value) {
  if (Array.isArray(value)) return `[${value.length}]`
  if (isContainer(value)) return `{${Object.keys(value).length}}`
  if (typeof value === 'string') return value.length > 200 ? `${value.slice(0, 200)}…` : value
  return String(value)
}

export const kindOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)
