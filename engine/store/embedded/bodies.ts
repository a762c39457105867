import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { LARGE_BODY } from '../arguments.ts'
import { damaged } from '../failures.ts'
import type { Message } from '../ports.ts'
import type { Database } from './database.ts'
import { diskFailure, syncFolder, unlessMissing, writeSynced } from './files.ts'

/** Leftovers are looked for this many files at a time. */
const LOOKED_AT_ONCE = 100

/** Where the raw bytes of a message are that are too large for the record. */
export interface Body {
  /** Name of the file, drawn anew for every append: two appends of one id never share it. */
  name: string
  /** SHA-256 of the content, hex. */
  hash: string
}

/** A message whose raw bytes are still in their file. */
export interface UnreadMessage extends Message {
  body?: Body
}

/**
 * Raw bodies above `LARGE_BODY`, one file each: on disk before their message is committed, removed after it is gone. A file
 * without a message (a crash between the two) is removed after the next opening.
 */
export class LargeBodies {
  readonly #folder: string
  readonly #database: Database
  /** Files that a running append is about to commit: no leftovers. */
  readonly #arriving = new Set<string>()
  readonly #working = new Set<Promise<unknown>>()
  #closed = false

  private constructor(folder: string, database: Database) {
    this.#folder = folder
    this.#database = database
  }

  static async open(folder: string, database: Database): Promise<LargeBodies> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const bodies = new LargeBodies(folder, database)
    bodies.#follow(bodies.#removeLeftovers())
    return bodies
  }

  /** Puts the bytes on disk. `arrived` or `remove` must follow. */
  async write(raw: Uint8Array): Promise<Body> {
    const name = randomUUID()
    this.#arriving.add(name)
    const path = this.#path(name)
    const folder = join(this.#folder, name.slice(0, 2))
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeSynced(path, raw)
      await syncFolder(folder)
      await syncFolder(this.#folder)
    } catch (error) {
      this.remove([name])
      throw diskFailure(error)
    }
    return { name, hash: hashOf(raw) }
  }

  /** The message of this body is committed. */
  arrived({ name }: Body): void {
    this.#arriving.delete(name)
  }

  /** Removes files in the background; what cannot be removed now is after the next opening. */
  remove(names: string[]): void {
    for (const name of names) {
      this.#follow(rm(this.#path(name), { force: true }))
      this.#arriving.delete(name)
    }
  }

  /** The message with its raw bytes. */
  async whole(message: UnreadMessage): Promise<Message> {
    const { body, ...rest } = message
    if (!body) return message
    const path = this.#path(body.name)
    const raw = await unlessMissing(readFile(path))
    if (raw === undefined) throw damaged(path, 'it is missing')
    if (hashOf(raw) !== body.hash) throw damaged(path, 'its content has changed')
    return { ...rest, raw: new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength) }
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#working.size > 0) await Promise.all(this.#working)
  }

  /** One folder after the other, with rests, so that neither memory nor the event loop feels how many there are. */
  async #removeLeftovers(): Promise<void> {
    for (const folder of await readdir(this.#folder)) {
      for (const [index, name] of ((await unlessMissing(readdir(join(this.#folder, folder)))) ?? []).entries()) {
        if (index % LOOKED_AT_ONCE === 0) await nextTurn()
        if (this.#closed) return
        if (this.#arriving.has(name) || this.#isKnown(name)) continue
        await rm(join(this.#folder, folder, name), { force: true })
      }
    }
  }

  #isKnown(name: string): boolean {
    return this.#database.get('SELECT 1 FROM messages WHERE body = ?', name) !== undefined
  }

  #follow(work: Promise<unknown>): void {
    const followed = work.catch((error) => process.emitWarning(error, { type: 'StoreBodies' }))
    this.#working.add(followed)
    void followed.finally(() => this.#working.delete(followed))
  }

  #path(name: string): string {
    return join(this.#folder, name.slice(0, 2), name)
  }
}

export const isLarge = (raw: Uint8Array | undefined) => raw !== undefined && raw.byteLength > LARGE_BODY

/** SHA-256, hex. */
export function hashOf(raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex')
}
