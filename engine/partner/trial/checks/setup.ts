import { lackingCredentials } from '../../auth/names.ts'
import type { Profile } from '../../profile-types.ts'
import type { Account } from '../account.ts'
import type { TrialBench } from '../bench.ts'
import type { CheckLink, Verdict } from '../types.ts'
import { type CheckSpec, failed, passed, skipped } from './check.ts'
import { NOT_DEPLOYED, parametersVerdict } from './parameters.ts'

/** What people fill in: secrets, parameters, limits, service levels and hours, codes. */
export function setupChecks(profile: Profile, account?: Account): CheckSpec[] {
  const about = { group: 'setup', required: true } as const
  const checks: CheckSpec[] = [
    { ...about, id: 'ways', title: 'There is a way in or out', run: () => ways(profile) },
    { ...about, id: 'limits', title: 'Limits can be lived with', run: () => limits(profile) },
    { ...about, id: 'secrets', title: 'All secrets are set', run: () => secrets(profile, account) },
    {
      ...about,
      id: 'parameters',
      title: 'What addresses and mappings need of the account is set',
      run: (bench) => parametersVerdict(bench, account),
    },
    {
      ...about,
      id: 'codes.listed',
      title: 'Every code that the partner is known to use has a meaning',
      run: (bench) => listedCodes(bench),
    },
  ]
  if (looksUpCodes(profile))
    checks.push({ ...about, id: 'codes', title: 'The code table is filled in', run: () => codes(profile) })
  if (profile.kind !== 'courier') return checks
  const { cutOff, timeZone } = cutOffOf(profile)
  checks.push({
    ...{ group: 'setup', id: 'service-levels', title: 'Service levels are said', required: false },
    run: () => (profile.serviceLevels?.length ? passed() : failed(UNSAID_LEVELS, at('serviceLevels'))),
  })
  checks.push({
    ...{ group: 'setup', id: 'cut-off', title: 'The cut-off for today is said', required: false },
    run: () =>
      cutOff === undefined ? failed(UNSAID_CUT_OFF, at('cutOff')) : passed(`${cutOff} ${timeZone ?? ''}`.trim()),
  })
  checks.push({
    ...{ group: 'setup', id: 'cut-off.zone', title: 'The cut-off has a time zone', required: true },
    run: () => {
      if (cutOff === undefined) return skipped('There is no cut-off.')
      return timeZone === undefined ? failed(UNSAID_ZONE, at('cutOff')) : passed(timeZone)
    },
  })
  return checks
}

const UNSAID_LEVELS = 'Without service levels it is offered every shipment. Say which ones it has.'
const UNSAID_CUT_OFF = 'Without a cut-off it is chosen for today at any hour. Say until when it takes orders.'
const UNSAID_ZONE = 'The cut-off is taken for UTC. Say in which time zone it is.'

/** What is said of it by itself goes before what the tariff says. */
function cutOffOf({ cutOff, tariff }: Profile): { cutOff?: string | undefined; timeZone?: string | undefined } {
  return cutOff ? { cutOff: cutOff.time, timeZone: cutOff.timeZone } : (tariff ?? {})
}

function ways({ operations, webhook, mqtt, polling, documents = {} }: Profile): Verdict {
  const any = Object.keys(operations).length > 0 || webhook || mqtt || polling || Object.keys(documents).length > 0
  return any
    ? passed()
    : failed('There is no operation, no webhook, no feed and no document: nothing can be exchanged.')
}

/** Limits beyond which something is a slip rather than a contract. */
function limits({ limits: { requestsPerSecond, timeoutMs, concurrency = 1, burst = 1 }, breaker }: Profile): Verdict {
  const slips: [boolean, string, string][] = [
    [requestsPerSecond > 200, 'requestsPerSecond', 'more than 200 calls in a second are more than any partner allows'],
    [timeoutMs < 1_000, 'timeoutMs', 'answers have less than a second'],
    [timeoutMs > 60_000, 'timeoutMs', 'a call may hold a place for more than a minute'],
    [concurrency > 100, 'concurrency', 'more than 100 calls at once'],
    [burst > Math.max(10, requestsPerSecond * 60), 'burst', 'a burst is more than a minute of the usual pace'],
  ]
  const slip = slips.find(([wrong]) => wrong)
  if (slip) return failed(`limits.${slip[1]}: ${slip[2]}. Look into the contract.`, at(`limits.${slip[1]}`))
  if (breaker.openAfter < 2) return failed('One failure alone holds all calls back.', at('breaker.openAfter'))
  if (breaker.openMs < 1_000)
    return failed('A partner that is down is asked again within a second.', at('breaker.openMs'))
  return passed()
}

export function secrets(profile: Profile, account: Account | undefined): Verdict {
  if (profile.credentials.length === 0) return passed('There are none.')
  if (!account) return skipped(NOT_DEPLOYED)
  const missing = lackingCredentials(profile, account.credentials, account.parameters)
  if (missing.length === 0) return passed()
  const names = missing.map(({ name, label = name }) => label).join(', ')
  return failed(`Not set: ${names}. Fill them in at the account, then deploy.`, at('credentials'))
}

function looksUpCodes({ mappings }: Profile): boolean {
  return Object.values(mappings).some((source) => source.includes('$code('))
}

function codes({ kind, codes: table, mappings }: Profile): Verdict {
  const link: CheckLink = { kind: 'codes', path: 'codes.json' }
  const meanings = Object.values(table)
  if (meanings.length === 0)
    return failed('The code table is empty: every event would wait in the inbox as an unknown code.', { link })
  const saysDone = Object.values(mappings).some((source) => source.includes('delivery.completed'))
  if (kind === 'courier' && !saysDone && !meanings.some(({ type }) => type === 'delivery.completed'))
    return failed('No code means "delivered": shipments would never come to their end.', { link })
  return passed(`${meanings.length} codes.`)
}

function listedCodes(bench: TrialBench): Verdict {
  const { profile, samples } = bench
  if (!samples.names().includes('codes.list.json')) return skipped('The template has no list of the codes in use.')
  const listed = bench.json('codes.list.json') as string[]
  const unknown = listed.filter((code) => !Object.hasOwn(profile.codes, code))
  if (unknown.length === 0) return passed(`${listed.length} codes.`)
  const link: CheckLink = { kind: 'codes', path: 'codes.json' }
  return failed(`No meaning: ${unknown.slice(0, 10).join(', ')}. Say what they mean in the code table.`, { link })
}

function at(path: string): { link: CheckLink } {
  return { link: { kind: 'manifest', path } }
}
