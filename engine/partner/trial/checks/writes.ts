import type { Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import { SAMPLE_CALL } from '../outbox.ts'
import type { Verdict } from '../types.ts'
import { titleOf } from './calls.ts'
import { type CheckSpec, failed, lastSaid, passed, skipped } from './check.ts'
import { writesOf } from './operations.ts'

/** Nothing is done twice: not on a repetition, and not when the answer to the first time is lost. */
export function writeChecks(profile: Profile): CheckSpec[] {
  return writesOf(profile).flatMap((name): CheckSpec[] => {
    const { key, lookup } = profile.operations[name]!
    const title = titleOf(profile, name)
    const about = { group: 'calls' } as const
    return [
      {
        ...about,
        id: `once.${name}`,
        title: `${title}: once, however often`,
        required: true,
        run: (b) => once(b, name),
      },
      {
        ...about,
        id: `lost-answer.${name}`,
        title: `${title}: done, and the answer is lost`,
        // Not every partner lets itself be asked: then it is a risk to know of, not a fault of the template.
        required: key !== undefined || lookup !== undefined,
        run: (bench) => lostAnswer(bench, name),
      },
    ]
  })
}

async function once(bench: TrialBench, name: string): Promise<Verdict> {
  const [outbox, client] = [bench.outbox(), bench.client()]
  bench.simulator.clear(name)
  await bench.perform(outbox, client, name)
  const again = await bench.perform(outbox, client, name)
  const count = bench.simulator.ledger.count(name)
  if (count === 1 && again.repeated) return passed()
  return failed(`Asked for twice, it was done ${count} times.`, { message: lastSaid(bench, name) })
}

async function lostAnswer(bench: TrialBench, name: string): Promise<Verdict> {
  const { key, lookup } = bench.profile.operations[name]!
  const link = { kind: 'manifest', path: `operations.${name}` } as const
  if (!key && !lookup)
    return failed(
      'Risk: when the answer is lost, nobody can tell whether it was done. It stops there, and a person has to ask the partner. If ' +
        'the partner takes a key of ours (key) or can be asked (lookup), say so in the manifest.',
      { link },
    )
  const [outbox, client] = [bench.outbox(), bench.client()]
  if (lookup && !key && !(await showsIt(bench, name)))
    return skipped(`No sample of ${lookup.operation} shows it done: add one to have this tried.`)
  bench.simulator.clear(name)
  bench.simulator.play(name, { kind: 'vanish' })
  const first = await bench.perform(outbox, client, name).catch((error: unknown) => error)
  if (!(first instanceof Error)) return failed('A broken connection is taken for an answer.', { link })
  const second = await bench.perform(outbox, client, name)
  const count = bench.simulator.ledger.count(name)
  if (count !== 1)
    return failed(
      `It was done ${count} times. ${lookup ? 'The look-up does not find it' : 'The key does not go along'}.`,
      {
        message: lastSaid(bench, lookup?.operation ?? name),
        link: { kind: 'manifest', path: `operations.${name}.${lookup ? 'lookup' : 'key'}` },
      },
    )
  return second.outcome === 'refused'
    ? failed('What was done is told as refused.', { message: lastSaid(bench, name), link })
    : passed(
        lookup ? 'It asks the partner, finds it, and does not send it again.' : 'It is sent again with the same key.',
      )
}

/** Does the look-up find anything in the samples, which may be from before it was done? */
async function showsIt(bench: TrialBench, name: string): Promise<boolean> {
  const found = await bench.client().lookUp(name, bench.inputOf(name), SAMPLE_CALL)
  return found !== undefined
}
