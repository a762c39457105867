import { createPublicKey, generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto'
import type { SampleFolder } from '../../mapping/catalogue.ts'
import { sampleParameters } from '../../mapping/lab/samples.ts'
import type { Auth } from '../auth/types.ts'
import type { Profile } from '../profile-types.ts'
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
  return { ...inventedCredentials(profile), parameters: { ...invented, ...sampleParameters(profile, samples) } }
}

/** Other ones each time, so that there are wrong ones, too. */
export function inventedCredentials(profile: Profile): Pick<TrialValues, 'credentials' | 'signing'> {
  const { auth, webhook } = profile
  const credentials: Record<string, string> = {}
  const signing: Record<string, string> = {}
  for (const { name } of profile.credentials) credentials[name] = ofKey(auth, name) ?? text()
  for (const part of webhook ? signatureParts(webhook.signature) : []) {
    const { hub, partner } = ofSignature(part)
    credentials[part.secret] = hub
    signing[part.secret] = partner
  }
  return { credentials, signing: { ...credentials, ...signing } }
}

/** What requests are signed with, in the form that the template asks for; undefined for every other credential. */
function ofKey(auth: Auth, name: string): string | undefined {
  for (const way of triedWays(auth)) {
    if (!('key' in way) || way.key !== `{${name}}`) continue
    if (way.type === 'hmac' || way.algorithm.startsWith('HS')) return secret(way.keyDecoding)
    return keyPair(way.algorithm).privateKey
  }
  return undefined
}

function ofSignature(part: OneSignature): { hub: string; partner: string } {
  const same = (value: string) => ({ hub: value, partner: value })
  if (part.type === 'basic') return same(`${text()}:${text()}`)
  if (part.type === 'standard-webhooks') return same(secret('whsec'))
  if (part.type === 'hmac') return same(secret(part.keyDecoding))
  if (part.type !== 'jwt') return same(text())
  if (part.key === 'secret') return same(secret(part.keyDecoding))
  const { privateKey, publicKey } = keyPair(part.algorithms[0]!)
  const jwks = () => JSON.stringify({ keys: [createPublicKey(publicKey).export({ format: 'jwk' })] })
  return { hub: part.key === 'jwks' ? jwks() : publicKey, partner: privateKey }
}

function secret(decoding: string | undefined): string {
  const bytes = randomBytes(32)
  if (decoding === 'hex') return bytes.toString('hex')
  if (decoding === 'base64') return bytes.toString('base64')
  if (decoding === 'base64url') return bytes.toString('base64url')
  return decoding === 'whsec' ? `whsec_${bytes.toString('base64')}` : text()
}

function text(): string {
  return `fict-${randomBytes(12).toString('hex')}`
}

function keyPair(algorithm: string): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generated(algorithm)
  return {
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
  }
}

function generated(algorithm: string): KeyPairKeyObjectResult {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (/^[RP]S/.test(algorithm)) return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: { ES384: 'P-384', ES512: 'P-521' }[algorithm] ?? 'P-256' })
}
