import { createHmac, createSecretKey } from 'node:crypto'
import { splitSecrets } from '../../security/secrets.ts'
import { fieldOf } from './json-field.ts'
import { decoded, keyBytes } from './keys.ts'
import { listElements } from './list.ts'
import { firstHeader, type SignedRequest } from './request.ts'
import { signedBytes } from './signed-bytes.ts'
import { readTimestamp } from './timestamp.ts'
import type { HmacSignature } from './types.ts'
import { type Credentials, matchesAny, refuse, type Verification } from './verification.ts'

/** More signatures than this in one header is no rotation but somebody guessing. */
const MAX_CANDIDATES = 16
const DIGEST_BYTES = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

export function verifyHmac(signature: HmacSignature, credentials: Credentials, request: SignedRequest): Verification {
  const keys = splitSecrets(credentials(signature.secret))
    .map((secret) => keyBytes(secret, signature.keyDecoding))
    .filter((key) => key.length > 0)
  if (keys.length === 0) return refuse('signature.no-secret')
  const sent =
    signature.field === undefined
      ? firstHeader(request, signature.headers ?? [])
      : fieldOf(request.rawBody, signature.field)
  if (sent === undefined || sent === '') return refuse('signature.missing')
  const candidates = candidatesOf(sent, signature)
  if (candidates.length === 0 || candidates.length > (signature.several ? MAX_CANDIDATES : 1))
    return refuse('signature.malformed')
  const timestamp = readTimestamp(signature.timestamp, request)
  if ('reason' in timestamp) return refuse(timestamp.reason)
  const signed = signedBytes(signature, request, timestamp.text)
  if (signed === undefined) return refuse('signature.missing')
  return matchesAny(
    keys.map((key) => digest(signature, key, signed)),
    candidates,
  )
}

export function digest({ algorithm }: Pick<HmacSignature, 'algorithm'>, key: Uint8Array, signed: Uint8Array): Buffer {
  return createHmac(algorithm, createSecretKey(key)).update(signed).digest()
}

function candidatesOf(value: string, signature: HmacSignature): Uint8Array[] {
  const { prefix = '', timestamp, several, prefixOptional } = signature
  const list = several || timestamp?.prefix !== undefined
  return (list ? listElements(value, prefix) : [value])
    .flatMap((element) => {
      if (element.startsWith(prefix)) return [element.slice(prefix.length)]
      return prefixOptional ? [element] : []
    })
    .flatMap((text) => decoded(text, signature.encoding) ?? [])
    .filter((bytes) => bytes.length === DIGEST_BYTES[signature.algorithm])
}
