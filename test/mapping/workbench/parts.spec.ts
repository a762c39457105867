import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../../engine/package-root.ts'
import { traceMapping } from '../../../engine/mapping/trace/index.ts'

const FOLDER = join(packageRoot(), 'resources/workbench')
const CATALOGUE = join(packageRoot(), 'nodes/cartage/locales/en-US/cartage.json')
/** The browser's modules have no types; they are loaded as they are served. */
const part = (name: string) => import(join(FOLDER, name))

const { expressionFor, fold, isThere, valueAt } = await part('paths.mjs')
const { firstOpen, payloadRows, targetRows } = await part('tree-model.mjs')
const { goesTo, isAbsent, linksOf, madeBy, originOf, partAt } = await part('provenance.mjs')
const { viewOf } = await part('target-row.mjs')
const { difference } = await part('code.mjs')
const { offersAt } = await part('completion.mjs')

const PAYLOAD = {
  body: {
    id: 7,
    'odd name': true,
    events: [
      { name: 'start', at: 1 },
      { name: 'end', at: 2 },
    ],
    one: [{ name: 'only', value: 'v' }],
    plain: [1, 2],
  },
}

describe('the parts of the mapping workbench', () => {
  describe('the JSONata that reads a value of a sample', () => {
    const cases = [
      ['body.id', 'body.id'],
      ['body.`odd name`', 'body.`odd name`'],
      ['body.events[1].at', 'body.events[name = "end"].at'],
      ['body.one[0].value', 'body.one.value'],
      ['body.plain[1]', 'body.plain[1]'],
    ]
    for (const [path, expression] of cases)
      it(`${path} → ${expression}`, () => assert.equal(expressionFor(PAYLOAD, path), expression))
  })

  it('knows a field by its path without positions, and what stands there', () => {
    assert.equal(fold('body.events[1].at'), 'body.events.at')
    assert.equal(fold('evidence[].kind'), 'evidence.kind')
    assert.equal(fold('body.`odd name`'), 'body.`odd name`')
    assert.equal(valueAt(PAYLOAD, 'body.events[].at'), 1)
    assert.equal(valueAt(PAYLOAD, 'body.events[1].at'), 2)
    assert.equal(valueAt(PAYLOAD, 'body.nothing.there'), undefined)
    assert.equal(valueAt(PAYLOAD, 'constructor.name'), undefined)
  })

  describe('the rows of a tree', () => {
    const paths = (rows: { path: string }[]) => rows.map(({ path }) => path)

    it('are those that are unfolded', () => {
      assert.deepEqual(paths(payloadRows(PAYLOAD, new Set())), ['body'])
      const rows = payloadRows(PAYLOAD, new Set(['body', 'body.events']))
      assert.ok(paths(rows).includes('body.events[0]'))
      assert.ok(!paths(rows).includes('body.events[0].at'))
    })

    it('are few at first, whatever the payload holds', () => {
      const large = { body: { list: Array.from({ length: 5000 }, (_, n) => ({ n })), head: { a: 1 } } }
      const rows = payloadRows(large, firstOpen(large))
      assert.ok(rows.length < 60)
      assert.ok(paths(rows).includes('body.head.a'))
    })

    it('are those that name or hold what is looked for, and what is above them', () => {
      assert.deepEqual(paths(payloadRows(PAYLOAD, new Set(), 'END')), [
        'body',
        'body.events',
        'body.events[1]',
        'body.events[1].name',
      ])
      const fields = [{ path: 'a', name: 'a', children: [{ path: 'a.unit', name: 'unit', description: 'Kilograms' }] }]
      assert.deepEqual(paths(targetRows(fields, new Set(), 'kilo')), ['a', 'a.unit'])
    })
  })

  describe('the picture of a mapping', () => {
    const source =
      '{ "id": $string(body.id), "at": body.events.at, "ref": { "type": "order", "value": body.id }, "n": $sum([1]) }'
    const trace = traceMapping(source)
    const ofText = (parts: { span: { start: number; end: number } }[]) =>
      parts.map(({ span }) => source.slice(span.start, span.end))

    it('tells what makes a field, also one above it', () => {
      assert.deepEqual(ofText(madeBy(trace, 'at')), ['"at": body.events.at'])
      assert.deepEqual(ofText(madeBy(trace, 'ref.value')), ['"value": body.id'])
      assert.deepEqual(madeBy(trace, 'nowhere'), [])
    })
    it('tells where a field of the payload goes', () => {
      assert.deepEqual(
        goesTo(trace, 'body.events[0].at').map(({ path }: { path: string }) => path),
        ['at'],
      )
      assert.ok(goesTo(trace, 'body').length >= 3)
    })
    it('finds the innermost part at an offset', () =>
      assert.equal(partAt(trace, source.indexOf('"value"') + 2).path, 'ref.value'))
    it('says how a field comes to be', () => {
      assert.equal(originOf(trace, 'id'), 'mapped')
      assert.equal(originOf(trace, 'ref.type'), 'constant')
      assert.equal(originOf(trace, 'n'), 'computed')
      assert.equal(originOf(trace, 'nowhere'), undefined)
    })
    it('has one line for each pair of fields', () => {
      const lines = linksOf(trace, PAYLOAD).map(
        ({ source: from, target }: { source: string; target: string }) => `${from}→${target}`,
      )
      assert.ok(lines.includes('body.events.at→at'))
      assert.equal(new Set(lines).size, lines.length)
    })
  })

  describe('what a sample does not have', () => {
    const trace = traceMapping(
      '{ "a": body.gone, "b": body.events.at, "c": $params.zone, "d": body.one[kind = 1].value }',
    )

    for (const [path, there] of [
      ['body.events.at', true],
      ['body.one.value', true],
      ['body.`odd name`', true],
      ['body.*', true],
      ['body.gone', false],
      ['body.events.gone', false],
      ['body.constructor', false],
    ])
      it(`${path}: ${there ? 'is there' : 'is not there'}`, () => assert.equal(isThere(PAYLOAD, path), there))

    it('has no line, and a field made of it alone is known for that', () => {
      const lines = linksOf(trace, PAYLOAD).map(({ target }: { target: string }) => target)
      assert.deepEqual(lines, ['b', 'd'])
      assert.deepEqual(
        ['a', 'b', 'c', 'd', 'e'].filter((path) => isAbsent(trace, path, PAYLOAD)),
        ['a'],
      )
    })
  })

  describe('a field that must be there', () => {
    const lacking = (items: unknown[], path: string) =>
      viewOf({ answer: { items, result: { type: 'ignored' } }, item: 0 }).isMissing({ path, required: true })

    it('is missing where its object is there without it', () => {
      assert.equal(lacking([{}], 'type'), true)
      assert.equal(lacking([{ shipmentRef: {} }], 'shipmentRef.value'), true)
      assert.equal(lacking([{ evidence: [{ kind: 'photo' }] }], 'evidence[].kind'), false)
    })
    it('is not missing where its object is not, and where the payload is left out on purpose', () => {
      assert.equal(lacking([{}], 'evidence[].kind'), false)
      assert.equal(lacking([], 'type'), false)
    })
  })

  it('changes no more of a text than what differs', () => {
    assert.deepEqual(difference('{"a": 1}', '{"a": 12}'), { start: 7, end: 7, insert: '2' })
    assert.deepEqual(difference('aaa', 'aa'), { start: 2, end: 3, insert: '' })
    assert.deepEqual(difference('same', 'same'), { start: 4, end: 4, insert: '' })
  })

  describe('what is offered while one writes', () => {
    const known = {
      payload: PAYLOAD,
      fields: [{ path: 'occurredAt', name: 'occurredAt', type: 'text' }],
      trace: undefined,
    }
    const offers = (text: string) => offersAt(text, text.length, known)
    const labels = (text: string) => offers(text).items.map(({ label }: { label: string }) => label)

    it('after a dot: the names that are there, of a list those of its items', () => {
      assert.deepEqual(labels('body.events.'), ['name', 'at'])
      assert.deepEqual(labels('body.events[0].n'), ['name', 'at'])
    })
    it('after a variable: what it was set to, also by way of another', () =>
      assert.deepEqual(labels('( $b := body; $e := $b.events; $e.'), ['name', 'at']))
    it('at the begin of a value: whole paths', () => assert.ok(labels('{ "x": ').includes('body.events.at')))
    it('at the begin of a name: canonical fields', () => assert.deepEqual(labels('{ "'), ['occurredAt']))
    it('nothing after what is not there', () => assert.deepEqual(labels('$unknown.'), []))
    it('also while variables set each other in a ring', () => assert.deepEqual(labels('$a := $b; $b := $a; $a.'), []))
  })

  it('has a text for every key that it asks for', () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.mjs'))
    const asked = files.flatMap((file) =>
      [...readFileSync(join(FOLDER, file), 'utf8').matchAll(/\bt\('([\w.]+)'/g)].map((found) => found[1] ?? ''),
    )
    const { workbench } = JSON.parse(readFileSync(CATALOGUE, 'utf8')) as { workbench: object }
    const textOf = (key: string) =>
      key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], workbench)
    assert.ok(asked.length > 100)
    assert.deepEqual(
      asked.filter((key) => typeof textOf(key) !== 'string'),
      [],
    )
  })
})
