import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'

type Catalogue = { [key: string]: string | Catalogue }

const CATALOGUE = 'nodes/cartage/locales/en-US/cartage.json'
const FOLDERS = ['workbench', 'codes', 'partners']

const texts = JSON.parse(readFileSync(join(packageRoot(), CATALOGUE), 'utf8')) as Catalogue

/** Keys that a module asks for by their full name. */
function keysIn(folder: string): string[] {
  const root = join(packageRoot(), 'resources', folder)
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.mjs'))
  const named = sources.flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(/\bt\('([\w.-]+)'/g)])
  return [...new Set(named.map(([, key]) => key!))]
}

function textAt(folder: string, key: string): unknown {
  return key.split('.').reduce<unknown>((within, part) => (within as Catalogue | undefined)?.[part], texts[folder])
}

describe('what the editor says', () => {
  for (const folder of FOLDERS)
    it(`has every text that ${folder} asks for`, () => {
      const keys = keysIn(folder)
      assert.ok(keys.length > 10)
      assert.deepEqual(
        keys.filter((key) => typeof textAt(folder, key) !== 'string'),
        [],
      )
    })
})
