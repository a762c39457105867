import { open } from 'node:fs/promises'
import { full } from '../failures.ts'

const errno = (error: unknown) => (error as NodeJS.ErrnoException).code

/** What callers of the ports see of a file system's error. EFBIG: the limit of the process, or of the file system. */
export function diskFailure(error: unknown): unknown {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errno(error) ?? '') ? full(error) : error
}

export async function unlessMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    throw error
  }
}

/** A new file with this content, on disk when it resolves. Its name is once its folder is synced too. */
export async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A new name, or a rename, is on disk only once its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
