import assert from 'node:assert/strict'
import fc from 'fast-check'
import jsonata from 'jsonata'
import type { Ast } from '../../engine/mapping/compiler/ast.ts'
import { programOf } from '../../engine/mapping/compiler/program.ts'
import { nativeFunctions } from '../../engine/mapping/compiler/runtime/natives.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { boundedPattern } from '../../engine/mapping/patterns.ts'
import { byCompiler, byReference } from '../support/both-ways.ts'
import { evaluator, templateFolders, templateIn } from '../support/templates.ts'

/** Mappings of templates that are not compiled as a whole, and why they need not be. */
const LEFT_IN_TEMPLATES: Record<string, string> = {}

function javascriptOf(source: string): string {
  const natives = nativeFunctions()
  const pattern = (expression: RegExp, position: number) => {
    return { source: expression.source, position, engine: boundedPattern(expression) }
  }
  const leave = () => assert.fail('nothing is left to the reference here')
  const ast = jsonata(source).ast() as unknown as Ast
  return programOf(ast, { natives, taken: new Set(), isList: false, pattern, leave, plain: false }).javascript
}

describe('what the compiler writes', () => {
  const hostile = [
    '`);process.exit(1);//',
    '"+process.exit(1)+"',
    '\u2028process.exit(1)\u2028',
    '*/process.exit(1)/*',
    `$\{process.exit(1)}`,
    '\\"];process.exit(1);[\\"',
  ]

  /** Every text of the mapping stands in the JavaScript as one literal, and what is left has none of it. */
  function outsideLiterals(javascript: string): string {
    return javascript.replace(/"(?:[^"\\\n]|\\.)*"/g, '""')
  }

  for (const text of hostile) {
    const field = `\`${text.replaceAll('`', '')}\``
    const quoted = JSON.stringify(text)
    for (const source of [
      quoted,
      `${field}.${field}`,
      `{${quoted}: ${field}}`,
      `$.${field}[${field} = ${quoted}]`,
      `a.${field}^(${field})`,
      `$lookup($, ${quoted})`,
      `a#$i.{${quoted}: $i}`,
    ])
      it(`keeps ${JSON.stringify(source)} within literals`, () => {
        assert.doesNotMatch(outsideLiterals(javascriptOf(source)), /process|exit/)
        assert.doesNotThrow(() => byCompiler({ source, input: {} }))
      })
  }

  it('keeps any text of a field or a literal within literals', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const javascript = javascriptOf(
          `{"k": ${JSON.stringify(`zzz${text}`)}, "f": \`zzz${text.replaceAll('`', '')}\`}`,
        )
        assert.doesNotMatch(outsideLiterals(javascript), /zzz/)
      }),
    )
  })

  it('names of variables do not get into it', () => {
    const javascript = javascriptOf(
      '($größe := 1; $process := 2; function($this){ $this + $größe + $process + $undefined_ }(3))',
    )
    assert.doesNotMatch(outsideLiterals(javascript), /größe|process|this|undefined_/)
  })
})

describe('an expression that the compiler does not take', () => {
  const input = { x: 3, list: [1, 2] }
  const both = async (source: string, expected: unknown, way: string) => {
    const { outcome, way: went } = byCompiler({ source, input })
    assert.deepEqual([outcome, went], [{ value: expected }, way])
    assert.deepEqual(await byReference({ source, input }), { value: expected })
  }

  it('is left to the reference alone, with the variables and the input that it sees', () =>
    both('($a := 5; list.($b := $; {"sum": $eval("$a + $b + $$.x")}))', [{ sum: 9 }, { sum: 10 }], 'in part'))

  it('sees functions of the mapping, and its values can be worked on', () =>
    both('($twice := function($n){ $n * 2 }; $sum($eval("[1..3].$twice($)")) + 1)', 13, 'in part'))

  it('gives back no function: then the whole is left to the reference', () =>
    both('($f := $eval("function($x){ $x + 1 }"); $f(1))', 2, 'whole'))

  it('is left as a whole where members of a constructor are assigned to each other', () =>
    both('[$a := 5, $a]', [5], 'whole'))

  it('is told, with its place', () => {
    const { share, fallbacks } = createEvaluator().compile('{"a": b, "list": [$x := 1, $x]}')
    assert.equal(share, 0)
    assert.deepEqual(fallbacks, [{ start: 0, end: 31, why: 'an assignment within a constructor' }])
  })

  it('is no part of any template', () => {
    const left: Record<string, string> = {}
    for (const folder of templateFolders()) {
      const { id, mappings } = templateIn(folder)
      for (const [name, source] of Object.entries(mappings))
        for (const { why } of evaluator.compile(source).fallbacks) left[`${id}/${name}`] = why
    }
    assert.deepEqual(left, LEFT_IN_TEMPLATES)
  })
})

