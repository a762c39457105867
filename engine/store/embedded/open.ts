import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CartageError } from '../../errors.ts'
import type { Store, StoreOptions } from '../ports.ts'
import { EmbeddedAuditStore } from './audit.ts'
import { EmbeddedBlobStore } from './blobs.ts'
import { LargeBodies } from './bodies.ts'
import { Database, translated } from './database.ts'
import { EmbeddedDocumentStore } from './documents.ts'
import { EmbeddedKeyStore } from './keys.ts'
import { quickCheck } from './integrity.ts'
import { endAllLeases } from './lanes.ts'
import { EmbeddedLimiter } from './limiter.ts'
import { lockStore } from './lock.ts'
import { EmbeddedMessageStore } from './messages.ts'
import { migrate } from './migrate.ts'
import { EmbeddedMotor } from './motor.ts'
import { EmbeddedTimerStore } from './timers.ts'
import { Upkeep, type UpkeepOptions } from './upkeep.ts'
import { Writer } from './writer.ts'

export interface EmbeddedOptions extends StoreOptions {
  /** The SQLite version to judge by, when it is not the one of this Node. */
  sqliteVersion?: string
  /** Most pages of 4 KiB that the file may have; beyond them every write fails with `store.full`. */
  maxPages?: number
  /** Largest file that is checked before the start, bytes; larger ones are checked in the background after it. */
  checkedBytes?: number
  upkeep?: Omit<UpkeepOptions, 'warn'>
  /** Milliseconds that a foreign writer on the file is waited for before `store.busy`. */
  patienceMs?: number
}

export interface EmbeddedStore extends Store {
  /** Commits made since opening. */
  commits(): number
  /** Every SQL statement used since opening. */
  statements(): string[]
}

/** SQLite before this one can corrupt a file in WAL mode (the "WAL-reset bug", 3.7.0 to 3.51.2). */
const OLDEST_SQLITE = '3.51.3'
/** Files up to these sizes are checked before the start, larger ones after it. */
const CHECKED_BYTES = 4 * 1024 * 1024
const CHECKED_BYTES_AFTER_CRASH = 64 * 1024 * 1024
/**
 * Pages of 4 KiB that the write-ahead log gathers before they go into the file: a page that many commits change is written
 * there once. Reading the log through at a start after a crash takes a tenth of a second.
 */
const CHECKPOINT_PAGES = 8_192
/** Short: a lock that lasts longer is waited for without blocking the event loop. */
const BUSY_MS = 50

/** The store in one SQLite file, with its blobs in `<file>-blobs/` and large raw bodies in `<file>-bodies/`. */
export async function openEmbedded(path: string, options: EmbeddedOptions): Promise<EmbeddedStore> {
  requireSqlite(options.sqliteVersion ?? process.versions.sqlite)
  const file = resolve(path)
  mkdirSync(dirname(file), { recursive: true })
  const unlock = lockStore(file)
  let database: Database | undefined
  try {
    const opened = openFile(file, options)
    database = opened.database
    const blobs = await EmbeddedBlobStore.open(`${file}-blobs`)
    const bodies = await LargeBodies.open(`${file}-bodies`, database)
    const upkeep = new Upkeep(database, { ...options.upkeep, ...(options.warn && { warn: options.warn }) })
    if (!opened.checked) upkeep.checkLater()
    return assemble(database, { blobs, bodies, upkeep }, options, unlock)
  } catch (error) {
    database?.close()
    unlock()
    throw translated(error, file)
  }
}

