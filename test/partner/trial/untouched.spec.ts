import assert from 'node:assert/strict'
import type { TrialBench } from '../../../engine/partner/trial/bench.ts'
import { type Brought, untouchedChecks } from '../../../engine/partner/trial/checks/untouched.ts'

describe('a partner made from a template for anything', () => {
  const base = { 'manifest.json': '{}', 'map/webhook.jsonata': '1', 'samples/webhook.delivered.json': '{}' }
  async function said(brought?: Brought) {
    const verdicts = untouchedChecks(brought).map(async ({ id, run }) => [id, (await run({} as TrialBench)).outcome])
    return Object.fromEntries(await Promise.all(verdicts))
  }

  it('is not ready while no mapping and no sample is its own', async () => {
    const files = { ...base, 'manifest.json': '{"id":"van"}' }
    assert.deepEqual(await said({ base, files }), { own: 'failed', 'own.samples': 'failed' })
  })

  for (const [title, change] of [
    ['a mapping was changed', { 'map/webhook.jsonata': '2' }],
    ['a sample was added', { 'samples/webhook.lost.json': '{}' }],
  ] as [string, Record<string, string>][])
    it(`may be ready once ${title}, with the samples that are left told as advice`, async () => {
      assert.deepEqual(await said({ base, files: { ...base, ...change } }), { own: 'passed', 'own.samples': 'failed' })
    })

  it('has nothing left to be told once its samples are replaced or gone', async () => {
    const { 'samples/webhook.delivered.json': _gone, ...files } = base
    assert.deepEqual(await said({ base, files }), { own: 'passed', 'own.samples': 'passed' })
  })

  it('of another template is asked nothing of the kind', async () => assert.deepEqual(await said(undefined), {}))
})
