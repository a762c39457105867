import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CartageError } from '../../errors.ts'
import { damaged } from '../failures.ts'
import type { Database } from './database.ts'

/** `PRAGMA application_id` of our files: "CRTG". */
const APPLICATION_ID = 0x43525447
const FOLDER = join(import.meta.dirname, 'migrations')

interface Migration {
  number: number
  name: string
  sql: string
}

/** The migrations in order. Their numbers are 1, 2, 3 … without gaps. */
export function migrations(folder = FOLDER): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name, sql: readFileSync(join(folder, name), 'utf8') }))
}

/** Brings the file to the newest schema, each step in a transaction of its own that also records it. */
export function migrate(database: Database, steps: Migration[] = migrations()): void {
  const done = requireKnownSchema(database, steps)
  for (const step of steps.filter(({ number }) => number > done)) apply(database, step)
}

/** The schema of the file; throws `store.newer` when it is one that only a later Cartage can read. */
export function requireKnownSchema(database: Database, steps: Migration[] = migrations()): number {
  const done = schemaVersion(database)
  const newest = steps.at(-1)?.number ?? 0
  if (done > newest) {
    throw new CartageError(
      'refused',
      'store.newer',
      `The store ${database.file} was written by a newer Cartage (schema ${done}, this one knows ${newest}); start that version.`,
    )
  }
  return done
}

function apply(database: Database, step: Migration): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(step.sql)
    database.exec(`
      CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
      PRAGMA application_id = ${APPLICATION_ID}`)
    database.run('INSERT INTO migrations (number, name) VALUES (?, ?)', step.number, step.name)
    database.exec('COMMIT')
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function schemaVersion(database: Database): number {
  const tables = database.get<{ count: number }>('SELECT count(*) AS count FROM sqlite_schema')!.count
  if (tables === 0) return 0
  const { application_id: id } = database.get<{ application_id: number }>('PRAGMA application_id')!
  if (id !== APPLICATION_ID) throw damaged(database.file, 'it is a database of some other program')
  return database.get<{ number: number | null }>('SELECT max(number) AS number FROM migrations')!.number ?? 0
}
