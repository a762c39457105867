import { createHash } from 'node:crypto'
import { bytes as copyOf, invalid, MAX_BLOB } from '../arguments.ts'
import { damaged } from '../failures.ts'
import type { BlobInfo, BlobStore } from '../ports.ts'
import type { Database } from './database.ts'
import { Files } from './files.ts'

/** Blobs in GridFS, named by their hash. Two who put the same at once may leave two files; they are read as one and go together. */
export class ClusterBlobStore implements BlobStore {
  readonly #database: Database
  readonly #files: Files

  constructor(database: Database) {
    this.#database = database
    this.#files = new Files(database, 'blobs')
  }

  /** Removes what a crash left of a blob that was being put. */
  tidy(): Promise<void> {
    return this.#files.removeTorn()
  }

  async put(bytes: Uint8Array): Promise<BlobInfo> {
    const content = copyOf(bytes, 'bytes', MAX_BLOB)
    return this.#database.during(async () => {
      const hash = hashOf(content)
      if ((await this.#files.find(hash)).length === 0) await this.#files.write(hash, content)
      return { hash, size: content.byteLength }
    })
  }

  async get(hash: string): Promise<Uint8Array | undefined> {
    const name = checked(hash)
    return this.#database.during(async () => {
      const [id] = await this.#files.find(name)
      const content = id && (await this.#files.read(id))
      if (!content) return undefined
      if (hashOf(content) !== name) throw damaged(`blob ${name}`, 'its content has changed')
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    })
  }

  async delete(hash: string): Promise<boolean> {
    const name = checked(hash)
    return this.#database.during(async () => {
      const ids = await this.#files.find(name)
      for (const id of ids) await this.#files.remove(id)
      return ids.length > 0
    })
  }
}

const hashOf = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

function checked(hash: string): string {
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) throw invalid('hash', 'must be a SHA-256 in hex')
  return hash
}
