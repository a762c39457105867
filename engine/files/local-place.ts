import { constants } from 'node:fs'
import { link, lstat, mkdir, open, readdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CartageError } from '../errors.ts'
import { copied, hashOf } from './hashing.ts'
import { type Entry, fileFailure, isMissing, type Moved, type Place, partsOf } from './place.ts'

/** A folder of this machine. */
export class LocalPlace implements Place {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  list(folder: string): Promise<Entry[]> {
    return this.#run(folder, async (path) => {
      const names = await readdir(path).catch((error) => (isMissing(error) ? [] : Promise.reject(error)))
      const entries = await Promise.all(names.map((name) => entryOf(path, name)))
      return entries.filter((entry) => entry !== undefined)
    })
  }

  fetch(path: string, localFile: string, maxBytes: number): Promise<{ hash: string; size: number } | undefined> {
    return this.#read(path, (stream) => copied(stream, localFile, maxBytes))
  }

  hashOf(path: string): Promise<string | undefined> {
    return this.#read(path, hashOf)
  }

  put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#run(path, async (file) => {
      await this.#makeFolder(path)
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
      const handle = await open(file, flags, 0o640)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
    })
  }

  move(from: string, to: string): Promise<Moved> {
    return this.#run(from, async (source) => {
      await this.#makeFolder(to)
      const target = await this.#checked(to)
      try {
        // A rename would take the place of what is there; a second name does not.
        await link(source, target)
      } catch (error) {
        const { code } = error as { code?: string }
        if (code === 'EEXIST') return 'taken'
        if (code === 'ENOENT') return 'missing'
        throw error
      }
      await unlink(source)
      return 'moved'
    })
  }

  remove(path: string): Promise<void> {
    return this.#run(path, (file) => rm(file, { force: true }))
  }

  async close(): Promise<void> {}

  async #read<T>(path: string, use: (stream: NodeJS.ReadableStream) => Promise<T>): Promise<T | undefined> {
    return this.#run(path, async (file) => {
      try {
        const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
        return await use(handle.createReadStream())
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    })
  }

  async #makeFolder(path: string): Promise<void> {
    const folders = partsOf(path).slice(0, -1)
    await mkdir(join(this.#root, ...folders), { recursive: true, mode: 0o750 })
    if (folders.length > 0) await this.#checked(folders.join('/'))
  }

  async #run<T>(path: string, work: (absolute: string) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#checked(path))
    } catch (error) {
      throw fileFailure(error, path)
    }
  }

  /** The absolute path; no folder on the way may be a link, which could lead out of the place. */
  async #checked(path: string): Promise<string> {
    const parts = partsOf(path)
    let place = this.#root
    for (const part of parts) {
      place = join(place, part)
      const found = await lstat(place).catch((error) => (isMissing(error) ? undefined : Promise.reject(error)))
      if (!found) break
      if (found.isSymbolicLink()) throw new CartageError('invalid', 'files.path', `${path}: a link is not followed`)
    }
    return join(this.#root, ...parts)
  }
}

async function entryOf(folder: string, name: string): Promise<Entry | undefined> {
  try {
    const found = await lstat(join(folder, name))
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
    return { name, size: found.size, modifiedAt: found.mtimeMs, kind }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
