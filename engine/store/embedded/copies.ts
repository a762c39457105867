import { constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import type { Progress, StoreCopies } from '../backup.ts'
import { damaged } from '../failures.ts'
import { hashOf } from './bodies.ts'
import { Database, translated } from './database.ts'
import { unlessMissing } from './files.ts'
import { quickCheck } from './integrity.ts'
import { lockStore } from './lock.ts'
import { requireKnownSchema } from './migrate.ts'

const DATABASE = 'cartage.db'
const FOLDERS = ['blobs', 'bodies'] as const
/** Pages copied between two looks at the progress: 4 MiB. */
const PAGES_PER_STEP = 1_024

export function embeddedCopies(path: string): StoreCopies {
  const file = resolve(path)
  return {
    places: [
      { part: DATABASE, target: file, companions: [`${file}-wal`, `${file}-shm`] },
      ...FOLDERS.map((part) => ({ part, target: `${file}-${part}`, companions: [] })),
    ],
    exists: () => existsSync(file),
    copy: (folder, progress) => copyStore(file, folder, progress),
    check: async (folder) => withCopy(join(folder, DATABASE), requireSound),
    lock() {
      mkdirSync(dirname(file), { recursive: true })
      return lockStore(file)
    },
  }
}

/**
 * The files go before and after the database. What a record in the copy names was there before it: it is in the first pass,
 * or, written since, in the second; nothing that young is deleted.
 */
async function copyStore(file: string, folder: string, progress: Progress): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await copyFolders(file, folder, progress)
  await copyDatabase(file, join(folder, DATABASE), progress)
  await copyFolders(file, folder, progress)
  return withCopy(join(folder, DATABASE), (database) => {
    requireSound(database)
    return spoiltBodies(database, folder)
  })
}

/** One read transaction for the whole copy: without it every commit of the hub would make the copy begin anew. */
async function copyDatabase(file: string, target: string, progress: Progress): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true })
  try {
    source.exec('BEGIN')
    source.prepare('SELECT count(*) FROM sqlite_schema').get()
    const pages = await backup(source, target, {
      rate: PAGES_PER_STEP,
      progress: ({ totalPages, remainingPages }) => progress('database pages', totalPages - remainingPages, totalPages),
    })
    progress('database pages', pages, pages)
  } catch (error) {
    throw translated(error, file)
  } finally {
    source.close()
  }
  const copy = new DatabaseSync(target)
  // A file of its own, without companions: it can be read from a medium that cannot be written.
  copy.exec('PRAGMA journal_mode = DELETE')
  copy.close()
}

async function copyFolders(file: string, folder: string, progress: Progress): Promise<void> {
  for (const part of FOLDERS) {
    const source = `${file}-${part}`
    let done = 0
    for (const shard of (await unlessMissing(readdir(source))) ?? []) {
      // Half-written blobs.
      if (shard === 'incoming') continue
      const names = (await unlessMissing(readdir(join(source, shard)))) ?? []
      await mkdir(join(folder, part, shard), { recursive: true, mode: 0o700 })
      for (const name of names) {
        const [from, to] = [join(source, shard, name), join(folder, part, shard, name)]
        // Of another size it was still being written when it was copied; whole by now, if any record names it.
        if (existsSync(to) && statSync(to).size === (await unlessMissing(stat(from)))?.size) continue
        // Deleted since the folder was read: no record names it any more.
        await unlessMissing(copyFile(from, to, constants.COPYFILE_FICLONE))
        progress(part, ++done, done)
      }
    }
  }
}

function withCopy<T>(file: string, look: (database: Database) => T): T {
  if (!existsSync(file)) throw damaged(file, 'it is missing')
  const database = new Database(file, { busyMs: 0, readOnly: true })
  try {
    return look(database)
  } catch (error) {
    throw translated(error, file)
  } finally {
    database.close()
  }
}

/** Whole, and of a schema that is known here. */
function requireSound(database: Database): void {
  requireKnownSchema(database)
  quickCheck(database)
}

function spoiltBodies(database: Database, folder: string): string[] {
  const bodies = database.iterate<{ id: string; body: string; hash: string }>(
    'SELECT id, body, body_hash AS hash FROM messages WHERE body IS NOT NULL',
  )
  const problems: string[] = []
  for (const { id, body, hash } of bodies) {
    const path = join(folder, 'bodies', body.slice(0, 2), body)
    if (!existsSync(path)) problems.push(`the raw body of message ${id} is missing (${body})`)
    else if (hashOf(readFileSync(path)) !== hash) problems.push(`the raw body of message ${id} has changed (${body})`)
  }
  return problems
}
