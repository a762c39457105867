import type { CodeEntry, Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import type { Verdict } from '../types.ts'
import { eventsOf, mappingFor, tellsEvents } from '../webhooks/events.ts'
import { type Pattern, patternsOf, rebuilt } from '../webhooks/rebuilt.ts'
import { sampledTellings, type Told } from '../webhooks/sent.ts'
import { type CheckSpec, failed, passed, skipped } from './check.ts'
import { cannotTell, deliver } from './delivery.ts'
import { listed } from './webhooks.ts'

/** A code that no partner uses. */
const STRANGE = 'cartage_never_heard_of'

/** The code table, as messages meet it. */
export function codeChecks(profile: Profile): CheckSpec[] {
  if (!tellsEvents(profile)) return []
  const about = { group: 'webhooks', required: true } as const
  return [
    { ...about, id: 'codes.every', title: 'Every code of the table becomes what the table says', run: everyCode },
    { ...about, id: 'codes.unknown', title: 'An unknown code is kept for the inbox, not guessed', run: unknownCode },
  ]
}

async function everyCode(bench: TrialBench): Promise<Verdict> {
  const patterns = await patternsOf(bench, sampledTellings(bench))
  const codes = Object.entries(bench.profile.codes)
  let made = 0
  for (const [nth, [code, meaning]] of codes.entries()) {
    const found = await toldWith(bench, patterns, { code, meaning, nth })
    if (!found) continue
    made += 1
    const { told, types } = found
    if (meaning.ignored ? types.length === 0 : types.includes(meaning.type)) continue
    return failed(`${code} becomes ${listed(types)}, and the table says ${meaning.type ?? 'nothing'}.`, {
      message: { payload: told.body },
      link: { kind: 'mapping', path: mappingFor(bench.profile, told.way) },
    })
  }
  if (made === 0) return skipped('The samples do not hold codes as they are in the table: golden samples show them.')
  const others = `${made} of ${codes.length}; the others are put together from several fields.`
  return passed(made < codes.length ? others : undefined)
}

/** Something that tells this code, made from the samples, and what it becomes; undefined where none can be made. */
async function toldWith(
  bench: TrialBench,
  patterns: readonly Pattern[],
  { code, meaning, nth }: { code: string; meaning: CodeEntry; nth: number },
): Promise<{ told: Told; types: string[] } | undefined> {
  for (const pattern of patterns) {
    const told = await rebuilt(bench, pattern, { code, at: bench.clock.now() + nth * 60_000, mark: `c${nth}` })
    if (!told) continue
    bench.forgetReceived()
    const [message] = (await deliver(bench, told)).stored
    const events = message && (await eventsOf(bench, message).catch(() => undefined))
    // What is made of a code by other fields as well is told by its own samples.
    if (events === undefined || events.some(({ rawCode }) => rawCode !== code)) continue
    if (events.length === 0 && !meaning.ignored) continue
    return { told, types: events.map(({ type }) => type) }
  }
  return undefined
}

async function unknownCode(bench: TrialBench): Promise<Verdict> {
  const cannot = cannotTell(bench)
  if (cannot) return cannot
  for (const pattern of await patternsOf(bench, sampledTellings(bench))) {
    const told = await rebuilt(bench, pattern, { code: STRANGE, at: bench.clock.now(), mark: 'strange' })
    if (!told) continue
    const { message, stored, refused } = await deliver(bench, told)
    if (refused) return refused
    // Where the same with its own code cannot be mapped either, it is not the code that is in the way.
    const own = await rebuilt(bench, pattern, { code: pattern.event.rawCode!, at: bench.clock.now(), mark: 'strange' })
    if (own && (await patternsOf(bench, [own])).length === 0) continue
    const events = (await Promise.all(stored.map((one) => eventsOf(bench, one)))).flat()
    const kept = events.filter(({ rawCode }) => rawCode?.toLowerCase().includes(STRANGE))
    if (events.length > 0 && kept.length === events.length && kept.every(({ type }) => type === 'status.unmapped'))
      return passed()
    // A coarser code stands behind it, which the table has.
    if (events.length > 0 && events.every(({ rawCode = '' }) => Object.hasOwn(bench.profile.codes, rawCode))) continue
    const types = listed(events.map(({ type }) => type))
    return failed(`A code that nobody knows becomes ${types}. Look it up with $code, and keep it as rawCode.`, {
      message,
      link: { kind: 'mapping', path: mappingFor(bench.profile, told.way) },
    })
  }
  return skipped('No sample holds its code as it is and alone: it is put together from several fields.')
}
