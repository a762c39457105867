import { createHash } from 'node:crypto'
import { existsSync, lstatSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CartageError } from '../errors.ts'
import type { Progress } from '../store/backup.ts'
import { filesUnder, sha256Of, sync } from './files.ts'

const MANIFEST = 'manifest.json'
/** In the format of sha256sum: `sha256sum -c SHA256SUMS` checks a backup where there is no Cartage. */
const SUMS = 'SHA256SUMS'
const FORMAT = 1

/** What a backup says of itself. It is written last: a folder without it is no whole backup. */
export interface Manifest {
  format: number
  /** Version of the Cartage that made it. */
  version: string
  createdAt: string
  /** Which encryption key opens what is sealed in it: a fingerprint, not the key. */
  encryptionKey: string
  files: number
  bytes: number
  /** SHA-256 of the list of checksums. */
  sums: string
}

/** The files of a backup, relative to it. */
export type Contents = string[]

/** Identifies a key without telling it: the key itself has 256 random bits, so nobody can try them. */
export function fingerprint(key: string): string {
  return createHash('sha256').update('cartage backup\0').update(key).digest('hex').slice(0, 16)
}

/** Writes the checksums of everything in the folder, and then the manifest; all of it is on disk when it resolves. */
export async function seal(
  folder: string,
  about: Pick<Manifest, 'version' | 'createdAt' | 'encryptionKey'>,
  progress: Progress,
): Promise<Manifest> {
  const lines: string[] = []
  let bytes = 0
  for await (const path of filesUnder(folder)) {
    if (/[\n\\]/.test(path)) throw broken(path, 'has a name that no list of checksums can hold')
    const file = join(folder, path)
    await sync(file)
    lines.push(`${await sha256Of(file)}  ${path}\n`)
    bytes += statSync(file).size
    progress('checksums', lines.length, lines.length)
  }
  const text = lines.join('')
  const manifest: Manifest = { format: FORMAT, ...about, files: lines.length, bytes, sums: hashOf(text) }
  for (const [name, content] of [
    [SUMS, text],
    [MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`],
  ] as const) {
    await writeFile(join(folder, name), content, { flag: 'wx', mode: 0o600, flush: true })
    await sync(folder)
  }
  return manifest
}

/**
 * Reads and checks a backup, every byte of it. Throws `backup.incomplete`, or `backup.damaged` with the name of the file
 * that is not as it was written.
 */
export async function verify(folder: string, progress: Progress): Promise<{ manifest: Manifest; contents: Contents }> {
  const manifest = await readManifest(folder)
  const text = await readFile(join(folder, SUMS), 'utf8').catch(() => {
    throw broken(SUMS, 'cannot be read')
  })
  if (hashOf(text) !== manifest.sums) throw broken(SUMS, 'is not as it was written')
  const contents: Contents = []
  for (const line of text.split('\n').slice(0, -1)) {
    const { sum, path } = parsed(line)
    const file = join(folder, path)
    if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) throw broken(path, 'is missing')
    if ((await sha256Of(file)) !== sum) throw broken(path, 'is not as it was written')
    contents.push(path)
    progress('files checked', contents.length, manifest.files)
  }
  return { manifest, contents }
}

async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, MANIFEST)
  if (!existsSync(file)) {
    throw new CartageError(
      'refused',
      'backup.incomplete',
      `${folder} is no whole backup: it has no ${MANIFEST}, which is written last.`,
    )
  }
  const manifest = await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as Partial<Manifest> | null)
    .catch(() => null)
  if (manifest?.format !== FORMAT && typeof manifest?.format === 'number')
    throw broken(MANIFEST, `is of format ${manifest.format}, which this Cartage does not know`)
  const { version, createdAt, encryptionKey, files, bytes, sums } = manifest ?? {}
  const texts = [version, createdAt, encryptionKey, sums].every((one) => typeof one === 'string')
  if (!texts || !Number.isSafeInteger(files) || !Number.isSafeInteger(bytes)) throw broken(MANIFEST, 'is not readable')
  return manifest as Manifest
}

/** A path out of the folder would let a forged backup write anywhere. */
function parsed(line: string): { sum: string; path: string } {
  const [, sum, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? []
  const steps = path?.split('/') ?? []
  if (sum === undefined || path === undefined || steps.some((step) => ['', '.', '..'].includes(step)))
    throw broken(SUMS, `has a line that is no checksum of a file inside the backup: ${line.slice(0, 120)}`)
  return { sum, path }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function broken(path: string, problem: string): CartageError {
  return new CartageError('refused', 'backup.damaged', `The backup cannot be used: ${path} ${problem}.`, {
    field: path,
  })
}
