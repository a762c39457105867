import { damaged } from '../failures.ts'
import type { Database } from './database.ts'

/** Reads the whole file; throws `store.damaged` with the first thing that is wrong. */
export function quickCheck(database: Database): void {
  const problem = answer(database, 'PRAGMA quick_check(1)')
  if (problem !== undefined) throw damaged(database.file, problem)
}

/**
 * The first thing that is wrong with a file that is being written to. One table after the other: a check holds back the
 * write-ahead log for as long as it reads.
 */
export function firstProblem(database: Database, stopped: () => boolean): string | undefined {
  const tables = database.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
  for (const { name } of tables) {
    if (stopped()) return undefined
    const problem = answer(database, `PRAGMA quick_check("${name}")`)
    if (problem !== undefined) return problem
  }
  return undefined
}

function answer(database: Database, check: string): string | undefined {
  const [first] = database.all<{ quick_check: string }>(check)
  const found = first?.quick_check ?? 'the check gave no answer'
  return found === 'ok' ? undefined : found
}
