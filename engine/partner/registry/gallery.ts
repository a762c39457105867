import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cutOffOf } from '../cut-off.ts'
import type { OneSignature, Profile } from '../profile-types.ts'
import { signatureParts } from '../trust/signature.ts'
import { waysIn } from './way-in.ts'

/** What the gallery of templates shows of one. */
export function card(profile: Profile) {
  const { id, kind, label, country, version, status, capabilities, docs, generic = false } = profile
  return {
    template: id,
    ...{ label, kind, version, status, capabilities, generic },
    ...(country !== undefined && { country }),
    ...(docs !== undefined && { docs }),
    style: styleOf(profile),
    icon: iconOf(profile),
    summary: summaryOf(profile),
  }
}

/** What has to be known to make a partner of a template. */
export function questions(profile: Profile) {
  const { baseUrl, environments = {}, credentials, parameters, limits, serviceLevels = [], codes } = profile
  const cutOff = cutOffOf(profile)
  const ways = waysIn(profile.auth)
  return {
    ...card(profile),
    ...{ credentials, parameters, limits, serviceLevels, environments },
    ...(ways.length > 1 && { ways }),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(cutOff && { cutOff }),
    codes: Object.keys(codes).length,
    ...(profile.webhook && { webhook: webhookOf(profile) }),
    readme: textOf(profile, 'README.md'),
  }
}

/** How one talks with such a system: all ways that it has, joined by `+`. */
export function styleOf(profile: Profile): string {
  const operations = Object.values(profile.operations)
  const documents = Object.values(profile.documents ?? {})
  const ways = [
    operations.some(({ body }) => (body as string) === 'soap') ? 'soap' : operations.length > 0 ? 'rest' : undefined,
    profile.webhook && 'webhook',
    profile.polling && 'polling',
    profile.mqtt && 'mqtt',
    documents.some(({ format }) => format === 'x12' || format === 'edifact') ? 'edi' : undefined,
  ].filter((way) => way !== undefined)
  if (ways.length === 0 || (documents.length > 0 && operations.length === 0 && !profile.webhook && !profile.mqtt))
    return ways.includes('edi') ? 'edi' : 'file'
  return ways.join('+')
}

/** What a webhook is trusted by, as far as it is a secret: what else it is compared with is a parameter. */
export function signingParts({ webhook, mqtt, credentials }: Profile): OneSignature[] {
  const entrance = webhook ?? mqtt?.http
  const parts = entrance ? signatureParts(entrance.signature) : []
  return parts.filter(({ secret }) => credentials.some(({ name }) => name === secret))
}

function webhookOf(profile: Profile) {
  const [first] = signingParts(profile)
  const signature = profile.webhook?.signature.type
  return { signature, needsSecret: first !== undefined, ...(first && { secret: first.secret }) }
}

function iconOf(profile: Profile): string {
  return `data:image/svg+xml;base64,${Buffer.from(textOf(profile, 'icon.svg')).toString('base64')}`
}

/** What the manifest says of it, else the first paragraph of its README. */
function summaryOf(profile: Profile): string {
  if (profile.description) return profile.description
  const paragraphs = textOf(profile, 'README.md').split(/\n\s*\n/)
  const first = paragraphs.find((text) => text.trim() !== '' && !/^\s*[#|>-]/.test(text)) ?? ''
  return first.replaceAll(/\s+/g, ' ').trim().slice(0, 300)
}

function textOf({ folder }: Profile, name: string): string {
  const file = join(folder, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
