import { type Document, GridFSBucket, type ObjectId } from 'mongodb'
import type { Database } from './database.ts'

/** Files looked at in one stretch. */
const STRETCH = 100
/** How long the writing of a file may take before its chunks are taken for torn, milliseconds. */
const TORN_AFTER_MS = 3_600_000

export interface File {
  _id: ObjectId
  metadata?: Document
}

/**
 * A bucket of GridFS whose files are there only when they are whole: the chunks are on a majority of the servers before the
 * file's own document is. What a crash leaves are chunks without a file, which nobody sees and `removeTorn` removes.
 */
export class Files {
  readonly #database: Database
  readonly #name: string
  readonly #bucket: GridFSBucket
  #looked: ObjectId | undefined

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
    await this.#chunks.deleteMany({ files_id: id })
  }

  /** The next files after one, in the order of their ids; the first ones after the last. */
  async stretch(after: ObjectId | undefined): Promise<File[]> {
    return this.#files
      .find(after ? { _id: { $gt: after } } : {})
      .sort({ _id: 1 })
      .limit(STRETCH)
      .toArray()
  }

  /** Looks at the chunks of the next files and removes those whose file never came to be. */
  async removeTorn(): Promise<void> {
    const after = this.#looked
    const firsts = await this.#chunks
      .find({ n: 0, ...(after && { files_id: { $gt: after } }) })
      .project<{ files_id: ObjectId }>({ files_id: 1 })
      .sort({ files_id: 1 })
      .limit(STRETCH)
      .toArray()
    this.#looked = firsts.length < STRETCH ? undefined : firsts.at(-1)!.files_id
    const late = Date.now() - TORN_AFTER_MS
    for (const { files_id: id } of firsts.filter((one) => one.files_id.getTimestamp().getTime() < late))
      if (!(await this.#files.findOne({ _id: id }))) await this.#chunks.deleteMany({ files_id: id })
  }

  get #files() {
    return this.#database.collection<File & Document>(`${this.#name}.files`)
  }

  get #chunks() {
    return this.#database.collection<{ files_id: ObjectId; n: number }>(`${this.#name}.chunks`)
  }
}
