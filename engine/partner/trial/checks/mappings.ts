import type { Json } from '../../../json.ts'
import { mappingsOf } from '../../../mapping/catalogue.ts'
import { type GoldenResult, goldensOf, mappingNames, runSample } from '../../../mapping/lab/goldens.ts'
import { templateSamples } from '../../../mapping/lab/samples.ts'
import type { Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import type { CheckLink, Verdict } from '../types.ts'
import { type CheckSpec, failed, passed, readable, skipped, wordsOf } from './check.ts'

/** What the mappings make of the samples: what the goldens say, and whole documents. */
export function mappingChecks(profile: Profile): CheckSpec[] {
  const about = { group: 'mapping', required: true } as const
  const names = mappingNames(profile).filter((name) => profile.mappings[name] !== undefined)
  const goldens = names.map(
    (name): CheckSpec => ({
      ...about,
      id: `goldens.${name.replace(/^map\//, '').replace(/\.jsonata$/, '')}`,
      title: `${name}: gives what its golden samples say`,
      run: (bench) => golden(bench, name),
    }),
  )
  const whole: CheckSpec = {
    ...about,
    id: 'required-fields',
    title: 'Nothing is missing that events and documents need',
    run: (bench) => requiredFields(bench),
  }
  return names.length > 0 ? [...goldens, whole] : []
}

/** As the mapping workbench needs it. */
function labOf({ evaluator, samples }: TrialBench) {
  return { evaluator, samples: () => samples }
}

async function golden(bench: TrialBench, mapping: string): Promise<Verdict> {
  const results = await goldensOf(labOf(bench), bench.profile, mapping, {})
  if (results.length === 0) return skipped('It has no golden sample: add one to know when it changes its mind.')
  const wrong = results.filter(({ ok }) => !ok)
  const [first] = wrong
  if (!first) return passed(`${results.length} of ${results.length}.`)
  return failed(`${wrong.length} of ${results.length} differ. ${first.name}: ${differenceOf(first)}.`, {
    message: messageOf(bench, first),
    link: { kind: 'mapping', path: mapping },
  })
}

function differenceOf({ error, diff }: GoldenResult): string {
  if (error) return `${error.message} (${error.code})`
  const [first] = diff
  const kinds = { missing: 'is missing', added: 'is there and should not be', changed: 'is another' }
  return first ? `${first.path || 'the whole'} ${kinds[first.kind]}` : 'it differs'
}

function messageOf({ samples }: TrialBench, { name, golden, diff }: GoldenResult) {
  const input = samples.names().find((file) => file !== golden && file.replace(/\.\w+$/, '') === name)
  const payload = input === undefined ? undefined : readable(samples.read(input).toString('utf8'))
  const expected = readable(samples.read(golden).toString('utf8'))
  return { ...(payload !== undefined && { payload }), expected, diff: diff as unknown as Json }
}

async function requiredFields(bench: TrialBench): Promise<Verdict> {
  const { profile, samples } = bench
  let tried = 0
  for (const mapping of new Set(
    mappingsOf(profile)
      .filter(({ direction }) => direction === 'in')
      .map(({ name }) => name),
  ))
    for (const sample of templateSamples(profile, mapping, samples)) {
      if (sample.ref.input !== 'delivery') continue
      const link: CheckLink = { kind: 'mapping', path: mapping }
      const payload = readable(samples.read(sample.input).toString('utf8'))
      const run = await runSample(labOf(bench), profile, sample, {}).catch((error: unknown) => error as Error)
      if (run instanceof Error)
        return failed(`samples/${sample.input} cannot be mapped: ${wordsOf(run)}.`, { message: { payload }, link })
      tried += 1
      const [issue] = run.issues
      if (!issue) continue
      const actual = JSON.parse(JSON.stringify(run.items.map(({ value }) => value))) as Json
      return failed(`samples/${sample.input}: ${issue.field} ${issue.message}. Fill it in.`, {
        message: { payload, actual },
        link,
      })
    }
  return tried > 0 ? passed(`${tried} samples become whole.`) : skipped('No sample of anything that comes in.')
}
