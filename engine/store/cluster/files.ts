import { type Document, GridFSBucket, type ObjectId } from 'mongodb'
import type { Database } from './database.ts'

/**
 * A bucket of GridFS whose files are there only when they are whole: the chunks are on a majority of the servers before the
 * file's own document is. What a crash leaves are chunks without a file, which nobody sees and `sweep` removes.
 */
export class Files {
  readonly #database: Database
  readonly #name: string
  readonly #bucket: GridFSBucket

  constructor(database: Database, name: string) {
    this.#database = database
    this.#name = name
    this.#bucket = new GridFSBucket(database.db, { bucketName: name })
  }

  async write(filename: string, content: Uint8Array, metadata?: Document): Promise<ObjectId> {
    const stream = this.#bucket.openUploadStream(filename, metadata && { metadata })
    await new Promise<void>((resolve, reject) => {
      stream.once('finish', resolve).once('error', reject)
      stream.end(Buffer.from(content.buffer, content.byteOffset, content.byteLength))
    })
    return stream.id
  }

  /** Undefined when there is no such file. */
  async read(id: ObjectId): Promise<Buffer | undefined> {
    const found = await this.#files.findOne({ _id: id })
    if (!found) return undefined
    return Buffer.concat(await this.#bucket.openDownloadStream(id).toArray())
  }

  async find(filename: string): Promise<ObjectId[]> {
    return (await this.#files.find({ filename }).toArray()).map(({ _id }) => _id)
  }

  /** Removing what is not there does no harm. */
  async remove(id: ObjectId): Promise<void> {
    await this.#files.deleteOne({ _id: id })
    await this.#database.collection(`${this.#name}.chunks`).deleteMany({ files_id: id })
  }

  get #files() {
    return this.#database.collection<Document & { _id: ObjectId }>(`${this.#name}.files`)
  }
}
