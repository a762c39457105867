import { CartageError } from '../../errors.ts'
import { isVersionLost } from '../../store/failures.ts'
import type { DocumentStore } from '../../store/ports.ts'
import type { PageMark } from '../paging.ts'

/** Where a poll is; kept in the store, so that it goes on there after a restart and in another process. */
export type PollState = {
  /** What the partner said where to go on. */
  cursor?: string | number
  /** RFC 3339: everything that changed until then has been stored. */
  since?: string
  /** A reading of several pages that has not come to its end. */
  reading?: { mark: PageMark; began: string; latest?: string }
  etag?: string
  /** RFC 3339. */
  lastAt?: string
  lastOkAt?: string
  nextAt?: string
  /** In a row. */
  failures: number
  error?: { code: string; message: string }
}

const KIND = 'poll'

/** The states of polls, by the partner's slug. Written by who leads; where two do so for a moment, the later one is told. */
export class PollStates {
  readonly #documents: DocumentStore

  constructor(documents: DocumentStore) {
    this.#documents = documents
  }

  async read(partner: string): Promise<{ state: PollState; version: number }> {
    const found = await this.#documents.get<PollState>(KIND, partner)
    return { state: found?.body ?? { failures: 0 }, version: found?.version ?? 0 }
  }

  /** Gives the new version; `poll.beaten` (transient) when somebody else has written meanwhile. */
  async write(partner: string, state: PollState, version: number): Promise<number> {
    try {
      return (await this.#documents.put(KIND, partner, state, { expect: version })).version
    } catch (error) {
      if (!isVersionLost(error)) throw error
      throw new CartageError('transient', 'poll.beaten', 'another process polls this partner', { cause: error })
    }
  }
}
