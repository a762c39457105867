import { generatedSecret, madeFrom, readAnswers } from '../../engine/partner/registry/new-partner.ts'
import { signingSecrets } from '../../engine/partner/registry/gallery.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { unknownTemplate } from './partner-list.ts'
import { partnerTab, type PartnerTab } from './partner-tab.ts'

export interface PartnerMaker {
  /** Address under which partners reach the hub, without a slash at the end. */
  publicUrl: string
  /** Folder of the pieces that tabs are made of. */
  pieces: string
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
  const tab = partnerTab(profile, answers, maker)
  const webhook = webhookOf(profile, maker, answers.webhookSecret)
  const credentialNames = profile.credentials.map(({ name }) => name)
  return { slug: profile.id, ...tab, credentialNames, ...(webhook && { webhook }) }
}

function webhookOf({ id, webhook }: Profile, { publicUrl }: PartnerMaker, wish: string | undefined) {
  if (!webhook) return undefined
  const [credential] = signingSecrets(webhook.signature)
  const secret = wish === 'generate' && credential ? generatedSecret(webhook.signature) : undefined
  return { url: `${publicUrl}/webhooks/${id}`, ...(credential && { credential }), ...(secret && { secret }) }
}
