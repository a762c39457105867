import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'

type Texts = { [key: string]: string | Texts }

const root = packageRoot()
/** Where what is shown by the scripts of a folder stands. */
const CATALOGUES: Record<string, string> = {
  codes: 'codes',
  orders: 'orders',
  partners: 'partners',
  routing: 'provider-selector',
  workbench: 'workbench',
}

function sources(folder: string): { file: string; text: string }[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|js|html)$/.test(name) && !name.includes('locales'))
    .map((name) => join(folder, name))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
}

function keysOf(texts: Texts, before = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [before + key] : keysOf(value, `${before}${key}.`),
  )
}

const keys = readdirSync(join(root, 'nodes'))
  .map((name) => join(root, `nodes/${name}/locales/en-US/${name}.json`))
  .filter((file) => existsSync(file))
  .flatMap((file) => keysOf(JSON.parse(readFileSync(file, 'utf8')) as Texts))
const known = new Set(keys.map((key) => key.replace(/_(one|other|plural)$/, '')))

/** Keys that stand in a source whole; those put together from parts are not seen. */
function named(text: string, folder: string): string[] {
  const whole = [...text.matchAll(/data-i18n="(?:\[[\w-]+\])?([\w.-]+)"/g), ...text.matchAll(/\._\('([\w.-]+)'/g)]
  const catalogue = CATALOGUES[folder]
  const short =
    catalogue === undefined ? [] : [...text.matchAll(/\bt\((?:[^'`()]*\? )?'([\w.-]+)'(?: : '([\w.-]+)')?/g)]
  return [
    ...whole.map(([, key = '']) => key),
    ...short.flatMap(([, ...found]) => found.filter((key) => key !== undefined).map((key) => `${catalogue}.${key}`)),
  ]
}

describe('texts that people see', () => {
  it('are all there: nobody is shown the name of a text', () => {
    const missing = [...sources('nodes'), ...sources('resources')].flatMap(({ file, text }) =>
      named(text, file.split('/')[1] ?? '')
        .filter((key) => !known.has(key))
        .map((key) => `${file}: ${key}`),
    )
    assert.deepEqual(missing, [])
  })

  it('are all shown: none is left of what has gone', () => {
    const all = [...sources('nodes'), ...sources('resources')].map(({ text }) => text).join('\n')
    const written = new Set([...all.matchAll(/[\w-]+(?:\.[\w-]+)*/g)].map(([word]) => word))
    const begun = [...all.matchAll(/['"`]((?:[\w-]+\.)+)[\w-]*\$\{/g)].map(([, start = '']) => start)
    const isShown = (key: string) => {
      const ends = key.split('.').map((_part, index, parts) => parts.slice(index).join('.'))
      return ends.slice(0, -1).some((end) => written.has(end) || begun.some((start) => end.startsWith(start)))
    }
    assert.deepEqual(
      [...known].filter((key) => !isShown(key)),
      [],
    )
  })
})
