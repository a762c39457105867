import type { SampleFolder } from '../../mapping/catalogue.ts'
import type { Evaluator } from '../../mapping/evaluate.ts'
import type { Profile } from '../profile-types.ts'
import type { Account } from './account.ts'
import { TrialBench } from './bench.ts'
import { type CheckSpec, failed, wordsOf } from './checks/check.ts'
import { SAMPLES, samplesVerdict } from './checks/samples.ts'
import type { Brought } from './checks/untouched.ts'
import { scriptFor } from './script.ts'
import { shownMessage } from './shown.ts'
import type { Check, Trial, TrialTarget } from './types.ts'

export interface TrialOptions {
  profile: Profile
  samples: SampleFolder
  evaluator?: Evaluator
  /** The deployed account; undefined where there is none. */
  account?: Account
  target?: TrialTarget
  /** Of a partner that was made from a template for anything. */
  brought?: Brought
  /** Ends it after the check that is under way. */
  signal?: AbortSignal
}

/** How far it is: the checks done so far, and which one is next. */
export type TrialStep = Pick<Trial, 'checks' | 'progress'>

/** Tries a partner, check by check. It touches neither the hub's store nor, with the simulator as its target, anybody outside. */
export async function* runTrial(options: TrialOptions): AsyncGenerator<TrialStep> {
  const { signal } = options
  const readable = samplesVerdict(options.samples)
  if (readable.outcome === 'failed') {
    yield { checks: [{ ...SAMPLES, ...readable }], progress: { done: 1, total: 1 } }
    return
  }
  const script = scriptFor(options)
  const bench = await TrialBench.open(options)
  try {
    const checks: Check[] = []
    for (const spec of script) {
      yield { checks: [...checks], progress: { done: checks.length, total: script.length, step: spec.title } }
      if (signal?.aborted) return
      checks.push(await perform(spec, bench))
    }
    yield { checks, progress: { done: checks.length, total: script.length } }
  } finally {
    await bench.close()
  }
}

async function perform(spec: CheckSpec, bench: TrialBench): Promise<Check> {
  const { run, ...about } = spec
  await bench.refresh()
  const verdict = await (async () => run(bench))().catch((error: unknown) => failed(wordsOf(error)))
  const { message, ...rest } = verdict
  const shown = message && shownMessage(message, Object.values(bench.values.credentials))
  return { ...about, ...rest, ...(shown && { message: shown }) }
}

/** The whole trial at once. */
export async function trialOf(options: TrialOptions): Promise<Check[]> {
  let checks: Check[] = []
  for await (const step of runTrial(options)) checks = step.checks
  return checks
}
