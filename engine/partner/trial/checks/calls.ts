import type { Json } from '../../../json.ts'
import { mappingsOf, samplesOf } from '../../../mapping/catalogue.ts'
import { diffOf } from '../../../mapping/lab/diff.ts'
import type { Answer } from '../../answer.ts'
import { PartnerFailure } from '../../failure.ts'
import type { Profile } from '../../profile-types.ts'
import type { PartnerClient } from '../../client.ts'
import type { TrialBench } from '../bench.ts'
import { SAMPLE_CALL } from '../outbox.ts'
import type { Act } from '../simulator/acts.ts'
import type { Verdict } from '../types.ts'
import { type CheckSpec, failed, firstOf, lastSaid, passed, wordsOf } from './check.ts'
import { calledOf, mainOf } from './operations.ts'

/** How long the first client waits for an answer that never ends, and the next ones. */
const PATIENCE_MS = [300, 2_000, 8_000]

/** Each operation does what its samples say, and takes nothing for an answer that is none. */
export function callChecks(profile: Profile): CheckSpec[] {
  const names = calledOf(profile)
  const main = mainOf(profile)
  if (main === undefined) return []
  const operations = names.map(
    (name): CheckSpec => ({
      ...{ group: 'calls', required: true, id: `operation.${name}` },
      title: `${titleOf(profile, name)}: asks, and understands the answer`,
      run: (bench) => answers(bench, name),
    }),
  )
  return [...operations, ...faultChecks(names, main)]
}

function faultChecks(names: readonly string[], main: string): CheckSpec[] {
  const about = { group: 'calls', required: true } as const
  const each = (verdict: (bench: TrialBench, name: string) => Promise<Verdict>) => (bench: TrialBench) =>
    firstOf(
      names.map((name) => () => verdict(bench, name)),
      passed(),
    )
  return [
    { ...about, id: 'refusal', title: "A refusal is shown in the partner's own words", run: each(refusals) },
    {
      ...about,
      id: 'page',
      title: 'A page for people is never taken for an answer',
      run: each((bench, name) => notAnAnswer(bench, name, { kind: 'page' })),
    },
    {
      ...about,
      id: 'oversized',
      title: 'An answer that is far too large is given up',
      run: (bench) => notAnAnswer(bench, main, { kind: 'oversized' }, 'partner.answer-too-large'),
    },
    {
      ...about,
      id: 'drip',
      title: 'An answer that never ends is given up in time',
      run: (bench) => neverEnds(bench, main),
    },
  ]
}

/** What people call the operation, and its name. */
export function titleOf(profile: Profile, name: string): string {
  const { label } = profile.operations[name] as { label?: string }
  return label === undefined ? name : `${label} (${name})`
}

async function answers(bench: TrialBench, name: string): Promise<Verdict> {
  if (!bench.hasInput(name))
    return failed(`There is no samples/${name}.input.json: add what the operation is asked with.`, {
      link: { kind: 'sample', path: `samples/${name}.input.json` },
    })
  const ref = mappingsOf(bench.profile).find(({ role, operation }) => role === 'answer' && operation === name)
  const shown = ref ? samplesOf(bench.profile, ref, bench.samples).filter(({ golden }) => golden !== undefined) : []
  const client = bench.client()
  const ask = async (file?: string, golden?: string, input = bench.inputOf(name)): Promise<Verdict> => {
    if (file !== undefined)
      bench.simulator.play(name, { kind: 'answer', answer: bench.simulator.answers.good(name, file) })
    const answer = await client.call(name, input, SAMPLE_CALL)
    return judged(bench, name, answer, golden)
  }
  try {
    if (shown.length === 0) return await ask()
    const asking = shown.map(
      ({ input, golden, asked }) =>
        () =>
          ask(input, golden, asked && bench.json(asked)),
    )
    return await firstOf(asking, passed(shown.length > 1 ? `${shown.length} answers are understood.` : undefined))
  } catch (error) {
    return failed(`It was not answered: ${wordsOf(error)}.`, {
      message: lastSaid(bench, name),
      link: { kind: 'manifest', path: `operations.${name}` },
    })
  }
}

