import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { splitSecrets } from '../../security/secrets.ts'
import { verifyHmac } from './hmac.ts'
import { decoded } from './keys.ts'
import { listElements } from './list.ts'
import { firstHeader, type SignedRequest } from './request.ts'
import { signedBytes } from './signed-bytes.ts'
import { standardWebhooks } from './standard.ts'
import { readTimestamp } from './timestamp.ts'
import type { StandardSignature } from './types.ts'
import { type Credentials, GENUINE, refuse, type Verification } from './verification.ts'

const PREFIX = 'v1a,'
const MAX_CANDIDATES = 16

/** Standard Webhooks: `v1` with a shared secret, `v1a` with a public key, by what the credential begins with (`whpk_`). */
export function verifyStandard(
  signature: StandardSignature,
  credentials: Credentials,
  request: SignedRequest,
): Verification {
  const held = splitSecrets(credentials(signature.secret))
  const isPublic = (secret: string) => secret.startsWith('whpk_')
  const shared = held.filter((secret) => !isPublic(secret)).join('\n')
  const bySecret = verifyHmac(standardWebhooks(signature), () => shared, request)
  const keys = held.filter(isPublic).flatMap((text) => publicKey(text) ?? [])
  return bySecret.ok || keys.length === 0 ? bySecret : verifyByKey(signature, keys, request)
}

function verifyByKey(signature: StandardSignature, keys: KeyObject[], request: SignedRequest): Verification {
  const scheme = standardWebhooks(signature)
  const sent = firstHeader(request, scheme.headers ?? [])
  if (sent === undefined || sent === '') return refuse('signature.missing')
  const candidates = listElements(sent, PREFIX).filter((element) => element.startsWith(PREFIX))
  if (candidates.length === 0 || candidates.length > MAX_CANDIDATES) return refuse('signature.malformed')
  const timestamp = readTimestamp(scheme.timestamp, request)
  if ('reason' in timestamp) return refuse(timestamp.reason)
  const signed = signedBytes(scheme, request, timestamp.text)
  if (signed === undefined) return refuse('signature.missing')
  const made = candidates.flatMap((element) => decoded(element.slice(PREFIX.length), 'base64') ?? [])
  const fits = keys.some((key) => made.some((one) => verify(null, signed, key, one)))
  return fits ? GENUINE : refuse('signature.mismatch')
}

/** An Ed25519 key: 32 bytes in base64. */
function publicKey(text: string): KeyObject | undefined {
  const bytes = decoded(text.slice('whpk_'.length), 'base64')
  if (bytes?.length !== 32) return undefined
  const x = Buffer.from(bytes).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
