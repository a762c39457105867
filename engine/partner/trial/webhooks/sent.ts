import { decode, encode, mediaTypeOf } from '../../../formats/index.ts'
import type { Json } from '../../../json.ts'
import { mappingsOf, samplesOf } from '../../../mapping/catalogue.ts'
import type { DocumentFormat, Profile } from '../../profile-types.ts'
import { sign } from '../../trust/sign.ts'
import { signatureParts } from '../../trust/signature.ts'
import type { OneSignature } from '../../trust/types.ts'
import type { TrialBench } from '../bench.ts'
import { PUBLIC_URL, type WebhookRequest } from './intake.ts'

/** What the partner tells, as a sample shows it or as one is made from that: a webhook, not signed yet, or an item of a poll. */
export interface Told {
  way: 'webhook' | 'poll'
  /** Of the sample: `webhook.delivered`. */
  name: string
  file: string
  /** Of what the sample becomes. */
  golden?: string
  headers: Record<string, string>
  body: Json
  rawBody: Buffer
}

/** All webhooks that the samples show. */
export function sampledWebhooks(bench: TrialBench): Told[] {
  const own = headersOfSignature(bench.profile)
  return sampled(bench, 'webhook', formatOf(bench.profile)).map(({ headers, ...webhook }) => {
    const kept = Object.entries(headers).filter(([name]) => !own.includes(name))
    return {
      ...webhook,
      headers: { 'content-type': mediaTypeOf(formatOf(bench.profile)), ...Object.fromEntries(kept) },
    }
  })
}

/** All that the partner tells, by whatever way. */
export function sampledTellings(bench: TrialBench): Told[] {
  return [...sampledWebhooks(bench), ...sampled(bench, 'poll', 'json')]
}

function sampled(bench: TrialBench, way: Told['way'], format: DocumentFormat): Told[] {
  const { profile, samples } = bench
  const ref = mappingsOf(profile).find(({ role }) => role === way)
  if (!ref) return []
  return samplesOf(profile, ref, samples).map(({ name, input, golden, headers: file }) => {
    const rawBody = samples.read(input)
    const told = Object.entries(file === undefined ? {} : (bench.json(file).headers as Record<string, string>))
    const headers = Object.fromEntries(told.map(([header, value]) => [header.toLowerCase(), value]))
    const body = decode(format, rawBody)
    return { way, name, file: input, headers, body, rawBody, ...(golden !== undefined && { golden }) }
  })
}

/** The same with another body. */
export function withBody(profile: Profile, told: Told, body: Json): Told {
  return { ...told, body, rawBody: encode(told.way === 'webhook' ? formatOf(profile) : 'json', body) }
}

export interface Signing {
  /** With which secrets; the right ones when left out. */
  credentials?: Readonly<Record<string, string>>
  /** When, epoch milliseconds; now when left out. */
  at?: number
}

/** The request as the partner would make it. */
export async function signedRequest(
  { profile, values, clock }: TrialBench,
  webhook: Told,
  { credentials = values.signing, at = clock.now() }: Signing = {},
): Promise<WebhookRequest> {
  const plain = unsignedRequest(profile, webhook)
  const { signature } = profile.webhook!
  const given = { ...plain, method: 'POST', now: at, publicUrl: PUBLIC_URL, format: formatOf(profile) }
  const { rawBody, path, headers } = await sign(signature, (name) => credentials[name], given)
  const texts = Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
  return { path, rawBody, headers: Object.fromEntries(texts) as Record<string, string> }
}

export function unsignedRequest({ id, webhook }: Profile, { headers, rawBody }: Told): WebhookRequest {
  return { path: webhook?.path ?? `/webhooks/${id}`, headers: { ...headers }, rawBody }
}

function formatOf({ webhook }: Profile): DocumentFormat {
  return webhook?.format ?? 'json'
}

/** Headers that signing puts on a request. */
function headersOfSignature({ webhook }: Profile): string[] {
  const parts = webhook ? signatureParts(webhook.signature) : []
  return parts.flatMap(headersOf).map((name) => name.toLowerCase())
}

function headersOf(part: OneSignature): string[] {
  if (part.type === 'mtls') return []
  if (part.type === 'standard-webhooks') {
    const names = part.names ?? 'webhook'
    return ['id', 'timestamp', 'signature'].map((one) => `${names}-${one}`)
  }
  const own = part.headers ?? ['authorization']
  if (part.type !== 'hmac') return own
  const places = [part.timestamp, part.id].filter((place) => place !== undefined)
  return [...(part.headers ?? []), ...places.flatMap((place) => ('header' in place ? place.header : []))]
}
