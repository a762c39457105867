import { CartageError, type ErrorCategory } from '../errors.ts'

export interface Entry {
  name: string
  /** Bytes. */
  size: number
  /** Epoch milliseconds. */
  modifiedAt: number
  /** `other` is anything that may lead elsewhere or never ends: links, devices, pipes. */
  kind: 'file' | 'folder' | 'other'
}

/** Outcome of moving a file: its new name may be taken, and it may be gone itself. */
export type Moved = 'moved' | 'taken' | 'missing'

/**
 * Where files are exchanged: a folder of this machine or one of an SFTP server. Paths are relative, with `/`; links are never
 * followed. Failures are CartageErrors: `files.denied` (refused), `files.unauthorised` (unauthorised), `files.away` (outage), `files.full` and `files.io`
 * (transient), `files.path` (invalid).
 */
export interface Place {
  /** An empty list when there is no such folder. */
  list(folder: string): Promise<Entry[]>
  /**
   * Copies a file to this machine, no more than `maxBytes` of it: `files.too-large` (invalid). `hash`: SHA-256 of what was copied,
   * hex. Undefined: it is not there (any more).
   */
  fetch(path: string, localFile: string, maxBytes: number): Promise<{ hash: string; size: number } | undefined>
  /** Writes a file whole, in place of what is there under this name. Makes its folder. */
  put(path: string, bytes: Uint8Array): Promise<void>
  /** Never in place of another file. Makes the folder it goes to. */
  move(from: string, to: string): Promise<Moved>
  /** SHA-256 of a file, hex; undefined when it is not there. */
  hashOf(path: string): Promise<string | undefined>
  /** No error when it is gone already. */
  remove(path: string): Promise<void>
  close(): Promise<void>
}

/** The parts of a relative path, or `files.path`: what would lead out of the place is no path. */
export function partsOf(path: string): string[] {
  const parts = path.split('/')
  if (parts.some((part) => !isPlainName(part)))
    throw new CartageError('invalid', 'files.path', 'this is no path below a folder')
  return parts
}

/** A name that stands for a file in its folder, and nothing else. */
export function isPlainName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are looked for
  return name !== '' && name !== '.' && name !== '..' && name.length <= 255 && !/[/\\\u0000-\u001f\u007f]/.test(name)
}

const CODES: Record<string, [ErrorCategory, string, string]> = {
  EACCES: ['refused', 'files.denied', 'it is not allowed there'],
  EPERM: ['refused', 'files.denied', 'it is not allowed there'],
  EROFS: ['refused', 'files.denied', 'nothing can be written there'],
  ENOSPC: ['transient', 'files.full', 'there is no space left'],
  EDQUOT: ['transient', 'files.full', 'there is no space left'],
  ELOOP: ['invalid', 'files.path', 'a link is not followed'],
  ENOTDIR: ['invalid', 'files.path', 'there is no such folder'],
}

/** What went wrong with files, as one of ours; `where` is for people, without secrets. */
export function fileFailure(error: unknown, where: string): CartageError {
  if (error instanceof CartageError) return error
  const { code = '' } = error as { code?: string }
  const [category, ours, words] = CODES[code] ?? ['transient', 'files.io', 'it failed']
  return new CartageError(category, ours, `${where}: ${words}${code ? ` (${code})` : ''}`, { cause: error })
}

export function isMissing(error: unknown): boolean {
  return (error as { code?: string }).code === 'ENOENT'
}
