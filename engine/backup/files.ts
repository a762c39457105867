import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, cp, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'

/** Paths of all files under a folder, relative to it and with forward slashes, folder by folder. */
export async function* filesUnder(folder: string, within = folder): AsyncGenerator<string> {
  for (const entry of (await readdir(within, { withFileTypes: true })).sort(byName)) {
    const path = join(within, entry.name)
    if (entry.isDirectory()) yield* filesUnder(folder, path)
    else if (entry.isFile()) yield relative(folder, path).split(sep).join('/')
  }
}

/** SHA-256 of a file, hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

export async function copySynced(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  await copyFile(source, target, constants.COPYFILE_FICLONE)
  await sync(target)
}

/** What was written to a file, or the names in a folder, is on disk when it resolves. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Moves a file or folder; also over the border of a file system, or out of a folder that is a mount point. */
export async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  try {
    await rename(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EXDEV' && code !== 'EBUSY') throw error
    await cp(from, to, { recursive: true, errorOnExist: true, force: false, preserveTimestamps: true })
    for (const name of await readdir(from).catch(() => [])) await rm(join(from, name), { recursive: true })
    await rm(from, { recursive: true }).catch(() => {})
  }
  await sync(dirname(to))
}

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1)
