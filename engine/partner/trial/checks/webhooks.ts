import type { Json } from '../../../json.ts'
import type { Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import type { Verdict } from '../types.ts'
import { eventsOf, mappingFor, tellsEvents } from '../webhooks/events.ts'
import { patternsOf, rebuilt } from '../webhooks/rebuilt.ts'
import { sampledTellings, type Told } from '../webhooks/sent.ts'
import { type CheckSpec, failed, passed, skipped } from './check.ts'
import { cannotTell, deliver, deliverings } from './delivery.ts'

/** What the partner tells is taken, and taken once. */
export function webhookChecks(profile: Profile): CheckSpec[] {
  const { webhook, polling } = profile
  if (!webhook && !polling) return []
  const about = { group: 'webhooks', required: true } as const
  return [
    { ...about, id: 'webhook.samples', title: 'Every sample is taken', run: takesSamples },
    { ...about, id: 'webhook.duplicates', title: 'What is told twice is one message', run: takesOnce },
    { ...about, id: 'webhook.different', title: 'What is different is never taken for the same', run: tellsApart },
  ]
}

async function takesSamples(bench: TrialBench): Promise<Verdict> {
  const cannot = cannotTell(bench)
  if (cannot) return cannot
  const tellings = sampledTellings(bench)
  for (const told of tellings) {
    bench.forgetReceived()
    const { message, stored, refused } = await deliver(bench, told)
    if (refused) return refused
    if (!tellsEvents(bench.profile, told.way)) continue
    const events = (await Promise.all(stored.map((one) => eventsOf(bench, one)))).flat()
    const expected = typesIn(bench, told)
    const actual = events.map(({ type }) => type).sort()
    if (expected === undefined || stored.length === 0 || String(expected) === String(actual)) continue
    return failed(`${told.name} becomes ${listed(actual)}, not ${listed(expected)}.`, {
      message: { ...message, expected: expected as Json, actual },
      link: { kind: 'mapping', path: mappingFor(bench.profile, told.way) },
    })
  }
  return passed(`${tellings.length} samples.`)
}

/** Types of the events that the golden has. */
function typesIn(bench: TrialBench, { golden }: Told): string[] | undefined {
  if (golden === undefined) return undefined
  // A golden of nothing is null.
  const events = [bench.json(golden) ?? []].flat() as { type: string; data?: { type: string } }[]
  return events.map(({ type, data }) => data?.type ?? type).sort()
}

export function listed(types: readonly string[]): string {
  return types.join(', ') || 'nothing'
}

async function takesOnce(bench: TrialBench): Promise<Verdict> {
  const cannot = cannotTell(bench)
  if (cannot) return cannot
  for (const told of sampledTellings(bench)) {
    bench.forgetReceived()
    const [, again] = await deliverings(bench, told, 2)
    if (again && again.stored.length > 0)
      return failed(`${told.name} told again is another message. Look at its "messageId".`, {
        message: again.message,
        link: { kind: 'manifest', path: idPath(told) },
      })
  }
  return passed()
}

/** Two tellings that differ in code, time and ids are two messages. */
async function tellsApart(bench: TrialBench): Promise<Verdict> {
  if (!tellsEvents(bench.profile)) return skipped('It tells no events of shipments.')
  const cannot = cannotTell(bench)
  if (cannot) return cannot
  const [first, second] = Object.keys(bench.profile.codes)
  if (first === undefined || second === undefined) return skipped('The code table has fewer than two codes.')
  for (const pattern of await patternsOf(bench, sampledTellings(bench))) {
    const at = bench.clock.now()
    const one = await rebuilt(bench, pattern, { code: first, at, mark: 'one' })
    const other = await rebuilt(bench, pattern, { code: second, at: at + 3_600_000, mark: 'other' })
    if (!one || !other) continue
    bench.forgetReceived()
    const [{ stored }, late] = [await deliver(bench, one), await deliver(bench, other)]
    if (stored.length > 0 && late.stored.length > 0 && !late.refused) return passed()
    return failed('Another event is taken for one that was told before. Look at "messageId": it must name the event.', {
      message: late.message,
      link: { kind: 'manifest', path: idPath(pattern.told) },
    })
  }
  return skipped('No second event can be made from the samples.')
}

function idPath({ way }: Told): string {
  return way === 'poll' ? 'polling.messageId' : 'webhook.messageId'
}
