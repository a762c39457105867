import assert from 'node:assert/strict'
import fc from 'fast-check'
import jsonata from 'jsonata'
import { describe, it } from 'mocha'
import { compileDirect } from '../../engine/mapping/direct.ts'

const double = (value: unknown) => (typeof value === 'number' ? value * 2 : undefined)
const fail = () => {
  throw new Error('refused')
}
const compiled = (source: string) => compileDirect(jsonata(source).ast(), { double, fail })

describe('expressions that are evaluated directly', () => {
  const input = {
    body: { id: 'e1', n: 7, ok: true, none: null, empty: '', deep: { x: 'y' } },
    headers: { topic: 't/v' },
  }
  for (const [source, expected] of [
    ['body.id', 'e1'],
    ['body.missing.more', undefined],
    ['body.(missing ?: id)', 'e1'],
    ['body.(empty ?: n)', 7],
    ['$join([body.(kind ?: id), $string(body.n)], ":")', 'e1:7'],
    ['body.id & "/" & body.n & body.missing & body.none', 'e1/7null'],
    ['body.ok = true and body.n = 7', true],
    ['body.missing = body.missing', false],
    ['body.n = 8 ? "a"', undefined],
    ['$exists(body.none)', true],
    ['$p.x', 1],
    ['body.n != 8 and body.n >= 7 and "a" < "b"', true],
    ['body.missing > 1', undefined],
    ['body.missing != 1', false],
    ['body[n = 7].{ "up": $uppercase(id) }', { up: 'E1' }],
    ['body[n = 8].id', undefined],
    ['($parts := $split(headers.topic, "/"); { "van": $parts[1], "more": $parts[7] })', { van: 'v' }],
    ['($x := body.n; $y := $x & "!"; $y & $p[0].x)', '7!1'],
    ['$double(body.n)', 14],
    ['{ "a": body.deep, "b": body.missing, "c": [{ "d": body.id }] }', { a: { x: 'y' }, c: [{ d: 'e1' }] }],
  ] as const)
    it(`${source} is ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(compiled(source)?.(input, { p: { x: 1 } }), { value: expected })
    })

  for (const source of [
    'body.items[0]',
    'body.*',
    'body^(id)',
    'body.id ~> $string',
    '($f := function() { 1 }; $f())',
    '(body.id; body.n)',
    '$split(body.id, /x/)',
    '$substring(body.id, 1)',
    'body[0].id',
    'body[n][id]',
    '$p[-1]',
    '$p[x = 1]',
    '{ body.id: 1 }',
    '{ "a": 1, "a": 2 }',
    'body.n + 1',
    '$$.body',
    'function($x) { $x }',
    'body{id: n}',
    'body.id[]',
    '/x/',
  ])
    it(`${source} is left to the interpreter`, () => assert.equal(compiled(source), undefined))

  for (const [what, source, data] of [
    ['a list on the way', 'a.b', { a: [{ b: 1 }] }],
    ['a list at the end', 'a', { a: [1] }],
    ['a list as input', 'a', [{ a: 1 }]],
    ['a fraction as text', '$string(a)', { a: 0.1 }],
    ['an object as text', 'a & ""', { a: {} }],
    ['an object compared', 'a = a', { a: {} }],
    ['an object as a condition', 'a ? 1', { a: {} }],
    ['a number among texts', '$join([a], ":")', { a: 1 }],
    ['a variable that nobody bound', '$q', {}],
    ['a number as a filter', 'a[b]', { a: { b: 1 } }],
    ['a text compared with a number', 'a > 1', { a: 'x' }],
    ['truth in an order', 'a > 1', { a: true }],
    ['a number to be split', '$split(a, "/")', { a: 1 }],
    ['a variable that is a list', '($x := $split(a, "/"); { "b": $x })', { a: 'x/y' }],
    ['a function that refuses', '$fail(a)', { a: 1 }],
  ] as const)
    it(`${what} is left to the interpreter`, () => assert.equal(compiled(source)?.(data, {}), undefined))

  it('leaves a function whose name is bound to the interpreter', () => {
    assert.equal(compiled('$string(a)')?.({ a: 1 }, { string: () => 'mine' }), undefined)
  })
})

describe('what is evaluated directly', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'constructor', 'length')
  const { expression } = fc.letrec<{ expression: string; path: string }>((tie) => ({
    path: fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('.')),
    expression: fc.oneof(
      { depthSize: 'small' },
      tie('path'),
      fc.constantFrom('"x"', '""', '1', '0', 'true', 'false', 'null', '$v', '$'),
      fc.tuple(tie('path'), tie('expression')).map(([path, inner]) => `${path}.(${inner})`),
      fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `(${one} ?: ${other})`),
      fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `(${one} ? ${other})`),
      fc
        .tuple(tie('expression'), fc.constantFrom('&', '=', '!=', '<', '>=', 'and', 'or'), tie('expression'))
        .map(([one, sign, other]) => `(${one} ${sign} ${other})`),
      fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `{ "p": ${one}, "q": [${other}] }`),
      fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `$join([${one}, ${other}], "-")`),
      fc
        .tuple(tie('path'), tie('expression'), tie('expression'))
        .map(([path, test, inner]) => `${path}[${test}].(${inner})`),
      fc.tuple(tie('path'), tie('expression')).map(([path, inner]) => `${path}.{ "p": ${inner} }`),
      fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `($w := ${one}; ${other} & $w)`),
      fc
        .tuple(tie('expression'), tie('expression'))
        .map(([one, other]) => `($w := $split(${one}, "x"); ${other} & $w[1])`),
      tie('expression').map((inner) => `$uppercase(${inner})`),
      tie('expression').map((inner) => `$string(${inner})`),
      tie('expression').map((inner) => `$exists(${inner})`),
    ),
  }))
  const { data } = fc.letrec<{ data: unknown }>((tie) => ({
    data: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>('x', '', 'long text', 0, 1, -3, 0.5, 1e21, true, false, null),
      fc.dictionary(name, tie('data'), { maxKeys: 3 }),
      fc.array(tie('data'), { maxLength: 2 }),
    ),
  }))
  const plain = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

  it('is what the interpreter says, for any simple expression and any data', async () => {
    let direct = 0
    await fc.assert(
      fc.asyncProperty(expression, data, data, async (source, input, v) => {
        const found = compiled(source)?.(input, { v })
        if (!found) return
        direct += 1
        assert.deepEqual(plain(found.value), plain(await jsonata(source).evaluate(input, { v })), source)
      }),
      { numRuns: 3000 },
    )
    assert.ok(direct > 500, `only ${direct} of 3000 were simple enough to say anything`)
  })
})
