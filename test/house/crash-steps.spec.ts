import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { packageRoot } from '../../engine/package-root.ts'

const root = packageRoot()
const files = (folder: string, suffix: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(root, folder, name))
const textOf = (names: string[]) => names.map((name) => readFileSync(name, 'utf8')).join('\n')

describe('the steps at which the process can be killed (CRASH_AT)', () => {
  const code = textOf(['engine', 'nodes'].flatMap((folder) => files(folder, '.ts')))
  const steps = new Set([...code.matchAll(/crash\??\.?\(\s*'([a-z.-]+)'/g)].map(([, step = '']) => step))
  const specs = textOf(files('test', '.spec.ts').filter((name) => !name.endsWith('crash-steps.spec.ts')))

  it('are found in the code at all', () => assert.ok(steps.size >= 10, [...steps].join()))

  for (const step of [...steps].sort())
    it(`${step} is passed by a suite that kills there`, () =>
      assert.match(specs, new RegExp(`['"\`]${step.replace('.', '\\.')}['"\`:]`)))
})
