import { createHmac, createSecretKey } from 'node:crypto'
import { constantTimeEqual } from '../security/secrets.ts'
import type { HmacSignature, Signature, SignatureTimestamp } from './profile-types.ts'

export { handshake } from './handshake.ts'

/** A request as it came in. Header names in any case; the path with its query. */
export interface SignedRequest {
  rawBody: Uint8Array
  headers: Record<string, string | string[] | undefined>
  method: string
  path: string
  /** Epoch milliseconds. */
  now: number
}

export type Verification =
  | { ok: true }
  | {
      ok: false
      /** For the log and the counter; the sender is told no more than 401. */
      reason:
        | 'signature.missing'
        | 'signature.malformed'
        | 'signature.mismatch'
        | 'signature.timestamp-missing'
        | 'signature.timestamp-malformed'
        | 'signature.timestamp-outside'
        | 'signature.no-secret'
    }

type Refusal = Extract<Verification, { ok: false }>['reason']

/** More signatures than this in one header is no rotation but somebody guessing. */
const MAX_CANDIDATES = 16

/**
 * Does the request come from somebody who knows one of the secrets? Works on the raw bytes, compares in constant time after a
 * length check, and takes several secrets (rotation) against several signatures in one header.
 */
export function verifySignature(
  signature: Signature,
  secrets: readonly string[],
  request: SignedRequest,
): Verification {
  if (signature.type === 'none') return { ok: true }
  const usable = secrets.filter((secret) => secret !== '')
  if (usable.length === 0) return refuse('signature.no-secret')
  if (signature.type === 'hmac') return verifyHmac(signature, usable, request)
  const names = signature.headers ?? (signature.type === 'basic' ? ['authorization'] : [])
  const query = signature.type === 'token' && signature.query !== undefined ? signature.query : undefined
  const sent = firstHeader(request, names)?.value ?? (query === undefined ? undefined : queryValue(request.path, query))
  if (sent === undefined || sent === '') return refuse('signature.missing')
  const prefix = signature.type === 'token' ? (signature.prefix ?? '') : ''
  const expected = usable.map((secret) =>
    signature.type === 'basic' ? `Basic ${Buffer.from(secret).toString('base64')}` : prefix + secret,
  )
  return matchesAny(
    expected.map((text) => Buffer.from(text)),
    [Buffer.from(sent)],
  )
    ? { ok: true }
    : refuse('signature.mismatch')
}

function verifyHmac(signature: HmacSignature, secrets: string[], request: SignedRequest): Verification {
  const keys = secrets
    .map((secret) => keyBytes(secret, signature.keyDecoding ?? 'text'))
    .filter((key) => key.length > 0)
  if (keys.length === 0) return refuse('signature.no-secret')
  const header = firstHeader(request, signature.headers)
  if (header === undefined || header.value === '') return refuse('signature.missing')
  const candidates = candidatesOf(header.value, signature)
  if (candidates.length === 0 || candidates.length > MAX_CANDIDATES) return refuse('signature.malformed')
  const timestamp = readTimestamp(signature.timestamp, request)
  if ('reason' in timestamp) return refuse(timestamp.reason)
  const signed = signedBytes(signature.signed, request, timestamp.text)
  if (signed === undefined) return refuse('signature.missing')
  const expected = keys.map((key) => createHmac(signature.algorithm, createSecretKey(key)).update(signed).digest())
  return matchesAny(expected, candidates) ? { ok: true } : refuse('signature.mismatch')
}

/** Every pair is compared, so that the time does not tell which one matched. */
function matchesAny(expected: Uint8Array[], candidates: Uint8Array[]): boolean {
  let matched = false
  for (const one of expected) for (const candidate of candidates) matched = constantTimeEqual(one, candidate) || matched
  return matched
}

function candidatesOf(value: string, signature: HmacSignature): Uint8Array[] {
  const digestBytes = { sha1: 20, sha256: 32, sha512: 64 }[signature.algorithm]
  return elements(value, signature.prefix)
    .flatMap((element) => {
      const prefix = signature.prefix ?? ''
      if (element.startsWith(prefix)) return [element.slice(prefix.length)]
      return signature.prefixOptional ? [element] : []
    })
    .flatMap((text) => decode(text, signature.encoding))
    .filter((bytes) => bytes.length === digestBytes)
}

/** Header lists come as `a, b` or `t=1,v1=a` or, in Standard Webhooks, as `v1,a v1,b` where the comma belongs to the prefix. */
function elements(value: string, prefix: string | undefined): string[] {
  return value.split(prefix?.endsWith(',') ? /\s+/ : /[,\s]+/).filter((element) => element !== '')
}

