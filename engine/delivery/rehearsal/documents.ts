import { CartageError } from '../../errors.ts'
import type { DocumentStore, Reference, StoredDocument } from '../../store/ports.ts'

const DELETED = Symbol('deleted')

/**
 * Documents as they would be: what is written stays in memory and lies over what the store has. Nothing in the store
 * changes. Paging and expiry are left to the store underneath: no step of a flow does either.
 */
export class OverlaidDocuments implements DocumentStore {
  readonly #under: DocumentStore
  readonly #written = new Map<string, StoredDocument<unknown> | typeof DELETED>()
  readonly #now: () => number

  constructor(under: DocumentStore, now: () => number) {
    this.#under = under
    this.#now = now
  }

  async get<T>(kind: string, id: string): Promise<StoredDocument<T> | undefined> {
    const written = this.#written.get(placeOf(kind, id))
    if (written === undefined) return this.#under.get<T>(kind, id)
    return written === DELETED ? undefined : (structuredClone(written) as StoredDocument<T>)
  }

  async put<T>(
    kind: string,
    id: string,
    body: T,
    options: { expect: number; references?: Reference[] },
  ): Promise<StoredDocument<T>> {
    const known = await this.get<T>(kind, id)
    if ((known?.version ?? 0) !== options.expect)
      throw new CartageError('transient', 'store.version', `${kind} ${id} was changed by another`)
    const stored: StoredDocument<T> = {
      kind,
      id,
      version: options.expect + 1,
      body: structuredClone(body),
      references: structuredClone(options.references ?? known?.references ?? []),
      updatedAt: this.#now(),
    }
    this.#written.set(placeOf(kind, id), stored)
    return structuredClone(stored)
  }

  async find<T>(kind: string, value: string, type?: string): Promise<StoredDocument<T>[]> {
    const under = await this.#under.find<T>(kind, value, type)
    const carries = ({ references }: StoredDocument<unknown>) =>
      references.some((reference) => reference.value === value && (type === undefined || reference.type === type))
    const written = [...this.#written.values()].filter(
      (document) => document !== DELETED && document.kind === kind && carries(document),
    )
    const untouched = under.filter(({ id }) => !this.#written.has(placeOf(kind, id)))
    return [...untouched, ...(structuredClone(written) as StoredDocument<T>[])]
  }

  page<T>(
    kind: string,
    page: { after?: string; limit: number },
  ): Promise<{ items: StoredDocument<T>[]; next?: string }> {
    return this.#under.page<T>(kind, page)
  }

  async delete(kind: string, id: string): Promise<boolean> {
    const known = await this.get(kind, id)
    if (known) this.#written.set(placeOf(kind, id), DELETED)
    return known !== undefined
  }

  async expire(): Promise<number> {
    return 0
  }
}

function placeOf(kind: string, id: string): string {
  return JSON.stringify([kind, id])
}
