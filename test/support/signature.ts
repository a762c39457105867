import assert from 'node:assert/strict'
import { type Credentials, type SignedRequest, verifySignature } from '../../engine/partner/trust/signature.ts'
import { standardWebhooks } from '../../engine/partner/trust/standard.ts'
import type { HmacSignature, OneSignature, Signature } from '../../engine/partner/trust/types.ts'

/** A plain scheme, SHA-256 in hex over the body with the secret as text; `more` says what is different. */
export const hmac = (header: string, more: Partial<HmacSignature> = {}): HmacSignature => ({
  type: 'hmac',
  headers: [header],
  algorithm: 'sha256',
  encoding: 'hex',
  secret: 'webhookSecret',
  signed: '{body}',
  ...more,
})

/** A partner node that holds these secrets, whatever the credential is called. */
export const holding =
  (...secrets: string[]): Credentials =>
  () =>
    secrets.join('\n')

export async function genuine(signature: Signature, secrets: string[], request: SignedRequest): Promise<boolean> {
  return (await verifySignature(signature, holding(...secrets), request)).ok
}

/** The request is genuine with its secret, and nothing that is a little different is. */
export async function assertOnlyGenuine(
  signature: OneSignature,
  secret: string,
  request: SignedRequest,
): Promise<void> {
  assert.deepEqual(await verifySignature(signature, holding(secret), request), { ok: true })
  assert.ok(await genuine(signature, ['another-secret', secret], request), 'beside another secret')
  const strangers: [string, string[]][] = [
    ['no secret', []],
    ['an empty secret', ['']],
    ['another secret', [withOtherSign(secret)]],
    ['a secret that is a beginning', [secret.slice(0, -4)]],
  ]
  for (const [what, secrets] of strangers) assert.equal(await genuine(signature, secrets, request), false, what)
  const spelt = signature.type === 'standard-webhooks' ? standardWebhooks(signature) : signature
  for (const [what, mutant] of mutantsOf(spelt, secret, request))
    assert.equal(await genuine(signature, [secret], mutant), false, what)
}

type Mutant = [what: string, request: SignedRequest]

/** The same request with one thing wrong. */
function mutantsOf(signature: OneSignature, secret: string, request: SignedRequest): Mutant[] {
  const name = sentHeader(signature, request)
  return [
    ...(name === undefined ? [] : headerMutants(signature, request, name)),
    ...(signature.type === 'token' && signature.query && name === undefined
      ? queryMutants(signature.query, request)
      : []),
    ...(signature.type === 'token' && signature.field ? fieldMutants(secret, request) : []),
    ...(signature.type === 'jwt' ? [over(request)] : []),
    ...(signature.type === 'hmac' ? [...bodyMutants(signature, request), ...timeMutants(signature, request)] : []),
  ]
}

function headerMutants(signature: OneSignature, request: SignedRequest, name: string): Mutant[] {
  const value = String(request.headers[name])
  const digest = value.slice(value.lastIndexOf('=', value.length - 3) + 1)
  const wrong: [string, string | string[] | undefined][] = [
    ['header missing', undefined],
    ['header empty', ''],
    ['signature shorter by one', value.slice(0, -1)],
    ['signature shorter by two', value.slice(0, -2)],
    ['signature longer', `${value}00`],
    ['signature longer by its beginning', value + digest.slice(0, 2)],
    ['one sign of the signature is another', withOtherSign(value)],
    ['only what stands before the signature', value.slice(0, value.length - digest.length)],
    ['a huge signature', value + 'a'.repeat(100_000)],
    ['a hundred guesses before the right one', `${`${value.slice(0, -2)}00,`.repeat(100)}${value}`],
  ]
  if (!('several' in signature && signature.several)) wrong.push(['header doubled', [value, value]])
  if (signature.type === 'hmac') {
    const other = signature.encoding === 'hex' ? 'base64' : 'hex'
    const recoded = Buffer.from(digest, signature.encoding).toString(other)
    wrong.push(['signature in another encoding', value.replace(digest, recoded)])
  }
  if ('prefix' in signature && signature.prefix && !('prefixOptional' in signature && signature.prefixOptional))
    wrong.push(['prefix removed', value.replace(signature.prefix, '')])
  const others = 'headers' in signature ? (signature.headers ?? []).map((other) => other.toLowerCase()) : []
  const rest = Object.entries(request.headers).filter(([key]) => !others.includes(key.toLowerCase()))
  return wrong.map(([what, changed]) => [
    what,
    { ...request, headers: { ...Object.fromEntries(rest), [name]: changed } },
  ])
}

function queryMutants(query: string, request: SignedRequest): Mutant[] {
  const { path } = request
  const at = path.indexOf(`${query}=`)
  return [
    ['token missing', path.slice(0, path.indexOf('?'))],
    ['token shorter', path.slice(0, -1)],
    ['token longer', `${path}0`],
    ['token empty', path.slice(0, at + query.length + 1)],
    ['token doubled', `${path}&${path.slice(at)}`],
  ].map(([what, changed]) => [what!, { ...request, path: changed! }])
}

