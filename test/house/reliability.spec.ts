import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { packageRoot } from '../../engine/package-root.ts'

/** Every fault that the page must speak of, by number. */
const FAULTS = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24],
  ...[26, 27, 28, 29, 30, 31, 32, 34, 35, 36, 37, 38, 39, 40, 41],
]

describe('docs/reliability.md', () => {
  const root = packageRoot()
  const page = readFileSync(join(root, 'docs/reliability.md'), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| F\d+ /.test(line))
  const [made, notMade] = [
    rows.filter((row) => row.split('|').length === 5),
    rows.filter((row) => row.split('|').length === 4),
  ]

  it('speaks of every fault once', () => {
    const numbers = rows.map((row) => Number(/^\| F(\d+)/.exec(row)?.[1]))
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      FAULTS,
    )
    assert.equal(made.length + notMade.length, rows.length)
  })

  for (const row of made) {
    const [, fault = '', , tests = ''] = row.split('|')
    it(`names tests that exist: ${fault.trim()}`, () => {
      const files = [...tests.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file)
      assert.ok(files.length > 0)
      assert.deepEqual(
        files.filter((file) => !existsSync(join(root, file))),
        [],
      )
    })
  }

  it('gives a reason for each fault that cannot be made', () => {
    assert.ok(notMade.length > 0)
    for (const row of notMade) assert.ok((row.split('|')[2] ?? '').trim().length > 20, row)
  })
})
