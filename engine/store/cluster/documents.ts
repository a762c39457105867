import { ObjectId } from 'mongodb'
import {
  distinctReferences,
  identifier,
  itemLimit,
  jsonText,
  milliseconds,
  objectText,
  versionNumber,
} from '../arguments.ts'
import { versionLost } from '../failures.ts'
import type { JsonObject } from '../../json.ts'
import type { Clock, DocumentStore, Reference, StoredDocument } from '../ports.ts'
import { type Database, isDuplicate } from './database.ts'
import { fitting } from './fitting.ts'

interface DocumentRecord {
  _id: string
  kind: string
  id: string
  version: number
  /** JSON text: keys of a body are the sender's and may hold what MongoDB gives a meaning to. */
  body: string
  references: string
  /** Kind and value of each reference, as `lookup` writes them. */
  lookups: string[]
  createdAt: number
  /** Orders what one process created within a millisecond. */
  created: ObjectId
  updatedAt: number
}

/** Documents with their references inside, so that every change is one update of one document. */
export class ClusterDocumentStore implements DocumentStore {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async get<T = JsonObject>(kind: string, id: string): Promise<StoredDocument<T> | undefined> {
    const _id = idOf(identifier(kind, 'kind'), identifier(id, 'id'))
    return this.#database.during(async () => {
      const record = await this.#documents.findOne({ _id })
      return record ? toDocument<T>(record) : undefined
    })
  }

  async put<T = JsonObject>(
    kind: string,
    id: string,
    body: T,
    options: { expect: number; references?: Reference[] },
  ): Promise<StoredDocument<T>> {
    identifier(kind, 'kind')
    identifier(id, 'id')
    const expect = versionNumber(options.expect, 'expect')
    const text = fitting(objectText(body as object, 'body'), 'body')
    const references = options.references && distinctReferences(options.references)
    return this.#database.during(async () => {
      const record = await (expect === 0
        ? this.#insert(kind, id, text, references ?? [])
        : this.#update(kind, id, text, expect, references))
      if (record) return toDocument<T>(record)
      const found = await this.#documents.findOne({ _id: idOf(kind, id) })
      throw versionLost(kind, id, expect, found?.version ?? 0)
    })
  }

  async find<T = JsonObject>(kind: string, value: string, type?: string): Promise<StoredDocument<T>[]> {
    identifier(kind, 'kind')
    identifier(value, 'value')
    if (type !== undefined) identifier(type, 'type')
    return this.#database.during(async () => {
      const records = await this.#documents.find({ lookups: idOf(kind, value) }).toArray()
      return records
        .sort(
          (one, other) =>
            one.createdAt - other.createdAt || one.created.toString().localeCompare(other.created.toString()),
        )
        .map((record) => toDocument<T>(record))
        .filter(({ references }) => references.some((one) => one.value === value && one.type === (type ?? one.type)))
    })
  }

  async page<T = JsonObject>(kind: string, page: { after?: string; limit: number }) {
    identifier(kind, 'kind')
    const limit = itemLimit(page.limit)
    const after = String(page.after ?? '')
    return this.#database.during(async () => {
      const records = await this.#documents
        .find({ kind, id: { $gt: after } })
        .sort({ id: 1 })
        .limit(limit + 1)
        .toArray()
      const items = records.slice(0, limit).map((record) => toDocument<T>(record))
      return records.length > limit ? { items, next: items.at(-1)!.id } : { items }
    })
  }

  async delete(kind: string, id: string, version?: number): Promise<boolean> {
    const _id = idOf(identifier(kind, 'kind'), identifier(id, 'id'))
    const only = version === undefined ? { _id } : { _id, version: versionNumber(version, 'version') }
    return this.#database.during(async () => (await this.#documents.deleteOne(only)).deletedCount > 0)
  }

  /** A document that is written meanwhile has another version and stays. */
  async expire(kind: string, before: number, limit: number): Promise<number> {
    identifier(kind, 'kind')
    const end = milliseconds(before, 'before')
    const most = itemLimit(limit)
    return this.#database.during(async () => {
      const old = await this.#documents
        .find({ kind, updatedAt: { $lt: end } })
        .project<{ _id: string; version: number }>({ version: 1 })
        .sort({ updatedAt: 1 })
        .limit(most)
        .toArray()
      if (old.length === 0) return 0
      const deletions = old.map(({ _id, version }) => ({ deleteOne: { filter: { _id, version } } }))
      return (await this.#documents.bulkWrite(deletions, { ordered: false })).deletedCount
    })
  }

  get #documents() {
    return this.#database.collection<DocumentRecord>('documents')
  }

  async #insert(kind: string, id: string, body: string, references: Reference[]): Promise<DocumentRecord | undefined> {
    const now = this.#clock.now()
    const record: DocumentRecord = {
      _id: idOf(kind, id),
      kind,
      id,
      version: 1,
      body,
      ...written(kind, references),
      createdAt: now,
      created: new ObjectId(),
      updatedAt: now,
    }
    try {
      await this.#documents.insertOne(record)
      return record
    } catch (error) {
      if (isDuplicate(error)) return undefined
      throw error
    }
  }

  async #update(
    kind: string,
    id: string,
    body: string,
    expect: number,
    references: Reference[] | undefined,
  ): Promise<DocumentRecord | undefined> {
    const change = {
      version: expect + 1,
      body,
      updatedAt: this.#clock.now(),
      ...(references && written(kind, references)),
    }
    const record = await this.#documents.findOneAndUpdate(
      { _id: idOf(kind, id), version: expect },
      { $set: change },
      { returnDocument: 'after' },
    )
    return record ?? undefined
  }
}

/** Two strings as one, so that different pairs never give the same. */
function idOf(kind: string, id: string): string {
  return `${kind.length}:${kind}${id}`
}

function written(kind: string, references: Reference[]): Pick<DocumentRecord, 'references' | 'lookups'> {
  return {
    references: jsonText(references as never, 'references'),
    lookups: [...new Set(references.map(({ value }) => idOf(kind, value)))],
  }
}

function toDocument<T>({ kind, id, version, body, references, updatedAt }: DocumentRecord): StoredDocument<T> {
  return {
    kind,
    id,
    version,
    body: JSON.parse(body) as T,
    references: JSON.parse(references) as Reference[],
    updatedAt,
  }
}
