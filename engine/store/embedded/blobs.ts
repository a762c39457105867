import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { bytes as copyOf, invalid, MAX_BLOB } from '../arguments.ts'
import { closed, damaged } from '../failures.ts'
import type { BlobInfo, BlobStore } from '../ports.ts'
import { diskFailure, syncFolder, unlessMissing, writeSynced } from './files.ts'

/** One file per blob, named by its hash, under folders of the hash's first two digits: `ab/abcdef…`. */
export class EmbeddedBlobStore implements BlobStore {
  readonly #folder: string
  #closed = false
  #pending = 0
  #whenIdle: (() => void) | undefined

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(folder: string): Promise<EmbeddedBlobStore> {
    await mkdir(join(folder, 'incoming'), { recursive: true, mode: 0o700 })
    for (const leftover of await readdir(join(folder, 'incoming'))) await rm(join(folder, 'incoming', leftover))
    return new EmbeddedBlobStore(folder)
  }

  put(bytes: Uint8Array): Promise<BlobInfo> {
    return this.#during(async () => {
      const content = copyOf(bytes, 'bytes', MAX_BLOB)
      const hash = createHash('sha256').update(content).digest('hex')
      const path = this.#path(hash)
      if (await isComplete(path, content.byteLength)) return { hash, size: content.byteLength }
      const temporary = join(this.#folder, 'incoming', randomUUID())
      try {
        await writeSynced(temporary, content)
        await mkdir(join(this.#folder, hash.slice(0, 2)), { recursive: true, mode: 0o700 })
        await rename(temporary, path)
        await syncFolder(join(this.#folder, hash.slice(0, 2)))
        await syncFolder(this.#folder)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
      return { hash, size: content.byteLength }
    })
  }

  get(hash: string): Promise<Uint8Array | undefined> {
    return this.#during(async () => {
      const path = this.#path(hash)
      const content = await unlessMissing(readFile(path))
      if (content === undefined) return undefined
      if (createHash('sha256').update(content).digest('hex') !== hash) throw damaged(path, 'its content has changed')
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    })
  }

  delete(hash: string): Promise<boolean> {
    return this.#during(async () => (await unlessMissing(rm(this.#path(hash)).then(() => true))) ?? false)
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
  }

  async #during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw closed()
    this.#pending++
    try {
      return await work()
    } catch (error) {
      throw diskFailure(error)
    } finally {
      if (--this.#pending === 0) this.#whenIdle?.()
    }
  }

  #path(hash: string): string {
    if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) throw invalid('hash', 'must be a SHA-256 in hex')
    return join(this.#folder, hash.slice(0, 2), hash)
  }
}

async function isComplete(path: string, size: number): Promise<boolean> {
  return (await unlessMissing(stat(path)))?.size === size
}
