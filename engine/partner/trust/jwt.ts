import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { createLocalJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { splitSecrets } from '../../security/secrets.ts'
import { decoded, keyBytes } from './keys.ts'
import { firstHeader, type SignedRequest } from './request.ts'
import type { JwtSignature } from './types.ts'
import { type Credentials, matchesAny, type Refusal, refuse, type Verification } from './verification.ts'

/** A token is small; whatever is larger is not looked at. */
const MAX_TOKEN = 16_384
const TOLERANCE_SECONDS = 60

type Key = KeyObject | CryptoKey | Uint8Array | ReturnType<typeof createLocalJWKSet>

export async function verifyJwt(
  signature: JwtSignature,
  credentials: Credentials,
  request: SignedRequest,
): Promise<Verification> {
  const keys = keysOf(signature, credentials(signature.secret) ?? '')
  if (keys.length === 0) return refuse('signature.no-secret')
  const sent = firstHeader(request, signature.headers ?? ['authorization'])
  if (sent === undefined || sent === '') return refuse('signature.missing')
  const prefix = signature.prefix ?? 'Bearer '
  if (!sent.startsWith(prefix) || sent.length > MAX_TOKEN) return refuse('signature.malformed')
  const options = optionsOf(signature, credentials, request.now)
  if (options === undefined) return refuse('signature.no-secret')
  const token = sent.slice(prefix.length)
  let refused = refuse('signature.mismatch')
  for (const key of keys) {
    const read = await readToken(key, token, options)
    if ('payload' in read) return bodyFits(signature, read.payload, request.rawBody)
    if (read.reason !== 'signature.mismatch') refused = refuse(read.reason)
  }
  return refused
}

async function readToken(
  key: Key,
  token: string,
  options: JWTVerifyOptions,
): Promise<{ payload: JWTPayload } | { reason: Refusal }> {
  try {
    // jose takes a key and a function that finds one by two overloads, and a union of both by neither.
    return typeof key === 'function' ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options)
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return tryEach(error, token, options)
    if (error instanceof errors.JWTExpired) return { reason: 'signature.expired' }
    const malformed = error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid
    return { reason: malformed ? 'signature.malformed' : 'signature.mismatch' }
  }
}

/** A set whose keys have no names, as while one replaces another: any of them may be the right one. */
async function tryEach(keys: AsyncIterable<CryptoKey>, token: string, options: JWTVerifyOptions) {
  for await (const key of keys) {
    const read = await readToken(key, token, options)
    if ('payload' in read) return read
  }
  return { reason: 'signature.mismatch' } as const
}

/** Undefined when an account's value that a claim is compared with is not set: nothing fits what nobody knows. */
function optionsOf(signature: JwtSignature, credentials: Credentials, now: number): JWTVerifyOptions | undefined {
  const claims: Pick<JWTVerifyOptions, 'issuer' | 'audience' | 'subject'> = {}
  for (const name of ['issuer', 'audience', 'subject'] as const) {
    const declared = signature[name]
    if (declared === undefined) continue
    const value = declared.replaceAll(/\{([^{}]+)\}/g, (_all, credential: string) => credentials(credential) ?? '')
    if (value === '') return undefined
    claims[name] = value
  }
  return {
    ...claims,
    algorithms: signature.algorithms,
    clockTolerance: signature.toleranceSeconds ?? TOLERANCE_SECONDS,
    currentDate: new Date(now),
    ...(signature.maxAgeSeconds === undefined
      ? { requiredClaims: ['exp'] }
      : { maxTokenAge: signature.maxAgeSeconds, requiredClaims: ['iat'] }),
  }
}

function bodyFits({ bodyHash }: JwtSignature, payload: JWTPayload, rawBody: Uint8Array): Verification {
  if (!bodyHash) return { ok: true }
  const claimed = payload[bodyHash.claim]
  const hash = typeof claimed === 'string' ? decoded(claimed, bodyHash.encoding) : undefined
  if (hash === undefined) return refuse('signature.malformed')
  return matchesAny([createHash(bodyHash.algorithm).update(rawBody).digest()], [hash])
}

function keysOf(signature: JwtSignature, text: string): Key[] {
  try {
    if (signature.key === 'secret')
      return splitSecrets(text)
        .map((secret) => keyBytes(secret, signature.keyDecoding))
        .filter((key) => key.length > 0)
    // While one set takes the place of another, both are there, each beginning a line.
    if (signature.key === 'jwks')
      return text === '' ? [] : text.split(/\n(?=\{)/).map((set) => createLocalJWKSet(JSON.parse(set)))
    const pems = text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? []
    return pems.map((pem) => createPublicKey(pem))
  } catch {
    return []
  }
}
