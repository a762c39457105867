import { mappingsOf } from '../../../mapping/catalogue.ts'
import { splitter } from '../../../mapping/lab/goldens.ts'
import { runMapping } from '../../../mapping/lab/run.ts'
import { readTemplateSample, templateSamples } from '../../../mapping/lab/samples.ts'
import type { NamedValue, Profile } from '../../profile-types.ts'
import { type Account, wayOf } from '../account.ts'
import type { TrialBench } from '../bench.ts'
import type { CheckLink, Verdict } from '../types.ts'
import { failed, passed, skipped, wordsOf } from './check.ts'

export const NOT_DEPLOYED = 'No account of this partner is deployed yet.'

const EITHER = 'Fill it in at the account, or take the sample away where this partner sends nothing of the kind.'

const LINK: { link: CheckLink } = { link: { kind: 'manifest', path: 'parameters' } }

/** What addresses name must be set; of what only mappings use, what they cannot do without. */
export async function parametersVerdict(bench: TrialBench, account: Account | undefined): Promise<Verdict> {
  const { profile } = bench
  const without = profile.parameters.filter(({ default: value }) => value === undefined)
  if (without.length === 0) return passed('Each has a default.')
  if (!account) return skipped(NOT_DEPLOYED)
  const unset = without.filter(({ name }) => !account.parameters[name])
  const called = unset.filter(({ name }) => isCalledBy(profile, account, name))
  if (called.length > 0) return failed(`Not set: ${named(called)}. Fill it in at the account, then deploy.`, LINK)
  const mapped = unset.filter(({ name }) => isMapped(profile, name))
  const failure = mapped.length > 0 ? await firstFailure(bench, account) : undefined
  if (failure === undefined) return passed(mapped.length > 0 ? `It can do without ${named(mapped)}.` : undefined)
  return failed(`Not set: ${named(mapped)}. Without it ${failure}. ${EITHER}`, LINK)
}

function named(parameters: readonly NamedValue[]): string {
  return parameters.map(({ name, label = name }) => `${name} (${label})`).join('; ')
}

function isCalledBy(profile: Profile, account: Account, name: string): boolean {
  const { baseUrl, operations } = profile
  const written = JSON.stringify([baseUrl, wayOf(profile, account), operations])
  return written.includes(`{${name}}`) || new RegExp(`params\\.${name}\\b`).test(JSON.stringify(operations))
}

function isMapped({ mappings }: Profile, name: string): boolean {
  const used = new RegExp(`params\\.${name}\\b`)
  return Object.values(mappings).some((source) => used.test(source))
}

/** Why the first sample cannot be mapped with what the account has; undefined when all can. */
async function firstFailure(bench: TrialBench, account: Account): Promise<string | undefined> {
  const { profile, samples, evaluator } = bench
  const defaults = profile.parameters.flatMap(({ name, default: value }) =>
    value === undefined ? [] : [[name, value]],
  )
  const params = { ...Object.fromEntries(defaults), ...account.parameters }
  for (const mapping of new Set(mappingsOf(profile).map(({ name }) => name)))
    for (const sample of templateSamples(profile, mapping, samples)) {
      const read = await readTemplateSample(sample, samples, splitter({ evaluator }, profile))
      const run = runMapping({ evaluator, profile, params }, sample.ref, profile.mappings[mapping] ?? '', read)
      const error = await run.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (error !== undefined) return `samples/${sample.input} cannot be mapped: ${wordsOf(error)}`
    }
  return undefined
}
