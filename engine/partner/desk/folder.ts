import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The files of a template's folder that people may change. Paths are checked before they come here. */
export class TemplateFolder {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** null when there is no such file. */
  read(path: string): string | null {
    const file = join(this.#path, path)
    return existsSync(file) ? readFileSync(file, 'utf8') : null
  }

  /** Names below `samples/` or `map/`. */
  names(below: 'samples' | 'map'): string[] {
    const folder = join(this.#path, below)
    return existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : []
  }

  /**
   * Whole or not at all; null takes the file away. The reason when it could not be written: in an image the folder may be
   * read-only, and what holds is in the store.
   */
  write(path: string, text: string | null): string | undefined {
    const file = join(this.#path, path)
    const fresh = `${file}.${randomUUID()}`
    try {
      if (text === null) {
        rmSync(file, { force: true })
        return undefined
      }
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(fresh, text, { flag: 'wx' })
      renameSync(fresh, file)
      return undefined
    } catch (error) {
      if (existsSync(fresh)) rmSync(fresh)
      return (error as NodeJS.ErrnoException).code ?? String(error)
    }
  }
}
