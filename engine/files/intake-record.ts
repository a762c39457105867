import { isVersionLost } from '../store/failures.ts'
import type { DocumentStore, StoredDocument } from '../store/ports.ts'

export const FILE_KIND = 'file-intake'

/**
 * What is known of a file that came in; its id is made of the partner, the box, the name and the content. `storing`: its records
 * are being stored. `stored`: they are, and it is to be put away. `done`, `failed`: it is put away.
 */
export interface FileRecordState {
  state: 'storing' | 'stored' | 'refused' | 'done' | 'failed'
  partner: string
  box: string
  name: string
  hash: string
  size: number
  records: number
  rejected: number
  /** Code and words of what made the whole file unusable. */
  reason?: { code: string; message: string }
  /** Epoch milliseconds. */
  startedAt: number
  endedAt?: number
  /** How often the very same file came again. */
  again: number
}

/** What a settled file is called where nothing may be moved: name, size and time of change, as the next look sees them. */
const MARK_KIND = 'file-mark'

export class FileRecords {
  readonly #documents: DocumentStore

  constructor(documents: DocumentStore) {
    this.#documents = documents
  }

  get(id: string): Promise<StoredDocument<FileRecordState> | undefined> {
    return this.#documents.get<FileRecordState>(FILE_KIND, id)
  }

  /** Another process may have been faster: then the error is `store.version`, and the next look finds what it did. */
  put(id: string, state: FileRecordState, expect: number): Promise<StoredDocument<FileRecordState>> {
    return this.#documents.put<FileRecordState>(FILE_KIND, id, state, {
      expect,
      references: [{ type: 'file', value: state.name }],
    })
  }

  async isMarked(id: string): Promise<boolean> {
    return (await this.#documents.get(MARK_KIND, id)) !== undefined
  }

  async mark(id: string, name: string): Promise<void> {
    try {
      await this.#documents.put(MARK_KIND, id, { name }, { expect: 0 })
    } catch (error) {
      if (!isVersionLost(error)) throw error
    }
  }
}