function decode(text: string, encoding: 'hex' | 'base64'): Uint8Array[] {
  if (encoding === 'hex') return /^([0-9a-f]{2})+$/i.test(text) ? [Buffer.from(text, 'hex')] : []
  const bytes = Buffer.from(text, 'base64')
  // Buffer skips what is not base64: only text that comes out the same again was base64.
  return bytes.length > 0 && bytes.toString('base64') === text ? [bytes] : []
}

/** The key's bytes; empty when the secret does not fit its decoding. */
function keyBytes(secret: string, decoding: NonNullable<HmacSignature['keyDecoding']>): Uint8Array {
  if (decoding === 'text') return Buffer.from(secret)
  if (decoding === 'nfkd') return Buffer.from(secret.normalize('NFKD'))
  if (decoding === 'hex') return /^([0-9a-f]{2})+$/i.test(secret) ? Buffer.from(secret, 'hex') : Buffer.alloc(0)
  const text = decoding === 'whsec' && secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret
  // Secrets without padding are in use (the Standard Webhooks test suite has them), so only the alphabet is checked.
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
}

type Timestamp = { text: string | undefined } | { reason: Refusal }

function readTimestamp(timestamp: SignatureTimestamp | undefined, request: SignedRequest): Timestamp {
  if (!timestamp) return { text: undefined }
  const value = headerValue(request, timestamp.header)
  const prefix = timestamp.prefix
  const text =
    prefix === undefined
      ? value
      : elements(value ?? '', prefix)
          .find((element) => element.startsWith(prefix))
          ?.slice(prefix.length)
  if (text === undefined || text === '') return { reason: 'signature.timestamp-missing' }
  const at = parseTimestamp(text, timestamp.unit)
  if (at === undefined) return { reason: 'signature.timestamp-malformed' }
  const inside = Math.abs(request.now - at) <= timestamp.toleranceSeconds * 1000
  return inside ? { text } : { reason: 'signature.timestamp-outside' }
}

/**
 * Epoch milliseconds of exactly the stated form: ten digits for seconds, thirteen for milliseconds, RFC 3339 for ISO. No parseInt,
 * no Date.parse leniency: `1e9`, `1614265330abc`, a negative or a 30th of February are undefined.
 */
export function parseTimestamp(text: string, unit: 's' | 'ms' | 'iso'): number | undefined {
  if (unit === 's') return /^[1-9]\d{9}$/.test(text) ? Number(text) * 1000 : undefined
  if (unit === 'ms') return /^[1-9]\d{12}$/.test(text) ? Number(text) : undefined
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (!parts) return undefined
  const local = Date.parse(`${parts[1]}Z`)
  const at = Date.parse(`${parts[1]}${(parts[2] ?? '').slice(0, 4)}${parts[3]}`)
  const real = !Number.isNaN(local) && new Date(local).toISOString().startsWith(parts[1]!)
  return real && !Number.isNaN(at) ? at : undefined
}

/** The template with its places filled in; undefined when a header that it needs is not there. */
function signedBytes(template: string, request: SignedRequest, timestamp: string | undefined): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  for (const piece of template.split(/(\{[^{}]+\})/)) {
    const name = /^\{(.+)\}$/.exec(piece)?.[1]
    const bytes = name === undefined ? piece : placeholder(name, request, timestamp)
    if (bytes === undefined) return undefined
    parts.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  }
  return Buffer.concat(parts)
}

function placeholder(
  name: string,
  request: SignedRequest,
  timestamp: string | undefined,
): string | Uint8Array | undefined {
  if (name === 'body') return request.rawBody
  if (name === 'timestamp') return timestamp
  if (name === 'method') return request.method.toUpperCase()
  if (name === 'path') return request.path
  return name.startsWith('header:') ? headerValue(request, name.slice('header:'.length)) || undefined : undefined
}

function firstHeader(request: SignedRequest, names: readonly string[]): { value: string } | undefined {
  for (const name of names) {
    const value = headerValue(request, name)
    if (value !== undefined) return { value }
  }
  return undefined
}

function headerValue(request: SignedRequest, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [key, value] of Object.entries(request.headers)) {
    if (key.toLowerCase() === wanted && value !== undefined) return Array.isArray(value) ? value.join(', ') : value
  }
  return undefined
}

function queryValue(path: string, name: string): string | undefined {
  const at = path.indexOf('?')
  return at < 0 ? undefined : (new URLSearchParams(path.slice(at + 1)).get(name) ?? undefined)
}

function refuse(reason: Refusal): Verification {
  return { ok: false, reason }
}
