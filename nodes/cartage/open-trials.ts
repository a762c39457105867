import type { Hub } from '../../engine/hub.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import type { Account } from '../../engine/partner/trial/account.ts'
import type { OwnPartners } from '../../engine/partner/registry/own-partners.ts'
import type { Brought } from '../../engine/partner/trial/checks/untouched.ts'
import { versionOf } from '../../engine/partner/registry/files.ts'
import { Trials } from '../../engine/partner/trial/trials.ts'
import type { TemplateDesk } from '../../engine/partner/desk/desk.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { PartnerHandle } from '../support/partners.ts'

export interface TrialOptions {
  profiles: Map<string, Profile>
  /** Deployed partners. */
  partners: ReadonlyMap<string, PartnerHandle>
  desk: TemplateDesk
  own: OwnPartners
  /** Address under which partners know the hub. */
  publicUrl: string
  lab: () => Pick<CartageRuntime['lab'], 'samples'>
  complain: (error: unknown) => void
}

/** Where partners are tried. */
export function openTrials(
  hub: Hub,
  { profiles, partners, desk, own, publicUrl, lab, complain }: TrialOptions,
): Trials {
  const trials = new Trials({
    ...{ documents: hub.store.documents, clock: hub.clock, profiles, complain },
    samples: (profile) => lab().samples(profile),
    version: (partner) => versionOf(desk.files(partner)),
    account: (partner) => accountOf(partners.get(partner), publicUrl),
    brought: (partner) => broughtTo(partner, { profiles, own, desk }),
  })
  hub.drains.add(() => trials.stop())
  return trials
}

async function broughtTo(
  partner: string,
  { profiles, own, desk }: Pick<TrialOptions, 'profiles' | 'own' | 'desk'>,
): Promise<Brought | undefined> {
  const head = own.head(partner)
  if (!head || !profiles.get(head.origin.template)?.generic) return undefined
  return { base: await own.files(head.base), files: desk.files(partner) }
}

function accountOf(handle: PartnerHandle | undefined, publicUrl: string): Account | undefined {
  if (!handle) return undefined
  const { profile, parameters, secret, client } = handle
  const set = profile.credentials.map(({ name }) => name).filter((name) => secret(name))
  return {
    credentials: new Set(set),
    parameters,
    ...(profile.webhook && { webhookUrl: `${publicUrl}${profile.webhook.path ?? `/webhooks/${profile.id}`}` }),
    call: (operation, input) => client().call(operation, input),
  }
}
