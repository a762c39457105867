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
import type { Database } from './database.ts'
import type { Writer } from './writer.ts'

interface DocumentRow {
  doc: number
  kind: string
  id: string
  version: number
  updatedAt: number
  refs: string
  body: string
}

const COLUMNS = 'd.doc, d.kind, d.id, d.version, d.updated_at AS updatedAt, d.refs, d.body'

export class EmbeddedDocumentStore implements DocumentStore {
  readonly #database: Database
  readonly #writer: Writer
  readonly #clock: Clock

  constructor(database: Database, writer: Writer, clock: Clock) {
    this.#database = database
    this.#writer = writer
    this.#clock = clock
  }

  async get<T = JsonObject>(kind: string, id: string): Promise<StoredDocument<T> | undefined> {
    identifier(kind, 'kind')
    identifier(id, 'id')
    return this.#writer.read(() => {
      const row = this.#row(kind, id)
      return row && toDocument<T>(row)
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
    const bodyText = objectText(body as object, 'body')
    const refs = options.references && jsonText(distinctReferences(options.references) as never, 'references')
    return this.#writer.write(() => {
      const found = this.#row(kind, id)
      if ((found?.version ?? 0) !== expect) throw versionLost(kind, id, expect, found?.version ?? 0)
      const now = this.#clock.now()
      const next = { kind, id, version: expect + 1, updatedAt: now, refs: refs ?? found?.refs ?? '[]', body: bodyText }
      const doc = found ? this.#update(found.doc, next) : this.#insert(next)
      if (next.refs !== (found?.refs ?? '[]')) this.#index(doc, kind, next.refs, found !== undefined)
      return toDocument<T>(next)
    })
  }

  async find<T = JsonObject>(kind: string, value: string, type?: string): Promise<StoredDocument<T>[]> {
    identifier(kind, 'kind')
    identifier(value, 'value')
    if (type !== undefined) identifier(type, 'type')
    return this.#writer.read(() =>
      this.#database
        .all<DocumentRow>(
          `SELECT ${COLUMNS} FROM documents d WHERE d.doc IN (SELECT doc FROM document_references
             WHERE kind = ?1 AND value = ?2 AND (?3 IS NULL OR type = ?3)) ORDER BY d.doc`,
          kind,
          value,
          type ?? null,
        )
        .map((row) => toDocument<T>(row)),
    )
  }

  async page<T = JsonObject>(kind: string, page: { after?: string; limit: number }) {
    identifier(kind, 'kind')
    const limit = itemLimit(page.limit)
    return this.#writer.read(() => {
      const rows = this.#database.all<DocumentRow>(
        `SELECT ${COLUMNS} FROM documents d WHERE d.kind = ? AND d.id > ? ORDER BY d.id LIMIT ?`,
        kind,
        page.after ?? '',
        limit + 1,
      )
      const items = rows.slice(0, limit).map((row) => toDocument<T>(row))
      return rows.length > limit ? { items, next: items.at(-1)!.id } : { items }
    })
  }

  async delete(kind: string, id: string, version?: number): Promise<boolean> {
    identifier(kind, 'kind')
    identifier(id, 'id')
    const only = version === undefined ? null : versionNumber(version, 'version')
    return this.#writer.write(
      () =>
        this.#database.run(
          'DELETE FROM documents WHERE kind = ?1 AND id = ?2 AND (?3 IS NULL OR version = ?3)',
          kind,
          id,
          only,
        ) > 0,
    )
  }

  async expire(kind: string, before: number, limit: number): Promise<number> {
    identifier(kind, 'kind')
    const end = milliseconds(before, 'before')
    const most = itemLimit(limit)
    return this.#writer.write(() =>
      this.#database.run(
        `DELETE FROM documents WHERE doc IN
           (SELECT doc FROM documents WHERE kind = ? AND updated_at < ? ORDER BY updated_at LIMIT ?)`,
        kind,
        end,
        most,
      ),
    )
  }

  #row(kind: string, id: string): DocumentRow | undefined {
    return this.#database.get<DocumentRow>(`SELECT ${COLUMNS} FROM documents d WHERE d.kind = ? AND d.id = ?`, kind, id)
  }

  #insert(next: Omit<DocumentRow, 'doc'>): number {
    return this.#database.insert(
      'INSERT INTO documents (kind, id, version, updated_at, refs, body) VALUES (?, ?, ?, ?, ?, ?)',
      next.kind,
      next.id,
      next.version,
      next.updatedAt,
      next.refs,
      next.body,
    )!
  }

  #update(doc: number, next: Omit<DocumentRow, 'doc'>): number {
    this.#database.run(
      'UPDATE documents SET version = ?, updated_at = ?, refs = ?, body = ? WHERE doc = ?',
      next.version,
      next.updatedAt,
      next.refs,
      next.body,
      doc,
    )
    return doc
  }

  #index(doc: number, kind: string, refs: string, replace: boolean): void {
    if (replace) this.#database.run('DELETE FROM document_references WHERE doc = ?', doc)
    for (const { type, value } of JSON.parse(refs) as Reference[]) {
      this.#database.run(
        'INSERT INTO document_references (kind, value, type, doc) VALUES (?, ?, ?, ?)',
        kind,
        value,
        type,
        doc,
      )
    }
  }
}

function toDocument<T>({ kind, id, version, body, refs, updatedAt }: Omit<DocumentRow, 'doc'>): StoredDocument<T> {
  return {
    kind,
    id,
    version,
    body: JSON.parse(body) as T,
    references: JSON.parse(refs) as Reference[],
    updatedAt,
  }
}
