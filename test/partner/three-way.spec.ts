import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compareFiles, type FileChange } from '../../engine/partner/registry/three-way.ts'

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
const one = (path: string, base?: string, theirs?: string, yours?: string): FileChange => {
  const files = (text: string | undefined) => (text === undefined ? {} : { [path]: text })
  const [change] = compareFiles(files(base), files(theirs), files(yours))
  return change ?? assert.fail()
}

describe('a file of a template in three versions', () => {
  for (const [title, base, theirs, yours, state] of [
    ['nobody changed', 'a', 'a', 'a', 'unchanged'],
    ['only they changed', 'a', 'b', 'a', 'theirs'],
    ['only you changed', 'a', 'a', 'b', 'yours'],
    ['both changed alike', 'a', 'b', 'b', 'same'],
    ['both changed at the same place', 'a', 'b', 'c', 'conflict'],
    ['they added', undefined, 'a', undefined, 'added'],
    ['you added', undefined, undefined, 'a', 'yours'],
    ['both added, differently', undefined, 'a', 'b', 'conflict'],
    ['they removed', 'a', undefined, 'a', 'removed'],
    ['you removed', 'a', 'a', undefined, 'yours'],
    ['they removed and you changed', 'a', undefined, 'b', 'conflict'],
    ['they changed and you removed', 'a', 'b', undefined, 'conflict'],
  ] as [string, string | undefined, string | undefined, string | undefined, string][])
    it(`that ${title} is "${state}"`, () => assert.equal(one('README.md', base, theirs, yours).state, state))

  it('is merged line by line where both changed other places', () => {
    const change = one('map/x.jsonata', 'a\nb\nc\nd\ne', 'A\nb\nc\nd\ne', 'a\nb\nc\nd\nE')
    assert.deepEqual([change.state, change.merged], ['merged', 'A\nb\nc\nd\nE'])
  })

  it('keeps your lines where both changed the same, and says where and what they have', () => {
    const change = one('map/x.jsonata', 'a\nb\nc', 'a\ntheirs\nc', 'a\nyours\nmore\nc')
    assert.equal(change.merged, 'a\nyours\nmore\nc')
    assert.deepEqual(change.conflicts, [{ start: 1, end: 3, base: 'b', theirs: 'theirs' }])
  })

  it('is the same when JSON is only laid out otherwise', () => {
    assert.equal(one('samples/a.json', '{"a":1}', json({ a: 1 }), '{ "a": 1 }').state, 'unchanged')
  })

  it('is merged key by key when it is a manifest, its parameters by their names', () => {
    const base = { version: '1.0.0', limits: { timeoutMs: 1, burst: 2 }, parameters: [{ name: 'zone' }], old: true }
    const theirs = {
      version: '1.1.0',
      limits: { timeoutMs: 5, burst: 2 },
      parameters: [{ name: 'zone' }, { name: 'depot' }],
    }
    const yours = {
      version: '1.0.0',
      limits: { timeoutMs: 1, burst: 9 },
      parameters: [{ name: 'zone', default: 'UTC' }],
      old: true,
    }
    const change = one('manifest.json', json(base), json(theirs), json(yours))
    assert.equal(change.state, 'merged')
    assert.deepEqual(JSON.parse(change.merged ?? ''), {
      version: '1.1.0',
      limits: { timeoutMs: 5, burst: 9 },
      parameters: [{ name: 'zone', default: 'UTC' }, { name: 'depot' }],
    })
  })

  it('says which key of a manifest both changed, and on which lines it stands', () => {
    const of = (timeoutMs: number, more = {}) => json({ label: 'x', limits: { burst: 1, timeoutMs }, ...more })
    const change = one('manifest.json', of(1), of(2, { docs: 'new' }), of(3))
    assert.equal(change.state, 'conflict')
    const [conflict] = change.conflicts ?? []
    assert.deepEqual(conflict, { start: 4, end: 5, path: ['limits', 'timeoutMs'], base: '1', theirs: '2' })
    assert.match(change.merged?.split('\n')[4] ?? '', /"timeoutMs": 3/)
    assert.equal(JSON.parse(change.merged ?? '').docs, 'new', 'what does not contradict is merged')
  })

  it('is merged code by code when it is a code table, which keeps its layout', () => {
    const base = '{\n  "a": { "type": "x" },\n\n  "b": { "type": "y" }\n}\n'
    const theirs = base.replace('"y"', '"z"')
    const yours = base.replace('{ "type": "x" }', '{ "type": "x", "label": "Mine" }')
    const change = one('codes.json', base, theirs, yours)
    assert.deepEqual([change.state, change.merged], ['merged', yours.replace('"y"', '"z"')])
  })

  it('is a text like any other when it says it is JSON and is none', () => {
    assert.equal(one('samples/a.json', '{', '{{', '{{{').state, 'conflict')
  })

  it('never loses a change that only one side made, whatever the documents', () => {
    const document = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.oneof(fc.integer(), fc.constant({ x: 1 })), {
      noNullPrototype: true,
    })
    fc.assert(
      fc.property(document, document, (base, changed) => {
        assert.deepEqual(JSON.parse(result(one('a.json', json(base), json(changed), json(base)))), changed)
        assert.deepEqual(JSON.parse(result(one('a.json', json(base), json(base), json(changed)))), changed)
      }),
      { numRuns: 200 },
    )
  })
})

const result = ({ state, theirs, yours, merged }: FileChange): string =>
  (state === 'theirs' ? theirs : state === 'merged' ? merged : yours) ?? ''
