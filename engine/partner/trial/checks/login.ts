import type { OneAuth } from '../../auth/types.ts'
import { PartnerFailure } from '../../failure.ts'
import type { Profile } from '../../profile-types.ts'
import { type Account, wayOf } from '../account.ts'
import type { TrialBench } from '../bench.ts'
import { SAMPLE_CALL } from '../outbox.ts'
import type { Verdict } from '../types.ts'
import { inventedCredentials } from '../values.ts'
import { tried, triedWays } from '../ways.ts'
import { type CheckSpec, failed, lastSaid, passed, skipped, wordsOf } from './check.ts'
import { calledOf } from './operations.ts'

/** Proofs that are made anew for each request: there is nothing that could end. */
const UNENDING = ['none', 'basic', 'bearer', 'header', 'query', 'hmac', 'oauth1', 'jwt']

/**
 * Proving who we are: with the right secrets, with wrong ones, and again once the partner has forgotten us. Of several ways
 * the one that the account takes; without an account, all.
 */
export function loginChecks(profile: Profile, account?: Account): CheckSpec[] {
  const [first] = readsFirst(profile)
  if (first === undefined) return []
  const ways = account ? [tried(wayOf(profile, account))] : triedWays(profile.auth)
  return ways.flatMap((way, index) => {
    const by = ways.length > 1 ? ` (way ${index + 1}: ${way.type})` : ''
    const id = index === 0 ? 'login' : `login.${index + 1}`
    const about = { group: 'calls', required: true } as const
    const checks: CheckSpec[] = [
      { ...about, id, title: `Logs in with the right secrets${by}`, run: (bench) => logsIn(bench, way, first) },
      {
        ...about,
        id: `${id}.renewed`,
        title: `Logs in again when the partner no longer knows us${by}`,
        run: (bench) => logsInAgain(bench, way, first),
      },
      {
        ...about,
        id: `${id}.refused`,
        title: `With wrong secrets it stops and says so${by}`,
        run: (bench) => isTurnedAway(bench, way, first),
      },
    ]
    return checks
  })
}

function readsFirst(profile: Profile): string[] {
  const names = calledOf(profile)
  const reads = (name: string) => profile.operations[name]?.method === 'GET'
  return [...names.filter(reads), ...names.filter((name) => !reads(name))]
}

const NO_PROOF = 'The template says that this partner asks for no proof.'

async function logsIn(bench: TrialBench, way: OneAuth, operation: string): Promise<Verdict> {
  if (way.type === 'none') return skipped(NO_PROOF)
  bench.simulator.letInBy(way)
  const client = bench.client({ auth: way })
  const failure = await failureOf(client.call(operation, bench.inputOf(operation), SAMPLE_CALL))
  return failure?.category === 'unauthorised' ? refused(bench, failure) : passed()
}

async function logsInAgain(bench: TrialBench, way: OneAuth, operation: string): Promise<Verdict> {
  if (!way.csrf && UNENDING.includes(way.type)) return skipped('There is no token and no session that could end.')
  if (way.type === 'session' && !(await bench.simulator.answers.sessionOver(bench.evaluate, way.expired)))
    return skipped('No sample (error.…) shows how the partner says that a session is over: add one to have this tried.')
  bench.simulator.letInBy(way)
  const client = bench.client({ auth: way })
  const call = () => client.call(operation, bench.inputOf(operation), SAMPLE_CALL)
  await failureOf(call())
  bench.simulator.logOut()
  const failure = await failureOf(call())
  return failure?.category === 'unauthorised' ? refused(bench, failure) : passed()
}

async function isTurnedAway(bench: TrialBench, way: OneAuth, operation: string): Promise<Verdict> {
  if (way.type === 'none') return skipped(NO_PROOF)
  bench.simulator.letInBy(way)
  const client = bench.client({ auth: way }, inventedCredentials(bench.profile, bench.samples).credentials)
  const failure = await failureOf(client.call(operation, bench.inputOf(operation), SAMPLE_CALL))
  if (failure?.category === 'unauthorised') return passed()
  const why = failure ? wordsOf(failure) : 'it was let in'
  return failed(`Wrong secrets are not noticed (${why}). Look at "auth": the credentials may not be in it.`, {
    message: lastSaid(bench),
    link: { kind: 'manifest', path: 'auth' },
  })
}

function refused(bench: TrialBench, failure: PartnerFailure): Verdict {
  return failed(`The partner would not let us in: ${wordsOf(failure)}. Compare "auth" with its documentation.`, {
    message: lastSaid(bench),
    link: { kind: 'manifest', path: 'auth' },
  })
}

async function failureOf(call: Promise<unknown>): Promise<PartnerFailure | undefined> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error === undefined || error instanceof PartnerFailure) return error
  throw error
}
