import assert from 'node:assert/strict'
import { CartageError } from '../../engine/errors.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'

const { evaluate } = createEvaluator()

/** JSONata's time-out is looked at between steps; what one function does with a huge text happens within one. */
describe('a text that grows inside a mapping', () => {
  const attacks = {
    'padded, then measured': '$length($pad("a", 500000000))',
    'doubled, then measured': '$length($reduce([1..24], function($text, $n) { $text & $text }, "aaaaaaaaaa"))',
    'doubled, then split': '$count($split($reduce([1..24], function($text, $n) { $text & $text }, "aaaaaaaaaa"), ""))',
    'padded, then searched': '$contains($pad("a", 500000000), /b/)',
    'joined from big pieces': '$length($join($map([1..40], function($n) { big })))',
  }
  for (const [name, source] of Object.entries(attacks)) {
    it(`${name}: is refused before anything works on it`, async () => {
      const begun = performance.now()
      await assert.rejects(
        () => evaluate(source, { big: 'x'.repeat(1_000_000) }),
        (error) => error instanceof CartageError && error.category === 'invalid' && error.code === 'mapping.too-long',
      )
      const took = performance.now() - begun
      assert.ok(took < 5_000, `took ${took} ms; unbounded it takes far longer`)
    })
  }

  it('a big proof of delivery still passes', async () => {
    const document = 'A'.repeat(8 * 1024 * 1024)
    assert.deepEqual(await evaluate('{ "kind": "photo", "base64": document }', { document }), {
      kind: 'photo',
      base64: document,
    })
  })
})
