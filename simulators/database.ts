import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS requests (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, partner TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  operation TEXT, business_key TEXT, idempotency_key TEXT, status INTEGER NOT NULL, effect INTEGER NOT NULL, fault TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS requests_by_partner ON requests (partner, business_key);
CREATE TABLE IF NOT EXISTS effects (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, partner TEXT NOT NULL, kind TEXT NOT NULL, business_key TEXT NOT NULL,
  idempotency_key TEXT, data TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS effects_by_key ON effects (partner, kind, business_key);
CREATE INDEX IF NOT EXISTS effects_by_subject ON effects (business_key);
CREATE TABLE IF NOT EXISTS hooks (
  id TEXT PRIMARY KEY, partner TEXT NOT NULL, event TEXT NOT NULL, business_key TEXT NOT NULL, method TEXT NOT NULL,
  body BLOB NOT NULL, headers TEXT NOT NULL, state TEXT NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
  created_at TEXT NOT NULL, accepted_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS hooks_due ON hooks (state, due_at);
CREATE INDEX IF NOT EXISTS hooks_by_key ON hooks (partner, business_key);
CREATE TABLE IF NOT EXISTS hook_attempts (
  id INTEGER PRIMARY KEY, hook_id TEXT NOT NULL, at TEXT NOT NULL, partner TEXT NOT NULL, event TEXT NOT NULL,
  business_key TEXT NOT NULL, signature TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS hook_attempts_by_hook ON hook_attempts (hook_id);
CREATE TABLE IF NOT EXISTS documents (
  partner TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, lookup TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (partner, kind, id)
) STRICT;
CREATE INDEX IF NOT EXISTS documents_by_lookup ON documents (partner, kind, lookup);
CREATE TABLE IF NOT EXISTS journeys (
  partner TEXT NOT NULL, id TEXT NOT NULL, reference TEXT NOT NULL, outcome TEXT NOT NULL, script TEXT NOT NULL,
  position INTEGER NOT NULL, due_at INTEGER NOT NULL, occurred_at INTEGER NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY (partner, id)
) STRICT;
CREATE INDEX IF NOT EXISTS journeys_due ON journeys (state, due_at);
CREATE TABLE IF NOT EXISTS plans (reference TEXT PRIMARY KEY, outcome TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
`

/** The file name inside the simulators' data folder. */
const DATABASE_FILE = 'simulators.db'

/**
 * Opens the simulators' one database. `synchronous=FULL`: what a partner said it did must outlive a crash of the
 * partner, otherwise the ledger could not be the judge of the hub.
 */
export function openDatabase(dir: string): DatabaseSync {
  mkdirSync(dir, { recursive: true })
  const db = new DatabaseSync(join(dir, DATABASE_FILE))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000')
  db.exec(SCHEMA)
  // A ledger of earlier days goes on.
  for (const column of ['correlation', 'traceparent'])
    if (!hasColumn(db, column)) db.exec(`ALTER TABLE requests ADD COLUMN ${column} TEXT NOT NULL DEFAULT ''`)
  return db
}

function hasColumn(db: DatabaseSync, column: string): boolean {
  return db.prepare("SELECT 1 FROM pragma_table_info('requests') WHERE name = ?").get(column) !== undefined
}

/** Runs `work` in one transaction; the caller answers only after this has returned, so after the commit. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
