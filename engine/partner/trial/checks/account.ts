import { PartnerFailure } from '../../failure.ts'
import type { Profile } from '../../profile-types.ts'
import type { Account } from '../account.ts'
import type { TrialBench } from '../bench.ts'
import type { Verdict } from '../types.ts'
import { type CheckSpec, failed, passed, skipped, wordsOf } from './check.ts'
import { harmlessOf } from './operations.ts'
import { parametersVerdict } from './parameters.ts'
import { secrets } from './setup.ts'

/** What can be tried with the account itself: nothing of it changes anything at the partner. */
export function accountChecks(profile: Profile, account: Account | undefined): CheckSpec[] {
  const about = { group: 'setup', required: true } as const
  const deployed: CheckSpec = {
    ...about,
    id: 'account',
    title: 'An account is deployed',
    run: () => (account ? passed() : failed('Deploy its flow first, then try its account.')),
  }
  if (!account) return [deployed]
  return [
    deployed,
    { ...about, id: 'secrets', title: 'All secrets are set', run: () => secrets(profile, account) },
    { ...about, id: 'parameters', title: 'All parameters are set', run: (bench) => parametersVerdict(bench, account) },
    {
      ...about,
      group: 'calls',
      id: 'account.login',
      title: 'The partner lets us in',
      run: (bench) => isLetIn(bench, account),
    },
    {
      ...about,
      group: 'webhooks',
      id: 'account.webhook',
      title: 'The address that the partner sends to is there',
      required: false,
      run: () => isThere(profile, account),
    },
  ]
}

/** Reads something that need not be there: a "no such thing" was said by somebody who let us in. */
async function isLetIn(bench: TrialBench, account: Account): Promise<Verdict> {
  const operation = harmlessOf(bench.profile).find((name) => bench.hasInput(name))
  if (operation === undefined)
    return skipped('No operation only reads: whether the secrets are right shows at the first call.')
  const link = { kind: 'manifest', path: 'auth' } as const
  try {
    const answer = await account.call(operation, bench.inputOf(operation))
    return passed(
      answer.outcome === 'refused' ? `It knows us; to ${operation} it says no.` : `It answered ${operation}.`,
    )
  } catch (error) {
    const failure = error instanceof PartnerFailure ? error : undefined
    if (failure?.category === 'unauthorised')
      return failed(`The partner does not let us in: ${wordsOf(error)}. Check the secrets and the environment.`, {
        link,
      })
    if (failure?.code === 'partner.answer-unreadable')
      return failed(`Somebody else answers at this address: ${wordsOf(error)}. Check the address.`, { link })
    return failed(`It could not be asked: ${wordsOf(error)}. Check the address, then try again.`, { link })
  }
}

/**
 * Asked in a way in which nobody sends events, the hub says so: then it is the hub, and a node of this partner. Nothing is turned
 * away that way, which the partner's health would tell as a partner that cannot sign.
 */
async function isThere({ webhook }: Profile, { webhookUrl }: Account): Promise<Verdict> {
  if (!webhook || webhookUrl === undefined) return skipped('It sends no webhooks.')
  const signal = AbortSignal.timeout(10_000)
  const answer = await fetch(webhookUrl, { method: 'PUT', signal, redirect: 'manual' }).catch(() => undefined)
  const own = new URL(webhookUrl).hostname
  if (!answer)
    return failed(`Nobody answers at ${webhookUrl}. Check CARTAGE_PUBLIC_URL and what stands before the hub.`)
  const problem = (await answer.json().catch(() => ({}))) as { code?: string }
  if (problem.code !== 'webhook.method')
    return failed(`${webhookUrl} answers ${answer.status}. Is a "webhook in" node deployed for this partner?`)
  if (own === 'localhost' || own.startsWith('127.'))
    return failed(`${webhookUrl} is only known on this machine. Set CARTAGE_PUBLIC_URL to what the partner can reach.`)
  return passed(webhookUrl)
}
