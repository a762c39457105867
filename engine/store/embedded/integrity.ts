import { damaged } from '../failures.ts'
import type { Database } from './database.ts'

/** Reads the whole file; throws `store.damaged` with the first thing that is wrong. */
export function quickCheck(database: Database): void {
  const problems = database.all<{ quick_check: string }>('PRAGMA quick_check(1)')
  const first = problems[0]?.quick_check ?? 'the check gave no answer'
  if (first !== 'ok') throw damaged(database.file, first)
}
