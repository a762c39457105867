import { join } from 'node:path'
import type { Config } from '../../engine/config.ts'
import { CartageError } from '../../engine/errors.ts'
import { madeFrom, readAnswers } from '../../engine/partner/registry/new-partner.ts'
import { signingParts } from '../../engine/partner/registry/gallery.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import type { Origin } from '../../engine/partner/registry/own-store.ts'
import { newSecret } from '../../engine/partner/trust/secret.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { unknownTemplate } from './partner-list.ts'
import { type Account, partnerTab, type PartnerTab } from './partner-tab.ts'

export interface PartnerMaker {
  /** Address under which partners reach the hub, without a slash at the end. */
  publicUrl: string
  /** Folder of the pieces that tabs are made of. */
  pieces: string
}

export function partnerMaker({ publicUrl, root }: Pick<Config, 'publicUrl' | 'root'>): PartnerMaker {
  return { publicUrl, pieces: join(root, 'templates', 'flows') }
}

export interface NodesOptions extends PartnerMaker {
  /** From what the partner was made. */
  origin?: Origin
}

/** A partner that was just made: what is still missing for it to work is its nodes and its secrets. */
export interface MadePartner extends PartnerTab {
  slug: string
  /** Names of the credentials that its configuration node needs. */
  credentialNames: string[]
  webhook?: { url: string; credential?: string /** Told this once. */; secret?: string }
}

/** Makes a partner of one's own from a template. Its secrets are kept nowhere here. */
export async function createPartner(
  runtime: Pick<CartageRuntime, 'profiles' | 'own' | 'desk'>,
  maker: PartnerMaker,
  body: Record<string, unknown>,
  by: string,
): Promise<MadePartner> {
  const answers = readAnswers(body)
  const template = runtime.profiles.get(answers.template)
  if (!template || runtime.own.head(template.id)) throw unknownTemplate()
  const made = madeFrom(template, runtime.desk.files(template.id), answers)
  const profile = await runtime.own.create(made, by)
  return nodesOf(profile, answers, { ...maker, origin: made.origin })
}

/** The nodes of a partner that has none, or whose nodes nobody has kept; each time with other ids. */
export function nodesOf(
  profile: Profile,
  account: Account & { webhookSecret?: string },
  maker: NodesOptions,
): MadePartner {
  const tab = partnerTab(profile, account, maker)
  const webhook = webhookOf(profile, maker, account.webhookSecret)
  const credentialNames = profile.credentials.map(({ name }) => name)
  return { slug: profile.id, ...tab, credentialNames, ...(webhook && { webhook }) }
}

/**
 * Takes a partner of one's own away, while nobody can miss it.
 * @throws CartageError refused `partner.in-use` with what stands against it
 */
export async function removePartner(runtime: CartageRuntime, slug: string, by: string): Promise<object> {
  const { own, desk, statuses, hub, pulse } = runtime
  if (!own.head(slug)) throw inUse('It is a template, and not a partner of your own.')
  const { waiting, leased } = await hub.store.messages.backlog(slug)
  const seen = (await pulse.read()).get(slug)
  if (runtime.partners.has(slug)) throw inUse('It is deployed: take it out of the flows first.')
  if (statuses.of(slug) !== 'draft') throw inUse('It is no draft.')
  if (waiting + leased > 0 || seen !== undefined) throw inUse('It has been used: what came of it refers to it.')
  await desk.discard(slug)
  await statuses.forget(slug)
  await own.remove(slug, by)
  return {}
}

function inUse(message: string): CartageError {
  return new CartageError('refused', 'partner.in-use', message)
}

function webhookOf(profile: Profile, { publicUrl }: PartnerMaker, wish: string | undefined) {
  if (!profile.webhook && !profile.mqtt?.http) return undefined
  const [part] = signingParts(profile)
  const made = wish === 'generate' && part ? newSecret(part) : undefined
  return {
    url: `${publicUrl}/webhooks/${profile.id}`,
    ...(part && { credential: part.secret }),
    // Where one key signs and another verifies, the partner makes the pair.
    ...(made && made.secret === made.signWith && { secret: made.secret }),
  }
}
