import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { PartnerSettings } from '../settings.ts'
import { standardWebhooks } from './standard.ts'
import type { JwtAlgorithm, JwtSignature, KeyDecoding, OneSignature } from './types.ts'

/** What is agreed on with a partner: what the partner node holds, and what the partner signs with. */
export interface AgreedSecret {
  secret: string
  /** Another text than `secret` only where one key signs and another verifies. */
  signWith: string
}

/** Some couriers take no more than 32 signs for a token, which these become. */
const TOKEN_BYTES = 24
const KEY_BYTES = 32

/** A new random secret of the form that the scheme wants. Undefined for client certificates: those are the partner's to make. */
export function newSecret(signature: OneSignature): AgreedSecret | undefined {
  switch (signature.type) {
    case 'mtls':
      return undefined
    case 'jwt':
      return signature.key === 'secret' ? same(keyText(signature.keyDecoding)) : newKeys(signature)
    case 'hmac':
      return same(keyText(signature.keyDecoding))
    case 'standard-webhooks':
      return same(keyText(standardWebhooks(signature).keyDecoding))
    case 'basic':
      return same(`cartage:${token()}`)
    default:
      return same(token())
  }
}

/** What a webhook is trusted by, under a name: the secret in use, or while it is being replaced that and the next one. */
export function trusted({ credentials, parameters, nextSecret }: PartnerSettings, name: string): string | undefined {
  const held = credentials[name]
  if (held === undefined) return parameters[name]
  return nextSecret === undefined ? held : withSecret(held, nextSecret)
}

/** The credential's text with one more secret, the newest first: from now on both are valid. */
function withSecret(held: string | undefined, added: string): string {
  return held === undefined || held === added ? added : `${added}\n${held}`
}

function token(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

function keyText(decoding: KeyDecoding = 'text'): string {
  const key = randomBytes(KEY_BYTES)
  if (decoding === 'hex') return key.toString('hex')
  if (decoding === 'base64') return key.toString('base64')
  return decoding === 'whsec' ? `whsec_${key.toString('base64')}` : key.toString('base64url')
}

function newKeys({ algorithms, key }: JwtSignature): AgreedSecret {
  const { publicKey, privateKey } = keyPair(algorithms[0]!)
  const signWith = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  if (key === 'public') return { secret: pem, signWith }
  return {
    secret: JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), alg: algorithms[0] }] }),
    signWith,
  }
}

function keyPair(algorithm: JwtAlgorithm) {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (!algorithm.startsWith('ES')) return generateKeyPairSync('rsa', { modulusLength: 2048 })
  const namedCurve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm as 'ES256' | 'ES384' | 'ES512']
  return generateKeyPairSync('ec', { namedCurve })
}

function same(secret: string): AgreedSecret {
  return { secret, signWith: secret }
}
