import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The folder of Cartage's package.json: the same from the sources and from `dist/`.
 * It walks up from this file, so that the answer does not depend on the working directory.
 */
export function packageRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (isCartage(join(folder, 'package.json'))) return folder
    if (dirname(folder) === folder) throw new Error(`no package.json of cartage above ${import.meta.dirname}`)
  }
}

function isCartage(file: string): boolean {
  if (!existsSync(file)) return false
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: string }
  return manifest.name === 'cartage'
}
