/** The failures that every driver reports alike. */
import { CartageError } from '../errors.ts'

export const closed = () => new CartageError('transient', 'store.closed', 'The store is closed.')

export const busy = (cause?: unknown) =>
  new CartageError(
    'transient',
    'store.busy',
    'The store is locked by another writer; the same call may be tried again.',
    {
      cause,
    },
  )

export const full = (cause?: unknown) =>
  new CartageError(
    'transient',
    'store.full',
    'The disk of the store is full; free some space and it goes on by itself.',
    {
      cause,
    },
  )

export const stale = (what: string) =>
  new CartageError('refused', 'store.stale', `${what} belongs to somebody else by now; this holder's lease is void.`)

export const versionLost = (kind: string, id: string, expected: number, found: number) =>
  new CartageError(
    'transient',
    'store.version',
    `${kind} ${id} is at version ${found}, not ${expected}: another writer was faster.`,
  )

/** Another writer was faster. */
export const isVersionLost = (error: unknown): boolean =>
  error instanceof CartageError && error.code === 'store.version'

export const damaged = (file: string, problem: string, cause?: unknown) =>
  new CartageError(
    'refused',
    'store.damaged',
    `The store cannot be read: ${file}: ${problem.replaceAll(/\s+/g, ' ')}. Bring back the last backup with "npm run restore -- <folder> --replace" (docs/backup.md).`,
    { cause },
  )

/** What was written; undefined when another writer was faster. */
export async function unlessBeaten<T>(put: Promise<T>): Promise<T | undefined> {
  try {
    return await put
  } catch (error) {
    if (isVersionLost(error)) return undefined
    throw error
  }
}
