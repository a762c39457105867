import { createHash } from 'node:crypto'
import { type Binary, ObjectId } from 'mongodb'
import { CartageError } from '../../errors.ts'
import { LARGE_BODY } from '../arguments.ts'
import { damaged } from '../failures.ts'
import type { Message } from '../ports.ts'
import type { Database } from './database.ts'
import { Files } from './files.ts'
import { type MessageRecord, type ReadParts, toMessage } from './records.ts'

/** A file outside the record. */
export interface Outside {
  file: ObjectId
  /** SHA-256 of the content, hex. */
  hash: string
}

/** A text or bytes, in the document itself or outside it. */
export type Kept<T extends string | Uint8Array> = T | Outside

/** Whose a file is: it stays as long as the document of this collection and id names it. */
export interface Owner {
  collection: 'messages' | 'deliveries'
  id: string
}

/** What of a message or a delivery may be outside. */
interface Parts {
  headers?: Kept<string>
  payload?: Kept<string>
  raw?: Kept<Uint8Array>
}

/** How long the document may come after its file, milliseconds. */
const NAMED_WITHIN_MS = 3_600_000

export const isOutside = (kept: unknown): kept is Outside =>
  kept !== null && typeof kept === 'object' && 'file' in kept && kept.file instanceof ObjectId

const outsideOf = ({ headers, payload, raw }: Parts) => [headers, payload, raw].filter(isOutside)

export const isLarge = (value: string | Uint8Array) =>
  typeof value === 'string'
    ? value.length > LARGE_BODY / 3 && Buffer.byteLength(value) > LARGE_BODY
    : value.byteLength > LARGE_BODY

export const hashOf = (value: string | Uint8Array) => createHash('sha256').update(value).digest('hex')

/**
 * Texts and bytes above `LARGE_BODY`, since a document ends at 16 MiB. A file is whole before the document that names it is
 * written, and goes after it; one that a crash leaves without its document is found by the sweeper.
 */
export class LargeBodies {
  readonly #database: Database
  readonly #files: Files
  #looked: ObjectId | undefined

  constructor(database: Database) {
    this.#database = database
    this.#files = new Files(database, 'bodies')
  }

  /** The value as a document holds it. */
  async keep<T extends string | Uint8Array>(value: T, owner: Owner, now: number): Promise<Kept<T>> {
    if (!isLarge(value)) return value
    const content: Uint8Array = typeof value === 'string' ? Buffer.from(value) : value
    return { file: await this.#files.write(owner.id, content, { ...owner, at: now }), hash: hashOf(content) }
  }

  async text(kept: Kept<string>): Promise<string> {
    return typeof kept === 'string' ? kept : String(await this.#read(kept))
  }

  async bytes(kept: Kept<Uint8Array>): Promise<Uint8Array> {
    const found = isOutside(kept) ? await this.#read(kept) : bytesOf(kept)
    return new Uint8Array(found.buffer, found.byteOffset, found.byteLength)
  }

  /** The whole message; fails when a part of it cannot be read. */
  async message(record: MessageRecord): Promise<Message> {
    return this.#whole(record, record.payload, record.raw && (await this.bytes(record.raw)))
  }

  /**
   * A message among others, with the corrected payload of a repaired delivery. Raw bytes that cannot be read must not hold up its
   * neighbours: they are left out, with a warning.
   */
  async given(record: MessageRecord, payload: Kept<string> = record.payload): Promise<Message> {
    const raw = record.raw && (await this.bytes(record.raw).catch(leftOut))
    return this.#whole(record, payload, raw)
  }

  async #whole(record: MessageRecord, payload: Kept<string>, raw: Uint8Array | undefined): Promise<Message> {
    const [headers, text] = await Promise.all([this.text(record.headers), this.text(payload)])
    const parts: ReadParts = { headers, payload: text, ...(raw && { raw }) }
    return toMessage(record, parts)
  }

  /** Removes the files of a document that is gone. */
  async remove(parts: Parts): Promise<void> {
    await Promise.all(outsideOf(parts).map(({ file }) => this.#files.remove(file)))
  }

  /** Looks at the next files and removes those that no document names and that are not about to be named. */
  async tidy(now: number): Promise<void> {
    await this.#files.removeTorn()
    const files = await this.#files.stretch(this.#looked)
    this.#looked = files.at(-1)?._id
    for (const { _id, metadata } of files) {
      const { collection, id, at } = metadata as Owner & { at: number }
      if (now - at < NAMED_WITHIN_MS) continue
      const owner = await this.#database.collection<{ _id: string } & Parts>(collection).findOne({ _id: id })
      if (!outsideOf(owner ?? {}).some(({ file }) => file.equals(_id))) await this.#files.remove(_id)
    }
  }

  async #read({ file, hash }: Outside): Promise<Buffer> {
    const content = await this.#files.read(file)
    if (content === undefined) throw damaged(`body ${file}`, 'it is missing')
    if (hashOf(content) !== hash) throw damaged(`body ${file}`, 'its content has changed')
    return content
  }
}

function leftOut(error: unknown): undefined {
  if (!(error instanceof CartageError)) throw error
  process.emitWarning(error.message, { type: 'StoreDamage' })
}

/** Short bytes come out of a document as a Buffer, or as the driver's own class. */
function bytesOf(kept: Uint8Array | Binary): Uint8Array {
  return kept instanceof Uint8Array ? kept : kept.value()
}
