import assert from 'node:assert/strict'
import { mappingsOf } from '../../../engine/mapping/catalogue.ts'
import { splitter } from '../../../engine/mapping/lab/goldens.ts'
import { personalSources, withDisguise } from '../../../engine/mapping/lab/offered.ts'
import { hintsOf, vocabularyOf } from '../../../engine/mapping/lab/provenance.ts'
import { runMapping } from '../../../engine/mapping/lab/run.ts'
import { readTemplateSample, sampleParameters, templateSamples } from '../../../engine/mapping/lab/samples.ts'
import { lab } from '../../support/lab.ts'

describe('samples with their personal data disguised', () => {
  for (const profile of lab.profiles.values()) {
    const folder = lab.samples(profile)
    const arriving = new Set(mappingsOf(profile).flatMap((ref) => (ref.input === 'delivery' ? [ref.name] : [])))
    const samples = [...arriving].flatMap((mapping) => templateSamples(profile, mapping, folder))
    if (samples.length === 0) continue

    it(`${profile.id}: are mapped to as many valid documents of the same kinds as before`, async () => {
      const bench = { evaluator: lab.evaluator, profile, params: sampleParameters(profile, folder) }
      for (const sample of samples) {
        const { ref } = sample
        const source = profile.mappings[ref.name] ?? ''
        const open = await readTemplateSample(sample, folder, splitter(lab, profile))
        const personal = personalSources(ref, open.body, hintsOf(ref, source))
        const hidden = {
          ...open,
          body: withDisguise(ref, open.body, personal, { salt: 'salt', kept: vocabularyOf(profile, source) }),
        }
        const told = async (one: typeof open) => {
          const { items, issues } = await runMapping(bench, ref, source, one)
          const kinds = items.map(({ entity, value }) => [entity, (value as { type?: string }).type])
          return { kinds, issues: issues.length }
        }
        assert.deepEqual(await told(hidden), await told(open), `${sample.input}: ${[...personal].join(', ')}`)
      }
    })
  }
})
