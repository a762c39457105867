import { mappingsOf } from '../../engine/mapping/catalogue.ts'
import { splitter } from '../../engine/mapping/lab/goldens.ts'
import type { Lab } from '../../engine/mapping/lab/place.ts'
import { folded } from '../../engine/mapping/lab/provenance.ts'
import { readTemplateSample, templateSamples } from '../../engine/mapping/lab/samples.ts'
import { sourcesIn, suggestions } from '../../engine/mapping/lab/suggest.ts'
import { flat, targetsOf } from '../../engine/mapping/lab/targets.ts'
import { traceMapping } from '../../engine/mapping/trace/index.ts'

export interface Asked {
  partner: string
  target: string
  /** Fields that the mapping really makes it from. */
  truth: string[]
  /** What was suggested, the best first. */
  got: string[]
  /** Place of the first right one, from 1; 0: not among them. */
  rank: number
}

/**
 * Takes each field of each courier's webhook mapping away in turn and asks for suggestions, on a sample that has what it is made
 * from. What is known from other templates' mappings counts, the partner's own not.
 */
export async function hitRate(lab: Lab): Promise<{ rows: Asked[]; asked: number; hits: number; first: number }> {
  const rows: Asked[] = []
  const tree = flat(targetsOf('delivery-event')).filter(
    ({ derived, type }) => !derived && type !== 'object' && type !== 'list',
  )
  for (const profile of lab.profiles.values()) {
    if (profile.kind !== 'courier') continue
    const refs = mappingsOf(profile).filter((one) => one.input === 'delivery' && one.entity === 'delivery-event')
    const evidence = lab.evidence.of(lab.profiles.values(), profile.id)
    for (const mapping of new Set(refs.map(({ name }) => name))) {
      const folder = lab.samples(profile)
      const text = profile.mappings[mapping]!
      // A constant is taken from nowhere.
      const isConstant = ({ start, end }: { start: number; end: number }) => /^"[^"]*"$/.test(text.slice(start, end))
      const made = traceMapping(text).targets.filter(({ valueSpan }) => !isConstant(valueSpan))
      const bodies = await Promise.all(
        templateSamples(profile, mapping, folder).map((one) => readTemplateSample(one, folder, splitter(lab, profile))),
      )
      for (const target of tree) {
        const truth = made.filter(({ path }) => folded(path) === folded(target.path)).flatMap(({ sources }) => sources)
        const sample = bodies
          .map(({ body }) => sourcesIn({ body }))
          .find((sources) => sources.some(({ path, values }) => values.length > 0 && truth.includes(path)))
        if (!sample) continue
        const others = made.filter(({ path }) => folded(path) !== folded(target.path))
        const used = new Set(others.flatMap(({ sources }) => sources))
        const codes = new Set(Object.keys(profile.codes))
        const got = suggestions({ entity: 'delivery-event', targets: [target], sources: sample, used, codes, evidence })
        const paths = got.map(({ source }) => source)
        const rank = paths.findIndex((path) => truth.includes(path)) + 1
        rows.push({ partner: profile.id, target: target.path, truth: [...new Set(truth)], got: paths, rank })
      }
    }
  }
  const hits = rows.filter(({ rank }) => rank >= 1 && rank <= 3).length
  return { rows, asked: rows.length, hits, first: rows.filter(({ rank }) => rank === 1).length }
}
