import { CartageError } from '../errors.ts'
import { canonicalJson } from '../json.ts'
import { unlessBeaten } from './failures.ts'
import type { DocumentStore, Reference } from './ports.ts'

/** Every lost compare-and-set means that somebody else got on: so many in a row mean a storm, better retried later. */
const MAX_TRIES = 100

export interface Place<T> {
  documents: DocumentStore
  kind: string
  id: string
  /** Code of the failure after a storm. */
  contended: string
  references?: (body: T) => Reference[]
  /** What a body that differs is given before it is written: the time, say. */
  stamp?: (body: T) => T
}

/**
 * Reads, changes and writes until nobody was faster. `change` may be called several times; what it gives back is not written when it is
 * equal to what there is. Undefined from it: nothing is to be written.
 * @throws CartageError transient, `contended`
 */
export async function changeDocument<T, R extends T | undefined>(
  { documents, kind, id, contended, references, stamp }: Place<T>,
  change: (body: T | undefined) => R,
): Promise<R | T> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const stored = await documents.get<T>(kind, id)
    const next = change(stored?.body)
    if (next === undefined) return next
    if (stored && canonicalJson(next) === canonicalJson(stored.body)) return stored.body
    const body = stamp?.(next) ?? next
    const options = { expect: stored?.version ?? 0, ...(references && { references: references(body) }) }
    if (await unlessBeaten(documents.put<T>(kind, id, body, options))) return body
  }
  throw new CartageError('transient', contended, `${kind} ${id} was changed by others ${MAX_TRIES} times in a row`)
}