function openFile(file: string, options: EmbeddedOptions): { database: Database; checked: boolean } {
  // Personal data: the file is made for its owner alone, and SQLite gives its companions the same mode.
  closeSync(openSync(file, 'a', 0o600))
  const size = statSync(file).size
  const database = new Database(file, { busyMs: BUSY_MS })
  try {
    configure(database, options)
    migrate(database)
    const clean = database.get<{ value: number }>("SELECT value FROM meta WHERE name = 'clean'")?.value === 1
    const checked = size <= (options.checkedBytes ?? (clean ? CHECKED_BYTES : CHECKED_BYTES_AFTER_CRASH))
    if (checked) quickCheck(database)
    database.run("UPDATE meta SET value = 0 WHERE name = 'clean'")
    endAllLeases(database)
    database.run('UPDATE timers SET ready_at = due_at WHERE ready_at > due_at')
    return { database, checked }
  } catch (error) {
    database.close()
    throw error
  }
}

function configure(database: Database, options: EmbeddedOptions): void {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA mmap_size = 0;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
    PRAGMA cell_size_check = ON;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA journal_size_limit = 67108864`)
  if (options.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${options.maxPages}`)
}

function assemble(
  database: Database,
  { blobs, bodies, upkeep }: { blobs: EmbeddedBlobStore; bodies: LargeBodies; upkeep: Upkeep },
  { clock, patienceMs }: EmbeddedOptions,
  unlock: () => void,
): EmbeddedStore {
  const writer = new Writer(database, patienceMs)
  const motor = new EmbeddedMotor()
  let closing: Promise<void> | undefined
  const close = async () => {
    upkeep.close()
    await writer.close()
    motor.close()
    await blobs.close()
    await bodies.close()
    try {
      database.run("UPDATE meta SET value = 1 WHERE name = 'clean'")
    } finally {
      database.close()
      unlock()
    }
  }
  return {
    messages: new EmbeddedMessageStore(database, writer, clock, bodies),
    keys: new EmbeddedKeyStore(database, writer, clock),
    documents: new EmbeddedDocumentStore(database, writer, clock),
    timers: new EmbeddedTimerStore(database, writer, clock),
    audit: new EmbeddedAuditStore(database, writer, clock),
    blobs,
    limiter: new EmbeddedLimiter(clock),
    motor,
    shared: false,
    commits: () => writer.commits,
    statements: () => database.prepared,
    ping: async () => {
      upkeep.requireSound()
      await ping(database, writer, clock.now())
    },
    condition: () => upkeep.condition(),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/**
 * Asks for room before it writes: a full disk must show here as it would with a message. After the disk refused something the
 * room is really taken: what is rolled back never reaches the disk, and small writes fit in where the log has room.
 */
async function ping(database: Database, writer: Writer, now: number): Promise<void> {
  const { troubled } = writer
  await writer.write(() => {
    if (troubled) database.run("REPLACE INTO meta (name, value) VALUES ('room', zeroblob(65536))")
    else {
      database.run('SAVEPOINT room')
      database.run("INSERT INTO meta (name, value) VALUES ('room', zeroblob(65536))")
      database.run('ROLLBACK TO room')
      database.run('RELEASE room')
    }
    database.run("UPDATE meta SET value = ? WHERE name = 'ping'", now)
  })
  if (troubled) {
    await writer.write(() => database.run("DELETE FROM meta WHERE name = 'room'"))
    writer.troubled = false
  }
  await writer.read(() => database.get("SELECT value FROM meta WHERE name = 'ping'"))
}

function requireSqlite(found: string | undefined): void {
  const version = found ?? 'none'
  if (isAtLeast(version, OLDEST_SQLITE)) return
  throw new CartageError(
    'refused',
    'store.sqlite-version',
    `This Node carries SQLite ${version}, which can corrupt files; run Cartage on a Node with SQLite ${OLDEST_SQLITE} or newer.`,
  )
}

function isAtLeast(version: string, oldest: string): boolean {
  const parts = version.split('.').map(Number)
  const wanted = oldest.split('.').map(Number)
  for (const [index, want] of wanted.entries()) {
    const part = parts[index] ?? 0
    if (Number.isNaN(part)) return false
    if (part !== want) return part > want
  }
  return true
}