function fieldMutants(secret: string, request: SignedRequest): Mutant[] {
  const text = Buffer.from(request.rawBody).toString()
  return [
    ['another token in the body', withOtherSign(secret)],
    ['a longer token in the body', `${secret}0`],
    ['no token in the body', ''],
  ].map(([what, other]) => [what!, { ...request, rawBody: Buffer.from(text.replaceAll(secret, other!)) }])
}

const over = (request: SignedRequest): Mutant => ['long over', { ...request, now: request.now + 400 * 86_400_000 }]

function bodyMutants(signature: HmacSignature, request: SignedRequest): Mutant[] {
  const body = Buffer.from(request.rawBody)
  const bodies: [string, Uint8Array][] = [['empty body', Buffer.alloc(0)]]
  if (signature.signed.includes('{body}')) {
    bodies.push(...[0, body.length >> 1, body.length - 1].map((at): [string, Buffer] => [`byte ${at}`, flip(body, at)]))
    bodies.push(['longer body', Buffer.concat([body, Buffer.from(' ')])])
    bodies.push(['huge body', Buffer.concat([body, Buffer.alloc(2_000_000, 32)])])
    const spaced = spacedOut(body)
    if (spaced && !spaced.equals(body)) bodies.push(['body written anew', spaced])
  }
  for (const [, field] of signature.signed.matchAll(/\{field:([^{}]+)\}/g)) {
    const at = body.indexOf(`"${field}":`) + field!.length + 3
    bodies.push([`one bit of ${field}`, flip(body, body[at] === 0x7b ? at + 4 : at)])
  }
  if (signature.field !== undefined) {
    const text = body.toString()
    const sent = text.indexOf(`"${signature.field}":"`) + signature.field.length + 4
    bodies.push(['signature shorter in the body', Buffer.from(text.slice(0, sent) + text.slice(sent + 2))])
    bodies.push(['two signatures', Buffer.from(`{"${signature.field}":"00",${text.slice(1)}`)])
    bodies.push(['no JSON', Buffer.from(text.slice(0, -1))])
  }
  const paths: Mutant[] = /\{(path|pathname|url)\}/.test(signature.signed)
    ? [['another path', { ...request, path: `${request.path}/elsewhere` }]]
    : []
  if (signature.signed.includes('{method}')) paths.push(['another method', { ...request, method: 'PUT' }])
  return [...bodies.map(([what, rawBody]): Mutant => [what, { ...request, rawBody }]), ...paths]
}

function timeMutants({ timestamp }: HmacSignature, request: SignedRequest): Mutant[] {
  if (!timestamp) return []
  const off = (timestamp.toleranceSeconds + 1.001) * 1000
  return [
    ['old', { ...request, now: request.now + off }],
    ['from the future', { ...request, now: request.now - off }],
  ]
}

/** The header that the signature stands in, as the request writes it. */
function sentHeader(signature: OneSignature, { headers }: SignedRequest): string | undefined {
  const declared = 'headers' in signature ? signature.headers : undefined
  const names = declared ?? (signature.type === 'basic' || signature.type === 'jwt' ? ['authorization'] : [])
  for (const name of names) {
    const found = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase())
    if (found !== undefined) return found
  }
  return undefined
}

/** Another text that reads as the same kind of text: hex stays hex, and base64 keeps its padding. */
function withOtherSign(text: string): string {
  return text.slice(0, -3) + (text.at(-3) === '0' ? '1' : '0') + text.slice(-2)
}

function issuedAt(header: string, headers: SignedRequest['headers']): number {
  const [, sent] = Object.entries(headers).find(([name]) => name.toLowerCase() === header) ?? []
  const [, claims] = String(sent).split('.')
  return claims === undefined ? 0 : JSON.parse(Buffer.from(claims, 'base64url').toString()).iat * 1000
}

function flip(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1
  return copy
}

function spacedOut(body: Buffer): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 1))
  } catch {
    return undefined
  }
}

/** The moment at which a recorded request was signed, by its own word; epoch milliseconds, 0 where it does not say. */
export function signedAt(
  signature: OneSignature,
  { headers, rawBody }: Pick<SignedRequest, 'headers' | 'rawBody'>,
): number {
  if (signature.type === 'jwt') return issuedAt(signature.headers?.[0] ?? 'authorization', headers)
  const timestamp = signature.type === 'hmac' ? signature.timestamp : undefined
  if (!timestamp) return 0
  if ('field' in timestamp) return Number(JSON.parse(Buffer.from(rawBody).toString())[timestamp.field]) * 1000
  const wanted = [timestamp.header].flat().map((name) => name.toLowerCase())
  const [, value] = Object.entries(headers).find(([name]) => wanted.includes(name.toLowerCase())) ?? []
  const { prefix = '' } = timestamp
  const text = String(value)
    .split(',')
    .find((part) => part.startsWith(prefix))!
    .slice(prefix.length)
  if (timestamp.unit === 'iso') return Date.parse(text)
  return Number(text) * (timestamp.unit === 's' ? 1000 : 1)
}
