import { allDocuments } from '../../store/all-documents.ts'
import { unlessBeaten } from '../../store/failures.ts'
import type { DocumentStore, StoredDocument } from '../../store/ports.ts'
import { PARTNER_KINDS, type PartnerKind } from '../profile-types.ts'
import { checkFiles, type Files, versionOf } from './files.ts'
import { checkLabel, checkSlug, invalid } from './slug.ts'

/** Small, for every process reads all of them every few seconds. */
export const OWN_PARTNER_KIND = 'own-partner'
/** Whole folders, never changed once written. */
const CONTENT = 'own-partner-files'

/** From what a partner of one's own was made, or last brought up to. */
export interface Origin {
  template: string
  version: string
}

/** What a partner of one's own stood on: its files, and those of the template that they come from. Ids of contents. */
export interface Standing {
  origin: Origin
  files: string
  base: string
}

export interface OwnHead extends Standing {
  slug: string
  label: string
  kind: PartnerKind
  /** What an upgrade replaced. */
  previous?: Standing
  /** An upgrade that is under way, or was cut off: to which version, since when (epoch milliseconds), and what held before it. */
  begun?: { to: string; at: number; files: string }
  by: string
  /** Epoch milliseconds. */
  createdAt: number
  changedAt: number
}

/** Records of the partners that people have made, in the store that all processes share. */
export class OwnStore {
  readonly #documents: DocumentStore

  constructor(documents: DocumentStore) {
    this.#documents = documents
  }

  heads(): Promise<StoredDocument<OwnHead>[]> {
    return allDocuments<OwnHead>(this.#documents, OWN_PARTNER_KIND)
  }

  head(slug: string): Promise<StoredDocument<OwnHead> | undefined> {
    return this.#documents.get<OwnHead>(OWN_PARTNER_KIND, slug)
  }

  /** Fails with `store.version` when somebody else was faster. */
  put(head: OwnHead, expect: number): Promise<StoredDocument<OwnHead>> {
    return this.#documents.put<OwnHead>(OWN_PARTNER_KIND, head.slug, head, { expect })
  }

  async remove({ id, version, body }: StoredDocument<OwnHead>): Promise<void> {
    await this.#documents.delete(OWN_PARTNER_KIND, id, version)
    const contents = [body.files, body.base, body.previous?.files, body.previous?.base, body.begun?.files]
    for (const content of new Set(contents)) if (content) await this.#documents.delete(CONTENT, content)
  }

  /** Written before a head names it; what is cut off in between is of no consequence. Returns its id. */
  async keep(slug: string, files: Files): Promise<string> {
    const id = `${slug}@${versionOf(files)}`
    const known = await this.#documents.get(CONTENT, id)
    if (known === undefined) await unlessBeaten(this.#documents.put(CONTENT, id, { files }, { expect: 0 }))
    return id
  }

  /** @throws CartageError invalid `partner.files` for a content that is gone or cannot be a folder */
  async files(id: string): Promise<Files> {
    const content = await this.#documents.get<{ files?: unknown }>(CONTENT, id)
    return checkFiles(content?.body.files)
  }
}

/** A record that somebody has written by other ways must not lead anywhere else than below the folder of partners. */
export function checkHead({ id, body }: StoredDocument<OwnHead>): OwnHead {
  if (checkSlug(body.slug) !== id) throw invalid('partner.slug', 'slug', 'is not the one of the record')
  checkLabel(body.label)
  if (!PARTNER_KINDS.includes(body.kind)) throw invalid('partner.kind', 'kind', 'is no kind of partner')
  if (typeof body.origin?.template !== 'string' || typeof body.files !== 'string' || typeof body.base !== 'string')
    throw invalid('partner.record', 'origin', 'and its files are missing')
  return body
}
