import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import jsonata from 'jsonata'
import { codeFunction } from '../../engine/mapping/codes.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { functionsDocument } from '../../engine/mapping/library/document.ts'
import { functionCatalogue, libraryFunctions } from '../../engine/mapping/library/index.ts'
import { packageRoot } from '../../engine/package-root.ts'

const { evaluate } = createEvaluator()
const code = codeFunction({ DLV: { type: 'delivery.completed', label: 'Delivered' } })

describe('the catalogue of functions', () => {
  const catalogue = functionCatalogue()
  for (const { name, examples } of catalogue)
    for (const { expression, input, result, error } of examples)
      it(`$${name}: ${expression}`, async () => {
        if (error !== undefined)
          await assert.rejects(evaluate(expression, input, { code }), (thrown: Error) => thrown.message.includes(error))
        else assert.deepEqual(await evaluate(expression, input, { code }), result)
      })

  it('has every function of the library, and each once', () => {
    const names = catalogue.map(({ name }) => name)
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    )
    const ours = catalogue.filter(({ from }) => from === 'cartage').map(({ name }) => name)
    assert.deepEqual(
      ours.toSorted(),
      [...Object.keys(libraryFunctions()).filter((name) => name !== 'eval'), 'code'].toSorted(),
    )
  })

  it('has every function of the language but $eval', async () => {
    const known = new Set(catalogue.map(({ name }) => name))
    const source = readFileSync(join(packageRoot(), 'node_modules/jsonata/jsonata.js'), 'utf8')
    const own = [...source.matchAll(/(?:staticFrame|environment)\.bind\('(\w+)', defineFunction/g)].map(
      (match) => match[1]!,
    )
    assert.ok(own.length > 60)
    assert.deepEqual(
      own.filter((name) => !known.has(name)),
      ['eval'],
    )
  })

  it('takes no name from the language', async () => {
    for (const name of Object.keys(libraryFunctions()).filter((one) => one !== 'eval'))
      assert.equal(await jsonata(`$${name}`).evaluate({}), undefined, name)
  })

  it('stands in docs/mapping-functions.md as it is: npm run types', () =>
    assert.equal(readFileSync(join(packageRoot(), 'docs/mapping-functions.md'), 'utf8'), functionsDocument()))
})
