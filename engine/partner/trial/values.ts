import { generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto'
import { mappingsOf, type SampleFolder, samplesOf } from '../../mapping/catalogue.ts'
import { sampleParameters } from '../../mapping/lab/samples.ts'
import type { Auth } from '../auth/types.ts'
import type { Profile } from '../profile-types.ts'
import { bodyField } from '../trust/request.ts'
import { newSecret } from '../trust/secret.ts'
import { signatureParts } from '../trust/signature.ts'
import type { OneSignature } from '../trust/types.ts'
import { triedWays } from './ways.ts'

/** The account that a trial is made with: its credentials are invented, none is anybody's. */
export interface TrialValues {
  /** As the hub has them. */
  credentials: Record<string, string>
  /** As the partner has them where it signs with a key of which the hub knows only the public half. */
  signing: Record<string, string>
  parameters: Record<string, string>
}

export function trialValues(profile: Profile, samples: SampleFolder): TrialValues {
  const written = JSON.stringify([profile.baseUrl, profile.auth, profile.operations])
  // What addresses and headers name must be set; what mappings can do without is not.
  const needed = profile.parameters.filter(({ name }) => written.includes(`{${name}}`))
  const invented = Object.fromEntries(needed.map(({ name }) => [name, `fict-${name}`]))
  const { credentials, signing } = inventedCredentials(profile, samples)
  const parameters = { ...invented, ...sampleParameters(profile, samples) }
  return { credentials, signing: { ...signing, ...parameters }, parameters }
}

/** Other ones each time, so that there are wrong ones, too. */
export function inventedCredentials(
  profile: Profile,
  samples: SampleFolder,
): Pick<TrialValues, 'credentials' | 'signing'> {
  const { auth, webhook } = profile
  const credentials: Record<string, string> = {}
  const signing: Record<string, string> = {}
  for (const { name } of profile.credentials) credentials[name] = ofKey(auth, name) ?? text()
  // Where several ways share a secret, it has the form of the first, by which the simulated partner signs.
  for (const part of webhook ? signatureParts(webhook.signature).toReversed() : []) {
    const { hub, partner } = ofSignature(part, (field) => sampledField(profile, samples, field))
    credentials[part.secret] = hub
    signing[part.secret] = partner
  }
  return { credentials, signing: { ...credentials, ...signing } }
}

/** What requests are signed with, in the form that the template asks for; undefined for every other credential. */
function ofKey(auth: Auth, name: string): string | undefined {
  for (const way of triedWays(auth)) {
    if (!('key' in way) || way.key !== `{${name}}`) continue
    if (way.type === 'hmac' || way.algorithm.startsWith('HS')) return sharedKey(way.keyDecoding)
    return privateKey(way.algorithm)
  }
  return undefined
}

/** In a body that is no JSON nobody can put another value: `sampled` is what stands there. */
function ofSignature(
  part: OneSignature,
  sampled: (field: string) => string | undefined,
): { hub: string; partner: string } {
  const inBody = part.type === 'token' && part.field !== undefined ? sampled(part.field) : undefined
  const { secret = text(), signWith = secret } = inBody === undefined ? (newSecret(part) ?? {}) : { secret: inBody }
  return { hub: secret, partner: signWith }
}

/** What stands in a field of the first sample, where that is no JSON. */
function sampledField(profile: Profile, samples: SampleFolder, field: string): string | undefined {
  const { format = 'json' } = profile.webhook ?? {}
  const ref = mappingsOf(profile).find(({ role }) => role === 'webhook')
  const [first] = ref && format !== 'json' ? samplesOf(profile, ref, samples) : []
  if (!first) return undefined
  const request = { rawBody: samples.read(first.input), headers: {}, method: 'POST', path: '/', now: 0, format }
  return bodyField(request, field)
}

function sharedKey(decoding: 'text' | 'hex' | 'base64' | 'base64url' | undefined): string {
  return decoding === undefined || decoding === 'text' ? text() : randomBytes(32).toString(decoding)
}

function text(): string {
  return `fict-${randomBytes(12).toString('hex')}`
}

function privateKey(algorithm: string): string {
  return String(generated(algorithm).privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

function generated(algorithm: string): KeyPairKeyObjectResult {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (/^[RP]S/.test(algorithm)) return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: { ES384: 'P-384', ES512: 'P-521' }[algorithm] ?? 'P-256' })
}
