import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LinearRegex } from '../../engine/mapping/linear-regex.ts'
import { patternCost } from '../../engine/mapping/pattern-cost.ts'
import { boundedPattern } from '../../engine/mapping/patterns.ts'

/** All matches of a global pattern, as JSONata goes from one to the next. */
function matches(engine: { lastIndex: number; exec(text: string): RegExpExecArray | null }, text: string): unknown[] {
  const found: unknown[] = []
  engine.lastIndex = 0
  for (let match = engine.exec(text); match && found.length < 50; match = engine.exec(text)) {
    found.push([match.index, ...match])
    if (match[0] === '') break
  }
  return found
}

describe('what a pattern can cost', () => {
  for (const [source, cost] of [
    ['abc', { unbounded: 0, ways: 1 }],
    ['neighbou?r', { unbounded: 0, ways: 2 }],
    ['safe place|porch|doorstep', { unbounded: 0, ways: 3 }],
    ['^(\\w+)\\s(\\w+)$', { unbounded: 2, ways: 1 }],
    ['[^"\\]]*x{2,4}', { unbounded: 1, ways: 3 }],
    ['(?:ab)+', { unbounded: 1, ways: 1 }],
    ['(?<year>\\d{4})-(\\d{2})?', { unbounded: 0, ways: 2 }],
  ] as const)
    it(`of ${source} is told`, () => {
      const found = patternCost(source)
      assert.deepEqual(found && { unbounded: found.unbounded, ways: found.ways }, cost)
    })

  for (const source of ['(a+)+', '(a|aa)*b', '(a?){20}', '(?=x)', '(?<!x)', '(x)\\1', '((ab)*c)*', '(?:a{1,9}){9}'])
    it(`of ${source} cannot be told`, () => assert.equal(patternCost(source), undefined))
})

describe('patterns', () => {
  const part = fc.constantFrom('a', 'b', '.', '\\d', '\\s', '\\w', '[ab]', '[^a]', '(a)', '(?:ab)', 'x', '\\.', '-')
  const sign = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '*?', '+?')
  const sequence = fc
    .array(fc.tuple(part, sign), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map(([one, times]) => one + times).join(''))
  const source = fc
    .tuple(sequence, fc.option(sequence))
    .map(([one, other]) => (other === null ? one : `${one}|${other}`))
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', 'x', '1', '.', '-', ' ', '\u00a0', '\n', 'A', 'é'),
    maxLength: 12,
  })

  it('find the same by either engine', () => {
    fc.assert(
      fc.property(source, text, fc.constantFrom('g', 'gi'), (pattern, within, flags) => {
        const expression = new RegExp(pattern, flags)
        assert.deepEqual(matches(new LinearRegex(expression), within), matches(new RegExp(expression), within))
        assert.deepEqual(matches(boundedPattern(expression)(), within), matches(new RegExp(expression), within))
      }),
      { numRuns: 3000, seed: 7 },
    )
  })

  it('take no longer than they may, however the text is made for them', () => {
    for (const expression of [/(a+)+$/g, /(a|aa)*b/g, /a+a+a+b/g, /a*b/g, /(\w+)\s*(\w+)x/g]) {
      const begun = performance.now()
      boundedPattern(expression)().exec('a'.repeat(20_000))
      const took = performance.now() - begun
      assert.ok(took < 2_000, `${expression} took ${took} ms`)
    }
  })
})
