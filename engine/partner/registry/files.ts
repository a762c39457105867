import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CartageError } from '../../errors.ts'
import { canonicalJson } from '../../json.ts'

/** A partner's whole folder: path, with `/` between, to text. */
export type Files = Readonly<Record<string, string>>

const PATH = /^(?:(?:map|samples)\/)?[a-zA-Z0-9][a-zA-Z0-9._-]{0,149}$/
const MOST_FILES = 1000
/** Characters of all files: one document of the store holds them. */
const MOST_CHARACTERS = 4 * 1024 * 1024

/** Could this be the folder of a partner? A path that leads out of it, or anything but text, could not. */
export function checkFiles(files: unknown): Files {
  if (files === null || typeof files !== 'object' || Array.isArray(files)) throw wrong('must be files by their paths')
  const all = Object.entries(files)
  if (all.length > MOST_FILES) throw wrong(`are more than ${MOST_FILES}`)
  let characters = 0
  for (const [path, text] of all) {
    if (!PATH.test(path)) throw wrong(`may not be at ${JSON.stringify(path.slice(0, 160))}`)
    if (typeof text !== 'string' || !text.isWellFormed()) throw wrong(`must be texts: ${path} is none`)
    characters += text.length
  }
  if (characters > MOST_CHARACTERS) throw wrong(`have more than ${MOST_CHARACTERS} characters`)
  return files as Files
}

/** What a folder holds, without what only lies there: hidden files, drafts of files being written. */
export function filesIn(folder: string): Files {
  const below = ['', 'map', 'samples'].flatMap((name) => namesIn(join(folder, name)).map((file) => `${name}/${file}`))
  const paths = below.map((path) => path.replace(/^\//, '')).filter((path) => PATH.test(path))
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

/** Makes a folder hold these files and no others; each file is there whole or not at all. */
export function layOut(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    const draft = `${file}.${randomUUID()}.tmp`
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600 })
    renameSync(draft, file)
  }
  for (const path of Object.keys(filesIn(folder))) if (!Object.hasOwn(files, path)) rmSync(join(folder, path))
}

/** By which the content of a folder is known again: short, the same wherever the same files are. */
export function versionOf(files: Files): string {
  return createHash('sha256').update(canonicalJson(files)).digest('hex').slice(0, 16)
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => !name.endsWith('.tmp') && statSync(join(folder, name)).isFile())
}

function wrong(problem: string): CartageError {
  return new CartageError('invalid', 'partner.files', `files ${problem}`, { field: 'files' })
}
