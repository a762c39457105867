import { createHash } from 'node:crypto'
import { canonicalJson } from '../../json.ts'
import { allDocuments } from '../../store/all-documents.ts'
import { unlessBeaten } from '../../store/failures.ts'
import type { DocumentStore, StoredDocument } from '../../store/ports.ts'
import type { CodeChanges } from './code-changes.ts'

/** Which content of a file holds now: small, for every process reads all of them every few seconds. */
const HEAD = 'template-edit'
/** The contents, never changed once written. */
const VERSION = 'template-edit-version'
/** Marks of contents that a file may have; the oldest are forgotten. */
const MAX_SEEN = 400

/** One content of a file. */
export interface EditVersion {
  slug: string
  path: string
  /** From 1; 0 is what the template had before anybody changed it. */
  version: number
  /** null: there is no such file. Absent for the code table. */
  text?: string | null
  codes?: CodeChanges
  /** As the template has it: whatever a newer template has instead holds. */
  asTemplate: boolean
  by: string
  /** Epoch milliseconds. */
  at: number
  why?: string
  /** Takes a change back: the version whose content holds again. */
  backTo?: number
  /** Id of the content that held before. */
  before?: string
  /** Id of the content to which taking this one back leads. */
  undoTo?: string
}

export interface EditHead {
  slug: string
  path: string
  /** Id of the content. */
  current: string
  /** By which a content of the template's folder is known to be no news. */
  seen: string[]
}

/** Contents of changed files, and which of them holds. */
export class EditStore {
  readonly #documents: DocumentStore

  constructor(documents: DocumentStore) {
    this.#documents = documents
  }

  head(slug: string, path: string): Promise<StoredDocument<EditHead> | undefined> {
    return this.#documents.get<EditHead>(HEAD, `${slug}/${path}`)
  }

  heads(): Promise<StoredDocument<EditHead>[]> {
    return allDocuments<EditHead>(this.#documents, HEAD)
  }

  /** Written before it can hold; what is cut off in between is of no consequence. Returns its id. */
  async keep(version: EditVersion): Promise<string> {
    const hash = createHash('sha256').update(canonicalJson(version)).digest('hex').slice(0, 16)
    const id = `${version.slug}/${version.path}@${version.version}-${hash}`
    await unlessBeaten(this.#documents.put<EditVersion>(VERSION, id, version, { expect: 0 }))
    return id
  }

  async version(id: string): Promise<EditVersion | undefined> {
    return (await this.#documents.get<EditVersion>(VERSION, id))?.body
  }

  async drop(slug: string): Promise<void> {
    for (const { id, body } of await this.heads()) if (body.slug === slug) await this.#documents.delete(HEAD, id)
  }

  /** From now on this content holds. Fails with `store.version` when somebody else was faster. */
  decide(head: EditHead, expect: number): Promise<StoredDocument<EditHead>> {
    const seen = [...new Set(head.seen)].slice(-MAX_SEEN)
    return this.#documents.put<EditHead>(HEAD, `${head.slug}/${head.path}`, { ...head, seen }, { expect })
  }
}
