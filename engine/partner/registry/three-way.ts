import { diff3Merge } from 'node-diff3'
import type { Json } from '../../json.ts'
import { editCodes } from '../desk/codes-text.ts'
import { CODES } from '../desk/checks.ts'
import type { CodeEntry } from '../profile-types.ts'
import type { Files } from './files.ts'
import { isSame, type KeyConflict, mergeJson } from './merge-json.ts'

/**
 * How it stands with a file that a new version of a template and you may have changed: `theirs`, `yours`: one of you has.
 * `same`: both, alike. `merged`: both, at different places. `conflict`: both, at the same place. `added`, `removed`: by them.
 */
export type FileState = 'unchanged' | 'theirs' | 'yours' | 'same' | 'merged' | 'conflict' | 'added' | 'removed'

export interface FileChange {
  path: string
  state: FileState
  base?: string
  theirs?: string
  yours?: string
  /** Both changes together; where they contradict each other, yours. */
  merged?: string
  conflicts?: Conflict[]
}

/** Lines of `merged`, from 0, `end` not among them, and the keys that lead there where the file is JSON. */
export interface Conflict {
  start: number
  end: number
  path?: string[]
  base?: string
  theirs?: string
}

/** Every file of the three, in the order of their paths. */
export function compareFiles(base: Files, theirs: Files, yours: Files): FileChange[] {
  const paths = [...new Set([base, theirs, yours].flatMap((files) => Object.keys(files)))].sort()
  return paths.map((path) => {
    const of = (files: Files) => (Object.hasOwn(files, path) ? files[path] : undefined)
    return compareFile(path, of(base), of(theirs), of(yours))
  })
}

function compareFile(
  path: string,
  base: string | undefined,
  theirs: string | undefined,
  yours: string | undefined,
): FileChange {
  const texts = {
    ...(base !== undefined && { base }),
    ...(theirs !== undefined && { theirs }),
    ...(yours !== undefined && { yours }),
  }
  const is = (state: FileState): FileChange => ({ path, state, ...texts })
  if (isAlike(path, theirs, yours)) return is(isAlike(path, theirs, base) ? 'unchanged' : 'same')
  if (isAlike(path, theirs, base)) return is('yours')
  if (isAlike(path, yours, base)) return is(base === undefined ? 'added' : theirs === undefined ? 'removed' : 'theirs')
  if (theirs === undefined || yours === undefined) return { ...is('conflict'), merged: yours ?? '', conflicts: [] }
  const both = path.endsWith('.json') ? mergedJson(path, base, theirs, yours) : undefined
  const { merged, conflicts } = both ?? mergedText(base ?? '', theirs, yours)
  const state = conflicts.length > 0 ? 'conflict' : 'merged'
  return { ...is(state), merged, ...(conflicts.length > 0 && { conflicts }) }
}

function mergedText(base: string, theirs: string, yours: string): { merged: string; conflicts: Conflict[] } {
  const lines: string[] = []
  const conflicts: Conflict[] = []
  for (const { ok, conflict } of diff3Merge<string>(yours.split('\n'), base.split('\n'), theirs.split('\n'))) {
    const start = lines.length
    lines.push(...(ok ?? conflict?.a ?? []))
    if (!conflict) continue
    const [was, is] = [conflict.o.join('\n'), conflict.b.join('\n')]
    conflicts.push({ start, end: lines.length, base: was, theirs: is })
  }
  return { merged: lines.join('\n'), conflicts }
}

/** undefined when one of the three is no JSON: then it is a text like any other. */
function mergedJson(path: string, base: string | undefined, theirs: string, yours: string) {
  const [was, their, your] = [parsed(base ?? '{}'), parsed(theirs), parsed(yours)]
  if (was === undefined || their === undefined || your === undefined) return undefined
  const { value, conflicts } = mergeJson({ base: was, theirs: their, yours: your })
  const merged = path === CODES ? mergedCodes(yours, your, value) : `${JSON.stringify(value, null, 2)}\n`
  return { merged, conflicts: conflicts.map((conflict) => placed(merged, conflict)) }
}

/** A code table keeps the layout that you gave it. */
function mergedCodes(text: string, yours: Json, merged: Json | undefined): string {
  const [before, after] = [yours, merged ?? {}] as Record<string, Json>[]
  const gone = Object.keys(before ?? {}).filter((code) => !Object.hasOwn(after ?? {}, code))
  const other = Object.entries(after ?? {}).filter(([code, entry]) => !isSame(before?.[code], entry))
  return editCodes(
    text,
    Object.fromEntries([...gone.map((code) => [code, null]), ...other]) as Record<string, CodeEntry | null>,
  )
}

function placed(text: string, { path, base, theirs }: KeyConflict): Conflict {
  const shown = (value: Json | undefined) => (value === undefined ? undefined : JSON.stringify(value, null, 2))
  const [was, is] = [shown(base), shown(theirs)]
  return {
    ...linesOf(text, path),
    path,
    ...(was !== undefined && { base: was }),
    ...(is !== undefined && { theirs: is }),
  }
}

/** Where a key stands in JSON that is written with two spaces a level; as near to it as can be found. */
function linesOf(text: string, path: readonly string[]): { start: number; end: number } {
  const lines = text.split('\n')
  let [start, end] = [0, lines.length]
  for (const [depth, key] of path.entries()) {
    const indent = '  '.repeat(depth + 1)
    const from = lines.findIndex(
      (line, at) => at >= start && at < end && line.startsWith(`${indent}${JSON.stringify(key)}:`),
    )
    if (from < 0) break
    const closing = lines.findIndex((line, at) => at > from && at < end && /^[}\]],?$/.test(line.slice(indent.length)))
    const isOpen = /[{[]$/.test(lines[from] ?? '')
    ;[start, end] = [from, isOpen && closing > 0 ? closing + 1 : from + 1]
  }
  return { start, end }
}

/** JSON that says the same is the same, however it is laid out. */
function isAlike(path: string, one: string | undefined, other: string | undefined): boolean {
  if (one === other) return true
  if (!path.endsWith('.json') || one === undefined || other === undefined) return false
  const [left, right] = [parsed(one), parsed(other)]
  return left !== undefined && right !== undefined && isSame(left, right)
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
