import { createHash, createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { CartageError } from '../../errors.ts'
import { splitSecrets } from '../../security/secrets.ts'
import { digest } from './hmac.ts'
import { fieldSpan } from './json-field.ts'
import { keyBytes } from './keys.ts'
import type { SignedRequest } from './request.ts'
import { asSent, headersOf } from './shared-token.ts'
import { signatureParts } from './signature.ts'
import { signedBytes } from './signed-bytes.ts'
import { standardWebhooks } from './standard.ts'
import { formatTimestamp } from './timestamp.ts'
import type {
  BasicSignature,
  HmacSignature,
  JwtSignature,
  KeyDecoding,
  OneSignature,
  Place,
  Signature,
  TokenSignature,
} from './types.ts'
import type { Credentials } from './verification.ts'

/** How long a token is good for that we make, in seconds. */
const TOKEN_SECONDS = 300

/**
 * The request with everything that the partner would put on it: the other side of `verifySignature`, for whoever plays a partner.
 * Of several secrets the first one signs. Only what `any` lists first is used; a client certificate cannot be put on a request.
 * Where the signature or its time stands in the body, the body must have the fields: their values are replaced.
 */
export async function sign(
  signature: Signature,
  credentials: Credentials,
  request: SignedRequest,
): Promise<SignedRequest> {
  const parts = signatureParts(signature)
  let signed = { ...request, headers: { ...request.headers } }
  for (const part of signature.type === 'any' ? parts.slice(0, 1) : parts)
    signed = await signOne(part, credentials, signed)
  return signed
}

async function signOne(
  signature: OneSignature,
  credentials: Credentials,
  request: SignedRequest,
): Promise<SignedRequest> {
  if (signature.type === 'mtls') return request
  const secret = credentials(signature.secret)
  if (!secret) throw unsigned(`there is no ${signature.secret} to sign with`)
  switch (signature.type) {
    case 'hmac':
      return signHmac(signature, splitSecrets(secret)[0]!, request)
    case 'standard-webhooks':
      return signHmac(standardWebhooks(signature), splitSecrets(secret)[0]!, request)
    case 'jwt':
      return signJwt(signature, secret, credentials, request)
    default:
      return withToken(signature, splitSecrets(secret)[0]!, request)
  }
}

function signHmac(signature: HmacSignature, secret: string, request: SignedRequest): SignedRequest {
  const { timestamp, id } = signature
  const time = timestamp && formatTimestamp(request.now, timestamp.unit)
  const inOneHeader = timestamp?.prefix !== undefined
  let prepared = request
  if (timestamp && time !== undefined && !inOneHeader)
    prepared = put(prepared, timestamp, time, timestamp.unit !== 'iso')
  if (id && 'header' in id)
    prepared = put(prepared, id, idFor(prepared, id) ?? `msg_${digestOf(prepared).slice(0, 24)}`)
  const bytes = signedBytes(signature, prepared, time)
  if (bytes === undefined) throw unsigned('the request lacks something that is signed')
  const made = digest(signature, keyOf(signature, secret), bytes).toString(signature.encoding)
  const value = `${inOneHeader ? `${timestamp.prefix}${time},` : ''}${signature.prefix ?? ''}${made}`
  if (signature.field !== undefined) return put(prepared, { field: signature.field }, value)
  return put(prepared, { header: signature.headers ?? [] }, value)
}

async function signJwt(
  signature: JwtSignature,
  secret: string,
  credentials: Credentials,
  request: SignedRequest,
): Promise<SignedRequest> {
  const { bodyHash, issuer, audience, subject } = signature
  const fill = (text: string) => text.replaceAll(/\{([^{}]+)\}/g, (_all, name: string) => credentials(name) ?? '')
  const now = Math.floor(request.now / 1000)
  const claims = bodyHash && {
    [bodyHash.claim]: createHash(bodyHash.algorithm).update(request.rawBody).digest(bodyHash.encoding),
  }
  const token = new SignJWT(claims ?? {}).setIssuedAt(now).setExpirationTime(now + TOKEN_SECONDS)
  if (issuer !== undefined) token.setIssuer(fill(issuer))
  if (audience !== undefined) token.setAudience(fill(audience))
  if (subject !== undefined) token.setSubject(fill(subject))
  const key =
    signature.key === 'secret' ? keyBytes(splitSecrets(secret)[0]!, signature.keyDecoding) : createPrivateKey(secret)
  const text = await token.setProtectedHeader({ alg: signature.algorithms[0]!, typ: 'JWT' }).sign(key)
  return put(request, { header: signature.headers ?? ['authorization'] }, (signature.prefix ?? 'Bearer ') + text)
}

function keyOf({ keyDecoding }: { keyDecoding?: KeyDecoding }, secret: string): Uint8Array {
  const key = keyBytes(secret, keyDecoding)
  if (key.length === 0) throw unsigned(`the secret is no ${keyDecoding}`)
  return key
}

function withToken(signature: TokenSignature | BasicSignature, secret: string, request: SignedRequest): SignedRequest {
  const value = asSent(signature, secret)
  if (signature.type === 'basic') return put(request, { header: headersOf(signature) }, value)
  if (signature.headers) return put(request, { header: signature.headers }, value)
  if (signature.query === undefined) {
    // What is no JSON cannot be changed in one place: it must say already who sends it.
    return (request.format ?? 'json') === 'json' ? put(request, { field: signature.field ?? '' }, value) : request
  }
  const parameter = `${encodeURIComponent(signature.query)}=${encodeURIComponent(value)}`
  return { ...request, path: request.path + (request.path.includes('?') ? '&' : '?') + parameter }
}

function put(request: SignedRequest, place: Place, value: string, asNumber = false): SignedRequest {
  if ('header' in place) {
    const name = [place.header].flat()[0]!.toLowerCase()
    const others = Object.entries(request.headers).filter(([key]) => key.toLowerCase() !== name)
    return { ...request, headers: { ...Object.fromEntries(others), [name]: value } }
  }
  const text = Buffer.from(request.rawBody).toString('utf8')
  const span = fieldSpan(text, place.field)
  if (!span) throw unsigned(`the body has no field ${place.field}`)
  const changed = text.slice(0, span.start) + (asNumber ? value : JSON.stringify(value)) + text.slice(span.end)
  return { ...request, rawBody: Buffer.from(changed) }
}

function idFor(request: SignedRequest, { header }: { header: string | string[] }): string | undefined {
  const names = [header].flat().map((name) => name.toLowerCase())
  const found = Object.entries(request.headers).find(([name]) => names.includes(name.toLowerCase()))?.[1]
  return typeof found === 'string' ? found : undefined
}

function digestOf({ rawBody }: SignedRequest): string {
  return createHash('sha256').update(rawBody).digest('hex')
}

function unsigned(problem: string): CartageError {
  return new CartageError('invalid', 'signature.cannot-sign', problem)
}
