import { splitSecrets } from '../../security/secrets.ts'
import { digest } from './hmac.ts'
import { fieldOf } from './json-field.ts'
import { keyBytes } from './keys.ts'
import { firstHeader, queryValue, type SignedRequest } from './request.ts'
import { verifyToken } from './shared-token.ts'
import { verifySignature } from './signature.ts'
import type { Handshake, Signature } from './types.ts'
import { type Credentials, GENUINE, type Refusal, type Verification } from './verification.ts'

export interface HandshakeAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** What came was a check of our address that must be trusted, and is not. */
export interface HandshakeRefused {
  refused: Refusal
}

/** What a check value may be made of; anything else could be markup or a header of its own. */
const CHECK_VALUE = /^[\x20-\x7e]{1,512}$/
/** What is proven is a random word, never a document: the proof would be as good as a signature of it. */
const TOKEN_VALUE = /^[A-Za-z0-9._~:/+-]{1,512}={0,2}$/
const JSON_TYPE = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }
const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }

/**
 * The answer with which a partner's check of our address is met, or undefined when the request is no such check. Echoed values go
 * out as plain text or JSON, never as something that a browser would run.
 */
export async function handshake(
  { handshake: declared, signature }: { handshake?: Handshake | readonly Handshake[]; signature: Signature },
  credentials: Credentials,
  request: SignedRequest,
): Promise<HandshakeAnswer | HandshakeRefused | undefined> {
  for (const one of declared === undefined ? [] : [declared].flat()) {
    if (!isMeant(one, request)) continue
    const answer = answerTo(one, credentials, request)
    if (!answer) continue
    const trusted = await verifySender(one, signature, credentials, request)
    return trusted.ok ? answer : { refused: trusted.reason }
  }
  return undefined
}

function isMeant({ method, emptyBody, when }: Handshake, request: SignedRequest): boolean {
  if (method !== request.method.toUpperCase()) return false
  if (emptyBody && request.rawBody.length > 0) return false
  if (!when) return true
  const value =
    when.query !== undefined
      ? queryValue(request.path, when.query)
      : when.field !== undefined
        ? fieldOf(request.rawBody, when.field)
        : firstHeader(request, when.header === undefined ? [] : [when.header])
  return when.equals === undefined ? value !== undefined : value === when.equals
}

async function verifySender(
  { signed, token }: Handshake,
  signature: Signature,
  credentials: Credentials,
  request: SignedRequest,
): Promise<Verification> {
  const known = token ? verifyToken({ type: 'token', ...token }, credentials, request) : GENUINE
  return known.ok && signed ? verifySignature(signature, credentials, request) : known
}

function answerTo(one: Handshake, credentials: Credentials, request: SignedRequest): HandshakeAnswer | undefined {
  const status = one.answer?.status ?? 200
  if (one.echoHeader) {
    const value = firstHeader(request, [one.echoHeader.from])
    if (value === undefined || !CHECK_VALUE.test(value)) return undefined
    return { status, headers: { [one.echoHeader.to.toLowerCase()]: value }, body: '' }
  }
  if (one.echoQuery !== undefined) return echo(one, queryValue(request.path, one.echoQuery), credentials)
  if (one.echoField !== undefined) return echo(one, fieldOf(request.rawBody, one.echoField), credentials)
  const body = one.answer?.body
  if (body === undefined) return { status, headers: {}, body: '' }
  if (typeof body === 'string') return { status, headers: TEXT_TYPE, body }
  return { status, headers: JSON_TYPE, body: JSON.stringify(body) }
}

function echo(one: Handshake, value: string | undefined, credentials: Credentials): HandshakeAnswer | undefined {
  if (value === undefined || !(one.proof ? TOKEN_VALUE : CHECK_VALUE).test(value)) return undefined
  const status = one.answer?.status ?? 200
  const proof = one.proof && proofOf(one.proof, value, credentials)
  if (one.proof && !proof) return undefined
  if (one.as === undefined && !proof) return { status, headers: TEXT_TYPE, body: value }
  return { status, headers: JSON_TYPE, body: JSON.stringify({ ...(one.as && { [one.as]: value }), ...proof }) }
}

function proofOf(proof: NonNullable<Handshake['proof']>, value: string, credentials: Credentials) {
  const key = keyBytes(splitSecrets(credentials(proof.secret))[0] ?? '')
  if (key.length === 0) return undefined
  const made = digest(proof, key, Buffer.from(value)).toString(proof.encoding)
  return { [proof.as]: (proof.prefix ?? '') + made }
}
