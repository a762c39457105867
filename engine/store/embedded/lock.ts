import { DatabaseSync } from 'node:sqlite'
import { CartageError } from '../../errors.ts'
import { sqliteCode, translated } from './database.ts'

const SQLITE_BUSY = 5
/** A predecessor that is just exiting gets this long. */
const PATIENCE_MS = 1_000

/**
 * The right to use a store file, as an exclusive transaction that stays open on `<file>.lock`. The operating system ends it
 * with the process, also after kill -9, and the store file itself stays readable for backups. Returns the release.
 */
export function lockStore(file: string): () => void {
  const connection = new DatabaseSync(`${file}.lock`, { timeout: PATIENCE_MS })
  try {
    connection.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    connection.close()
    if (sqliteCode(error) !== SQLITE_BUSY) throw translated(error, `${file}.lock`)
    throw new CartageError(
      'refused',
      'store.in-use',
      `The store ${file} is in use by another process; stop that one first or give this one a file of its own.`,
      { cause: error },
    )
  }
  return () => connection.close()
}
