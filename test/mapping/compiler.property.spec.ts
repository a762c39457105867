import assert from 'node:assert/strict'
import fc from 'fast-check'
import { byCompiler, byReference } from '../support/both-ways.ts'
import { data, expression } from '../support/expressions.ts'

/** More of them, with other seeds, on request: `CARTAGE_PROPERTY_RUNS=200000 npx mocha test/mapping/compiler.property.spec.ts`. */
const asked = Number(process.env['CARTAGE_PROPERTY_RUNS'] ?? 0)
const parameters = asked > 0 ? { numRuns: asked } : { numRuns: 4000, seed: 20260302 }

describe('compiled mappings', () => {
  it('say what the reference says, for any expression and any data', async function () {
    this.timeout(asked > 0 ? 0 : 60_000)
    let compiled = 0
    await fc.assert(
      fc.asyncProperty(expression, data, data, async (source, input, v) => {
        const one = { source, input, bindings: { v } }
        // JSONata loses a pattern on the left of these, and may then not come to an end
        if (/\?[?:]/.test(source) && /\/\w*[,)]/.test(source)) return
        const { outcome, way } = byCompiler(one)
        // a bound of ours, where the reference has none
        if ('code' in outcome && outcome.code === 'mapping.too-long') return
        const expected = await byReference(one)
        assert.deepEqual(withoutToken(outcome), withoutToken(expected), source)
        if (way === 'compiled') compiled += 1
      }),
      { ...parameters, endOnFailure: false },
    )
    assert.ok(compiled > parameters.numRuns * 0.9, `only ${compiled} were compiled`)
  })
})

function withoutToken(outcome: object): object {
  return 'code' in outcome ? { code: outcome.code } : outcome
}
