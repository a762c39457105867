import assert from 'node:assert/strict'
import { diffOf } from '../../../engine/mapping/lab/diff.ts'
import { goldenText } from '../../../engine/mapping/lab/golden-form.ts'
import { runGoldens, runSample } from '../../../engine/mapping/lab/goldens.ts'
import { templateSamples } from '../../../engine/mapping/lab/samples.ts'
import { lab } from '../../support/lab.ts'

describe('golden samples in the lab', () => {
  const here = { partner: 'onfleet', mapping: 'map/webhook.jsonata' }
  const source = () => lab.profiles.get('onfleet')!.mappings['map/webhook.jsonata']!

  for (const [slug, profile] of lab.profiles)
    it(`${slug}: every golden comes out, as the suite over templates has it, and would be written as it is`, async () => {
      const results = await runGoldens(lab, { partner: slug })
      assert.deepEqual(
        results.filter(({ ok }) => !ok),
        [],
      )
      const folder = lab.samples(profile)
      for (const { mapping, name, golden } of results.filter((one) => one.golden.endsWith('.json'))) {
        const sample = templateSamples(profile, mapping, folder).find((one) => one.name === name)!
        const before = folder.read(golden)
        const text = goldenText(sample.ref, await runSample(lab, profile, sample, {}), golden, before)
        assert.deepEqual(JSON.parse(text), JSON.parse(before.toString('utf8')), golden)
      }
    })

  it('show what a draft would change, field by field', async () => {
    const draft = source().replace('"rawCode": ', '"rawCode": "x" & ')
    assert.notEqual(draft, source())
    const results = await runGoldens(lab, { ...here, source: draft })
    const failed = results.filter(({ ok }) => !ok)
    assert.ok(failed.length > 3)
    for (const { diff } of failed)
      for (const { path, kind, expected, actual } of diff)
        assert.deepEqual([path.replace(/^\d+\./, ''), kind, actual], ['rawCode', 'changed', `x${expected}`])
  })

  it('fail when what comes out is not valid, and when nothing can come out', async () => {
    const [invalid] = await runGoldens(lab, { ...here, source: '{ "type": "delivery.completed", "rawCode": "x" }' })
    assert.deepEqual([invalid?.ok, invalid?.error?.code], [false, 'mapping.result'])
    const [broken] = await runGoldens(lab, { ...here, source: '{ "type": ' })
    assert.deepEqual([broken?.ok, broken?.error?.code], [false, 'mapping.syntax'])
  })

  describe('differences', () => {
    for (const [what, expected, actual, found] of [
      ['none', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
      ['an undefined field is none', { a: 1, b: undefined }, { a: 1 }, []],
      ['a changed leaf', { a: { b: 1 } }, { a: { b: '1' } }, [['a.b', 'changed']]],
      ['a missing one', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, [['a.c', 'missing']]],
      ['one too many', { a: [] }, { a: [{ x: 1 }] }, [['a.0', 'added']]],
      ['another kind of value', { a: [1] }, { a: { 0: 1 } }, [['a', 'changed']]],
      ['the whole', 1, null, [['', 'changed']]],
    ] as const)
      it(`${what}: ${JSON.stringify(found)}`, () => {
        assert.deepEqual(
          diffOf(expected, actual).map(({ path, kind }) => [path, kind]),
          found,
        )
      })

    it('are bounded', () => {
      const many = Object.fromEntries(Array.from({ length: 5_000 }, (_one, n) => [`f${n}`, n]))
      assert.equal(diffOf(many, {}).length, 200)
    })
  })
})
