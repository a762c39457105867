import { setImmediate as turn } from 'node:timers/promises'
import { CartageError } from '../../errors.ts'
import type { CodeEntry, Profile } from '../../partner/profile-types.ts'
import { mappingsOf } from '../catalogue.ts'
import type { Difference } from './diff.ts'
import { differences } from './golden-form.ts'
import { type Lab, partnerOf, placeOf, sourceOf } from './place.ts'
import { type Run, runMapping } from './run.ts'
import { readTemplateSample, sampleParameters, type TemplateSample, templateSamples } from './samples.ts'

/** How a golden sample fares. */
export interface GoldenResult {
  mapping: string
  /** Of the sample. */
  name: string
  /** Its file. */
  golden: string
  ok: boolean
  diff: Difference[]
  error?: { code: string; message: string; field?: string }
}

/** What is tried in the place of what is saved. */
export interface Draft {
  source?: string
  codes?: Readonly<Record<string, CodeEntry>>
}

/** What running samples needs of the lab. */
export type SampleLab = Pick<Lab, 'evaluator' | 'samples'>

export interface AskedGoldens {
  partner?: unknown
  mapping?: unknown
  source?: unknown
}

/** All golden samples of a partner, or of one mapping, as saved or with a draft of that mapping. */
export async function runGoldens(lab: Lab, asked: AskedGoldens): Promise<GoldenResult[]> {
  const draft = asked.source === undefined ? {} : { source: sourceOf(asked.source) }
  if (asked.mapping !== undefined) {
    const { profile, mapping } = placeOf(lab, asked)
    return goldensOf(lab, profile, mapping, draft)
  }
  const profile = partnerOf(lab, asked.partner)
  const results: GoldenResult[] = []
  for (const mapping of mappingNames(profile)) results.push(...(await goldensOf(lab, profile, mapping, {})))
  return results
}

export function mappingNames(profile: Profile): string[] {
  return [...new Set(mappingsOf(profile).map(({ name }) => name))]
}

export async function goldensOf(
  lab: SampleLab,
  profile: Profile,
  mapping: string,
  draft: Draft,
): Promise<GoldenResult[]> {
  const results: GoldenResult[] = []
  for (const { golden, ...sample } of templateSamples(profile, mapping, lab.samples(profile))) {
    if (golden === undefined) continue
    results.push(await compared(lab, profile, { ...sample, golden }, draft))
    // Others have their turn between two of them.
    await turn()
  }
  return results
}

async function compared(
  lab: SampleLab,
  profile: Profile,
  sample: TemplateSample & { golden: string },
  draft: Draft,
): Promise<GoldenResult> {
  const { ref, name, golden } = sample
  const about = { mapping: ref.name, name, golden }
  try {
    const run = await runSample(lab, profile, sample, draft)
    const [wrong] = run.issues
    const diff = differences(ref, lab.samples(profile).read(golden), golden, run)
    const error = wrong && { code: 'mapping.result', message: `${wrong.field} ${wrong.message}`, field: wrong.field }
    return { ...about, ok: diff.length === 0 && !wrong, diff, ...(error && { error }) }
  } catch (error) {
    if (!(error instanceof CartageError)) throw error
    const { code, message, field } = error
    return { ...about, ok: false, diff: [], error: { code, message, ...(field !== undefined && { field }) } }
  }
}

/** Runs what is saved, or the draft, on a sample of the template. */
export async function runSample(lab: SampleLab, profile: Profile, sample: TemplateSample, draft: Draft): Promise<Run> {
  const folder = lab.samples(profile)
  const { evaluator } = lab
  const bench = {
    evaluator,
    profile: draft.codes ? { ...profile, codes: draft.codes } : profile,
    params: sampleParameters(profile, folder),
  }
  const source = draft.source ?? profile.mappings[sample.ref.name] ?? ''
  return runMapping(bench, sample.ref, source, await readTemplateSample(sample, folder, splitter(lab, profile)))
}

/** Takes a webhook's body apart as the intake does, where the template says how. */
export function splitter({ evaluator }: Pick<Lab, 'evaluator'>, { webhook }: Profile) {
  return async (body: unknown, headers: Record<string, string>): Promise<unknown[]> => {
    if (!webhook?.split) return [body]
    const parts = await evaluator.evaluate(webhook.split, { body, headers })
    return parts === undefined ? [] : [parts].flat()
  }
}