function judged(bench: TrialBench, name: string, answer: Answer, golden: string | undefined): Verdict {
  if (answer.outcome === 'refused')
    return failed(
      `A good answer is taken for a refusal: ${answer.messages[0]?.message}. Look at "ok" of the operation.`,
      {
        message: lastSaid(bench, name),
        link: { kind: 'manifest', path: `operations.${name}.ok` },
      },
    )
  if (golden === undefined) return passed()
  const expected = bench.json(golden) as Json
  const diff = diffOf(expected, answer.body)
  if (diff.length === 0) return passed()
  return failed(`The answer becomes something else than samples/${golden} says, at ${diff[0]?.path || 'the top'}.`, {
    message: { ...lastSaid(bench, name), expected, actual: answer.body, diff: diff as unknown as Json },
    link: { kind: 'mapping', path: bench.profile.operations[name]?.response ?? '' },
  })
}

async function refusals(bench: TrialBench, name: string): Promise<Verdict> {
  const { answers } = bench.simulator
  const files = answers.refusals(name)
  const client = bench.client()
  for (const file of files.length > 0 ? files : [undefined]) {
    // A sign of a session that is over is answered by a second request, which is refused, too.
    bench.simulator.keepPlaying(name, { kind: 'answer', answer: answers.refusal(name, file) })
    const answer = await client.call(name, bench.inputOf(name), SAMPLE_CALL).catch((error: unknown) => error)
    const details = { message: lastSaid(bench, name), link: { kind: 'manifest', path: `operations.${name}` } as const }
    if (answer instanceof PartnerFailure && answer.category === 'throttled') continue
    if (answer instanceof Error)
      return failed(`A refusal of ${name} is taken for a failure: ${wordsOf(answer)}.`, details)
    const told = answer as Answer
    if (told.outcome === 'answered')
      return failed(`A refusal of ${name} is taken for success. Say in "ok" what a good answer is.`, details)
    if (told.outcome === 'refused' && told.messages.every(({ message }) => message.trim() === ''))
      return failed(
        `A refusal of ${name} says nothing. Say in a refusal mapping where the partner's words stand.`,
        details,
      )
  }
  return passed()
}

/** It fails, in time, and whether it took effect is said to be unknown. */
async function notAnAnswer(bench: TrialBench, name: string, act: Act, code?: string): Promise<Verdict> {
  const client = bench.client()
  bench.simulator.play(name, act)
  return judgedFailure(bench, name, await ask(bench, client, name), code)
}

/** As before, by an impatient client; where this machine is so busy that it did not even ask, by a more patient one. */
async function neverEnds(bench: TrialBench, name: string): Promise<Verdict> {
  let answer: unknown
  for (const timeoutMs of PATIENCE_MS) {
    await bench.refresh()
    bench.simulator.keepPlaying(name, { kind: 'drip' })
    answer = await ask(bench, bench.client(impatient(bench.profile, timeoutMs)), name)
    const askedForNothing = answer instanceof PartnerFailure && answer.effect === 'none'
    if (!askedForNothing) break
  }
  return judgedFailure(bench, name, answer, 'partner.timeout')
}

function ask(bench: TrialBench, client: PartnerClient, name: string): Promise<unknown> {
  return client.call(name, bench.inputOf(name), SAMPLE_CALL).catch((error: unknown) => error)
}

function judgedFailure(bench: TrialBench, name: string, answer: unknown, code?: string): Verdict {
  bench.simulator.calm()
  const details = { message: lastSaid(bench, name), link: { kind: 'manifest', path: `operations.${name}` } as const }
  if (!(answer instanceof PartnerFailure))
    return failed(`${name} takes it for an answer: ${JSON.stringify(answer).slice(0, 200)}.`, details)
  if (answer.effect !== 'unknown')
    return failed(`${name} takes it for "nothing happened": ${wordsOf(answer)}.`, details)
  if (code !== undefined && answer.code !== code) return failed(`${name} ends otherwise: ${wordsOf(answer)}.`, details)
  return passed()
}

/** The profile's operations with a time limit of their own. */
function impatient({ operations }: Profile, timeoutMs: number): Partial<Profile> {
  const changed = Object.entries(operations).map(([name, one]) => [name, { ...one, timeoutMs }])
  return { operations: Object.fromEntries(changed) }
}