describe('a compiled mapping', () => {
  it('is evaluated at once', () => {
    const { run } = createEvaluator().compile('{"total": $sum(lines.(price * quantity)), "who": $who}')
    assert.deepEqual(
      run(
        {
          lines: [
            { price: 2, quantity: 3 },
            { price: 1, quantity: 4 },
          ],
        },
        { who: 'me' },
      ),
      {
        total: 10,
        who: 'me',
      },
    )
  })

  it('writes times without a picture as the reference does', async () => {
    for (const at of [
      0, 1, 999, 946_684_799_999, 1_772_463_422_001, 253_402_300_799_999, 253_402_300_800_000, -1, 1.5,
    ]) {
      const one = { source: '$fromMillis($)', input: at }
      assert.deepEqual(byCompiler(one).outcome, await byReference(one), String(at))
    }
  })

  it('looks through all that it can get hold of, by whatever way', () => {
    const unsafe = JSON.parse('{"a": {"b": {"constructor": 1}}, "c": 2}')
    const ways = [
      'a',
      'a.b',
      '$',
      '$$',
      '**',
      'a.*',
      '$keys()',
      '*.b',
      '(a; 1)',
      '{"x": a}',
      'a[b].c',
      'a{"k": b}',
      '$f($)',
      'a.b.constructor',
      'c.$$.a',
      'a^(b)',
      'a@$v.c',
      '$ ~> |a|{}|',
      '($f := $string; $f())',
      'function(){ $keys() }()',
    ]
    for (const source of ways)
      assert.throws(
        () => createEvaluator().compile(source).run(unsafe, { f: String }),
        { code: 'mapping.unsafe-key' },
        source,
      )
    assert.equal(createEvaluator().compile('c').run(unsafe), 2)
    assert.throws(() => createEvaluator().compile('$bound.a').run({}, { bound: unsafe }), {
      code: 'mapping.unsafe-key',
    })
  })

  // each was a difference once, found with generated expressions
  for (const source of [
    '(function($x){ (1 ? ($v := 1); $map(1, $uppercase)) })(1)',
    '(1 ~> function($x, $y){ $map(1, $uppercase) })',
    '($v)(1)',
    '($match(1, /a/) ?? 1)',
    '($append("", false) ?: 1)',
    '($append("", 0) ?: $string(1))',
    '$.[1].*^(1, >1)',
    '([1].a#$y{$string(a): 1}).{"k": (%.a^(a).a ? 1 : 1), "l": 1}',
    '(λ($x)<x-:x>{ ($lowercase())[1] })(1)',
    '{$string([{$string(1): 1}, ($f := function($x){ 1 }; $f)]): ({} ? 1 : $map(1, function(){ $match(1, /a/) }))}',
    '-(-(($f := function($x, $y){ 1 }; $f)))',
    '$each(-($map(1, function(){ ($f)(-($each(1, $f))) })), $f)',
    '[($v := 1; $each(($ ~> |a|{"z": $}, "b"|), $string)), $replace((1 + 1), /a/, "-")]',
    '[(($match((nothing + -([])), /a/) ? 1) ? ($v := 1); 1), (({"p": nothing} + nothing) ~> function($x){ 1 })]',
  ])
    it(`${source} comes out as by the reference`, async () => {
      for (const input of ['x', { a: {} }, []]) {
        const one = { source, input, bindings: { v: null } }
        const [{ outcome }, expected] = [byCompiler(one), await byReference(one)]
        if ('code' in expected) assert.equal('code' in outcome ? outcome.code : 'a value', expected.code)
        else assert.deepEqual(outcome, expected)
      }
    })

  it('takes a function that a binding has the name of', () => {
    const { run } = createEvaluator().compile('$uppercase(a)')
    assert.equal(run({ a: 'x' }), 'X')
    assert.equal(run({ a: 'x' }, { uppercase: (text: string) => `${text}!` }), 'x!')
    assert.equal(run({ a: 'x' }), 'X')
  })

  it('tells the time of its evaluation, the same throughout', () => {
    const { run } = createEvaluator().compile('[$millis(), $toMillis($now()), $map([1..3], function(){ $millis() })]')
    const begun = Date.now()
    const times = run({}) as number[]
    assert.equal(new Set(times).size, 1)
    assert.ok(Number(times[0]) >= begun && Number(times[0]) <= Date.now())
  })

  it('does not change what it is given', () => {
    const input = { list: [], deep: { a: [1] } }
    const before = structuredClone(input)
    const { run } = createEvaluator().compile('[list{"a": 1}, deep.a[], $ ~> |deep|{"b": 2}|]')
    run(input)
    assert.deepEqual(input, before)
  })

  it('gives what the reference gives where two members of a constructor fail', async () => {
    for (const source of [
      '[((1 + "a")), -"b"]',
      '{"a": $number("x"), "b": "y" > 1}',
      '[$error("one"), (((1 ~> 2)))]',
    ]) {
      const { outcome } = byCompiler({ source, input: {} })
      const expected = await byReference({ source, input: {} })
      assert.equal('code' in outcome && outcome.code, 'code' in expected && expected.code, source)
    }
  })
})
