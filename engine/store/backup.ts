import { CartageError } from '../errors.ts'
import { filePath } from './open.ts'

/** Told now and then how far something long has come; `total` may grow. */
export type Progress = (what: string, done: number, total: number) => void

/** Where a part of a copy belongs. */
export interface StorePlace {
  /** Path inside the copy. */
  part: string
  /** Absolute path of the file or folder that it is in use. */
  target: string
  /** What belongs to the target and must not stay beside another one. */
  companions: string[]
}

/** Copies of a whole store that needs no server of its own. */
export interface StoreCopies {
  places: StorePlace[]
  exists(): boolean
  /**
   * Copies the store into a new folder, also while a hub works on it: everything committed before the call is in the copy.
   * Resolves with a line for each raw body that the store itself has lost or spoilt: no reason to be without a copy of the rest.
   */
  copy(folder: string, progress: Progress): Promise<string[]>
  /** Rejects with `store.damaged` or `store.newer` when a copy cannot be used. */
  check(folder: string): Promise<void>
  /** Keeps every hub off the store until the returned function is called; `store.in-use` while one runs. */
  lock(): () => void
}

export async function storeCopies(url: string): Promise<StoreCopies> {
  if (!url.startsWith('sqlite:')) {
    throw new CartageError(
      'refused',
      'backup.store',
      'This command copies the embedded store; copy MongoDB with mongodump and mongorestore (docs/backup.md).',
    )
  }
  const { embeddedCopies } = await import('./embedded/copies.ts')
  return embeddedCopies(filePath(url))
}
