import { createHash } from 'node:crypto'
import { canonicalJson } from '../../json.ts'
import type { CodeTable } from '../codes.ts'
import type { CodeEntry } from '../profile-types.ts'
import type { CodeEdits } from './codes-text.ts'

/** One code that people have changed: what the template said of it, and what holds instead; null: nothing. */
export interface CodeChange {
  from: CodeEntry | null
  to: CodeEntry | null
}

/** Everything that people have changed in a partner's code table. A code that was put back stays, with the same on both sides. */
export type CodeChanges = Record<string, CodeChange>

/**
 * What is to be changed, on top of the changes before. What the template has said anew since takes the place of what it
 * said when the code was first changed.
 */
export function changed(
  before: CodeChanges,
  folder: CodeTable,
  seen: ReadonlySet<string>,
  edits: CodeEdits,
): CodeChanges {
  const changes = { ...before }
  for (const [code, to] of Object.entries(edits)) {
    const [known, there] = [Object.hasOwn(before, code) ? before[code]! : undefined, entryIn(folder, code)]
    const isNews = known === undefined || (!seen.has(markOf(code, there)) && !isSame(there, known.to))
    changes[code] = { from: isNews ? there : known.from, to }
  }
  return changes
}

/** The changes as they were once, with what was changed since put back. */
export function putBack(once: CodeChanges, since: CodeChanges): CodeChanges {
  const back = Object.entries(since).map(([code, { from }]) => [code, { from, to: from }])
  return { ...Object.fromEntries(back), ...once }
}

/** Those edits that change what holds, or settle what the template has got anew. */
export function effective(edits: CodeEdits, table: CodeTable, conflicts: string[]): CodeEdits {
  const matters = ([code, to]: [string, CodeEntry | null]) =>
    conflicts.includes(code) || !isSame(entryIn(table, code), to)
  return Object.fromEntries(Object.entries(edits).filter(matters))
}

/** What holds is what the template says. */
export function areAsTemplate(changes: CodeChanges): boolean {
  return Object.values(changes).every(({ from, to }) => isSame(from, to))
}

/** What one version changed of the one before. */
export function changesBetween(before: CodeChanges, after: CodeChanges): CodeChanges {
  const was = (code: string) => (Object.hasOwn(before, code) ? before[code]!.to : after[code]!.from)
  const other = Object.entries(after).filter(([code, { to }]) => !isSame(was(code), to))
  return Object.fromEntries(other.map(([code, { to }]) => [code, { from: was(code), to }]))
}

/** What makes one table of another. */
export function editsBetween(table: CodeTable, wanted: CodeTable): CodeEdits {
  const gone = Object.keys(table).filter((code) => !Object.hasOwn(wanted, code))
  const other = Object.entries(wanted).filter(([code, entry]) => !isSame(entryIn(table, code), entry))
  return Object.fromEntries([...gone.map((code) => [code, null] as const), ...other])
}

export interface LaidOver {
  /** What the file needs to say what holds. */
  edits: CodeEdits
  table: CodeTable
  /** Codes of which the template says something new since they were changed here. */
  conflicts: string[]
}

/** The changes laid over the table that the template's folder has. `seen`: marks of every entry that the file may have had. */
export function lay(changes: CodeChanges, folder: CodeTable, seen: ReadonlySet<string>): LaidOver {
  const edits: Record<string, CodeEntry | null> = {}
  const conflicts: string[] = []
  for (const [code, { from, to }] of Object.entries(changes)) {
    const there = entryIn(folder, code)
    const isNews = !seen.has(markOf(code, there)) && !isSame(there, to)
    if (isNews && isSame(from, to)) continue
    if (isNews) conflicts.push(code)
    if (!isSame(there, to)) edits[code] = to
  }
  return { edits, table: tableWith(folder, edits), conflicts }
}

export function tableWith(table: CodeTable, edits: CodeEdits): CodeTable {
  const kept = Object.entries({ ...table, ...edits }).filter(([, entry]) => entry !== null)
  return Object.fromEntries(kept) as CodeTable
}

function entryIn(table: CodeTable, code: string): CodeEntry | null {
  return Object.hasOwn(table, code) ? table[code]! : null
}

/** By which an entry of a file is known again: short, for many of them are kept. */
export function markOf(code: string, entry: CodeEntry | null): string {
  return mark(`${code}:${canonicalJson(entry)}`)
}

export function mark(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}

function isSame(one: CodeEntry | null, other: CodeEntry | null): boolean {
  return canonicalJson(one) === canonicalJson(other)
}
