import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../../engine/package-root.ts'

interface Conflict {
  start: number
  end: number
  path?: string[]
  theirs?: string
}
interface Conflicts {
  settled(file: { merged: string; conflicts: Conflict[] }, picked: Set<number>): string
}
interface Places {
  offsetOf(text: string, path: string): number
}

/** Modules of the editor that need no page. */
const load = <T>(file: string): Promise<T> =>
  import(pathToFileURL(join(packageRoot(), 'resources/partners', file)).href) as Promise<T>

describe('conflicts of an upgrade in the editor', () => {
  let settled: Conflicts['settled']
  before(async () => {
    ;({ settled } = await load<Conflicts>('upgrade/conflicts.mjs'))
  })

  it('take the lines of the template where they were picked, and keep one’s own elsewhere', () => {
    const file = {
      merged: 'a\nmine 1\nb\nmine 2\nc',
      conflicts: [
        { start: 1, end: 2, theirs: 'theirs 1\nand more' },
        { start: 3, end: 4, theirs: 'theirs 2' },
      ],
    }
    assert.equal(settled(file, new Set()), file.merged)
    assert.equal(settled(file, new Set([0])), 'a\ntheirs 1\nand more\nb\nmine 2\nc')
    assert.equal(settled(file, new Set([0, 1])), 'a\ntheirs 1\nand more\nb\ntheirs 2\nc')
  })

  it('take lines away that the template has no more', () => {
    assert.equal(settled({ merged: 'a\nmine\nb', conflicts: [{ start: 1, end: 2 }] }, new Set([0])), 'a\nb')
  })

  it('take keys of JSON, and what the template has taken out goes', () => {
    const file = {
      merged: '{ "limits": { "burst": 9, "concurrency": 3 }, "x": 1 }',
      conflicts: [
        { start: 0, end: 1, path: ['limits', 'burst'], theirs: '5' },
        { start: 0, end: 1, path: ['x'] },
        { start: 0, end: 1, path: ['breaker', 'openMs'], theirs: '7' },
      ],
    }
    assert.deepEqual(JSON.parse(settled(file, new Set([0, 1, 2]))), {
      limits: { burst: 5, concurrency: 3 },
      breaker: { openMs: 7 },
    })
  })
})

describe('places in the text of a profile', () => {
  const text =
    '{\n "a": "operations: {",\n "operations": { "book": { "path": "/x", "key": 1 }, "track": {} },\n "list": [{ "name": "one" }, { "name": "two" }]\n}'
  let offsetOf: Places['offsetOf']
  before(async () => {
    ;({ offsetOf } = await load<Places>('files/json-place.mjs'))
  })

  for (const [path, there] of [
    ['operations.book.key', '"key": 1'],
    ['operations.book', '"book"'],
    ['operations.book.lookup', '"book"'],
    ['list[1].name', '"name": "two"'],
    ['list.1.name', '"name": "two"'],
    ['nothing.like.it', '{\n "a"'],
    ['', '{\n "a"'],
  ] as const)
    it(`${path || 'no path'} is at ${there.split('\n')[0]}`, () =>
      assert.ok(text.slice(offsetOf(text, path)).startsWith(there)))

  it('are the beginning of what is no JSON', () => assert.equal(offsetOf('not "json', 'a.b'), 0))
})
