import type { Profile } from '../../profile-types.ts'
import { standardWebhooks } from '../../trust/standard.ts'
import { valueAt } from '../../trust/request.ts'
import { type SignedRequest, signatureParts, verifySignature } from '../../trust/signature.ts'
import { listElements } from '../../trust/list.ts'
import { parseTimestamp } from '../../trust/timestamp.ts'
import type { HmacSignature, OneSignature } from '../../trust/types.ts'
import type { TrialBench } from '../bench.ts'
import type { CheckLink, Verdict } from '../types.ts'
import { inventedCredentials } from '../values.ts'
import { PUBLIC_URL, type Reception, type WebhookRequest } from '../webhooks/intake.ts'
import { type Told, sampledWebhooks, signedRequest, unsignedRequest } from '../webhooks/sent.ts'
import { type CheckSpec, failed, passed, readable, skipped } from './check.ts'

const LINK: CheckLink = { kind: 'manifest', path: 'webhook.signature' }

/** Only the partner itself is believed. */
export function trustChecks(profile: Profile): CheckSpec[] {
  if (!profile.webhook) return []
  const about = { group: 'webhooks', required: true } as const
  return [
    { ...about, id: 'signature', title: 'Webhooks are signed', required: false, run: () => isDeclared(profile) },
    {
      ...about,
      id: 'signature.samples',
      title: 'Samples that the partner has signed are genuine',
      run: (bench) => genuineSamples(bench),
    },
    {
      ...about,
      id: 'signature.none',
      title: 'Unsigned, nothing comes in',
      run: (bench) => turnedAway(bench, unsigned),
    },
    {
      ...about,
      id: 'signature.wrong',
      title: 'Signed with another secret, nothing comes in',
      run: (bench) => turnedAway(bench, withAnotherSecret),
    },
    {
      ...about,
      id: 'signature.changed',
      title: 'Changed on its way, nothing comes in',
      run: (bench) =>
        coversBody(profile) ? turnedAway(bench, changed) : skipped('The signature says who sends, not what.'),
    },
    {
      ...about,
      id: 'signature.old',
      title: 'Sent again much later, nothing comes in',
      run: (bench) =>
        toleranceOf(profile) === undefined
          ? skipped('The signature holds no time: what is told twice is known by its id.')
          : turnedAway(bench, old),
    },
  ]
}

function isDeclared({ webhook }: Profile): Verdict {
  if (webhook?.signature.type !== 'none') return passed()
  return failed('Risk: whoever knows the address can send events. Ask the partner for a signature or a token.', {
    link: LINK,
  })
}

/** Can nothing be tried, since there is no signature or no way to put one on? Why. */
export function untriable({ webhook }: Profile): string | undefined {
  const parts = webhook ? signatureParts(webhook.signature) : []
  if (parts.length === 0) return 'There is no signature.'
  const certificate = webhook!.signature.type !== 'any' && parts.some(({ type }) => type === 'mtls')
  return certificate ? 'The partner shows a certificate, which only its own connection has.' : undefined
}

type Making = (bench: TrialBench, webhook: Told) => Promise<WebhookRequest>

const unsigned: Making = async ({ profile }, webhook) => unsignedRequest(profile, webhook)

const withAnotherSecret: Making = (bench, webhook) =>
  signedRequest(bench, webhook, { credentials: inventedCredentials(bench.profile, bench.samples).signing })

const changed: Making = async (bench, webhook) => {
  const request = await signedRequest(bench, webhook)
  return { ...request, rawBody: Buffer.concat([request.rawBody, Buffer.from(' ')]) }
}

const old: Making = (bench, webhook) =>
  signedRequest(bench, webhook, { at: bench.clock.now() - ((toleranceOf(bench.profile) ?? 0) + 60) * 1000 })

async function turnedAway(bench: TrialBench, make: Making): Promise<Verdict> {
  const why = untriable(bench.profile)
  if (why !== undefined) return skipped(why)
  const [webhook] = sampledWebhooks(bench)
  if (!webhook) return skipped('There is no sample of a webhook.')
  const request = await make(bench, webhook)
  const reception = await bench.intake.take(request)
  if (reception.status === 401 && reception.stored.length === 0) return passed()
  return failed(`It was taken (${reception.status}). Look at how the partner signs.`, {
    message: receptionMessage(request, reception),
    link: LINK,
  })
}

/** What the partner has signed with a secret that the sample names must be taken for genuine. */
async function genuineSamples(bench: TrialBench): Promise<Verdict> {
  const { profile, samples } = bench
  const files = samples.names().filter((name) => /^webhook\..*\.http\.json$/.test(name))
  const signed = files.filter((name) => bench.json(name).signature?.secret !== undefined)
  if (signed.length === 0)
    return skipped('No sample has a signature and its secret: a real one shows whether the scheme is right.')
  for (const name of signed) {
    const { headers, bodyFile, path, signature } = bench.json(name)
    const { format } = profile.webhook!
    const request = {
      ...{ rawBody: samples.read(bodyFile), headers, method: 'POST', path, publicUrl: PUBLIC_URL, now: 0 },
      ...(format && { format }),
    }
    const now = sentAt(profile, request) ?? bench.clock.now()
    const verified = await verifiedSample(bench, { ...request, now }, signature.secret)
    if (!verified.ok)
      return failed(`samples/${name} is signed otherwise than the manifest says (${verified.reason}).`, {
        message: { request: { path, headers, body: readable(request.rawBody.toString('utf8')) } },
        link: LINK,
      })
  }
  return passed(`${signed.length} samples.`)
}

/** The sample names one secret; where several are needed, what is not it is the account's. */
async function verifiedSample({ profile, values }: TrialBench, request: SignedRequest, secret: string) {
  const { signature } = profile.webhook!
  const verified = await verifySignature(signature, () => secret, request)
  if (verified.ok) return verified
  const [first] = signatureParts(signature)
  const known: Record<string, string> = { ...values.credentials, ...values.parameters }
  return verifySignature(signature, (name) => (name === first?.secret ? secret : known[name]), request)
}

function hmacOf(part: OneSignature): HmacSignature | undefined {
  if (part.type === 'standard-webhooks') return standardWebhooks(part)
  return part.type === 'hmac' ? part : undefined
}

function sentAt({ webhook }: Profile, request: SignedRequest): number | undefined {
  for (const part of signatureParts(webhook!.signature)) {
    const timestamp = hmacOf(part)?.timestamp
    if (!timestamp) continue
    const value = valueAt(request, timestamp) ?? ''
    const { prefix } = timestamp
    const text = prefix === undefined ? value : listElements(value, prefix).find((one) => one.startsWith(prefix))
    return parseTimestamp(prefix === undefined ? (text ?? '') : (text ?? '').slice(prefix.length), timestamp.unit)
  }
  return undefined
}

function toleranceOf({ webhook }: Profile): number | undefined {
  const [part] = webhook ? signatureParts(webhook.signature) : []
  return part && hmacOf(part)?.timestamp?.toleranceSeconds
}

function coversBody({ webhook }: Profile): boolean {
  const [part] = webhook ? signatureParts(webhook.signature) : []
  const hmac = part && hmacOf(part)
  return hmac?.signed.includes('{body}') ?? (part?.type === 'jwt' && part.bodyHash !== undefined)
}

export function receptionMessage({ path, headers, rawBody }: WebhookRequest, { status, body, reasons }: Reception) {
  const request = { path, headers, body: readable(Buffer.from(rawBody).toString('utf8')) }
  return { request, response: { status, body: readable(body), reasons } }
}
