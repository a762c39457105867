import { createHash, createHmac, createPublicKey } from 'node:crypto'
import { jwtVerify } from 'jose'
import { keyBytes } from '../../auth/key-bytes.ts'
import { type Protocol, signatureOf } from '../../auth/oauth1.ts'
import type { OAuth1, OneAuth, SignedRequest, TokenClaims } from '../../auth/types.ts'
import { constantTimeEqual } from '../../../security/secrets.ts'
import { fillNames } from '../../template.ts'
import type { HeardRequest } from './heard.ts'
import { escaped } from './routes.ts'

export type Values = Readonly<Record<string, string>>

/** Does the request hold the proof that the template declares? Of what is given out by a token service or a log-in: no. */
export async function provesItself(auth: OneAuth, values: Values, request: HeardRequest): Promise<boolean> {
  const fill = (text: string) => fillNames(text, values)
  const { headers, path } = request
  switch (auth.type) {
    case 'none':
      return true
    case 'basic':
      return isSame(headers.authorization, `Basic ${base64(`${fill(auth.username)}:${fill(auth.password)}`)}`)
    case 'bearer':
      return isSame(headers.authorization, `Bearer ${fill(auth.token)}`)
    case 'header':
      return isSame(headers[auth.name.toLowerCase()], fill(auth.value))
    case 'query':
      return isSame(new URLSearchParams(path.split('?')[1]).get(auth.name) ?? undefined, fill(auth.value))
    case 'jwt':
      return isSigned(auth, values, /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1])
    case 'hmac':
      return isSignedRequest(auth, values, request)
    case 'oauth1':
      return isOAuth1(auth, values, request)
    default:
      return false
  }
}

/** A token of our own, signed with the key that is right, for whom it should be for. */
export async function isSigned(auth: TokenClaims, values: Values, token: string | undefined): Promise<boolean> {
  const { algorithm, key, keyDecoding, claims } = auth
  const text = fillNames(key, values)
  const right = algorithm.startsWith('HS') ? keyBytes(text, keyDecoding) : createPublicKey(text)
  // The time is the trial's, not ours.
  const options = { algorithms: [algorithm], currentDate: new Date(0) }
  const verified = await jwtVerify(token ?? '', right, options).catch(() => undefined)
  if (!verified) return false
  const texts = Object.entries(claims).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return texts.every(([name, claim]) => verified.payload[name] === fillNames(claim, values))
}

/** The signature that stands in the headers is over what the request says, at the time and with the nonce that they name. */
function isSignedRequest(auth: SignedRequest, values: Values, request: HeardRequest): boolean {
  const url = new URL(request.path, `http://${request.headers.host}`)
  const body = request.body.toString('utf8')
  const told = { ...readHeaders(auth, values, request) }
  const names: Record<string, string> = {
    ...values,
    ...told,
    ...{ method: request.method, path: url.pathname, query: url.search, host: url.host, url: url.href, body },
    bodyHash: createHash('sha256').update(body).digest('hex'),
  }
  const parts = auth.signed.split('{body}')
  if (parts.some((part) => [...part.matchAll(/\{(\w+)\}/g)].some(([, name = '']) => names[name] === undefined)))
    return false
  const signed = parts.map((part) => fillNames(part, names)).join(body)
  const hmac = createHmac(auth.algorithm, keyBytes(fillNames(auth.key, values), auth.keyDecoding))
  return isSame(told.signature, hmac.update(signed).digest(auth.encoding))
}

/** What stands at the places of `{timestamp}`, `{nonce}` and `{signature}`; what else the headers say must be right. */
function readHeaders({ headers }: SignedRequest, values: Values, request: HeardRequest): Record<string, string> {
  const told: Record<string, string> = {}
  for (const [name, template] of Object.entries(headers)) {
    const pattern = template
      .split(/(\{\w+\})/)
      .map((part) => {
        const place = /^\{(\w+)\}$/.exec(part)?.[1]
        if (place === undefined) return escaped(part)
        return values[place] === undefined ? `(?<${place}>.+)` : escaped(values[place])
      })
      .join('')
    Object.assign(told, new RegExp(`^${pattern}$`).exec(request.headers[name.toLowerCase()] ?? '')?.groups)
  }
  return told
}

function isOAuth1(auth: OAuth1, values: Values, request: HeardRequest): boolean {
  const fill = (text: string) => fillNames(text, values)
  const fields = [...(request.headers.authorization ?? '').matchAll(/(\w+)="([^"]*)"/g)]
  const told = Object.fromEntries(fields.map(([, name = '', value = '']) => [name, decodeURIComponent(value)]))
  const { realm: _realm, oauth_signature: signature, ...protocol } = told
  if (told.oauth_consumer_key !== fill(auth.consumerKey) || told.oauth_token !== fill(auth.token)) return false
  const url = new URL(request.path, `http://${request.headers.host}`)
  const asked = { method: request.method, url, headers: request.headers, body: request.body.toString('utf8') }
  const secrets = { consumer: fill(auth.consumerSecret), token: fill(auth.tokenSecret) }
  return isSame(signature, signatureOf(asked, protocol as Protocol, secrets))
}

export function isSame(given: string | undefined, right: string): boolean {
  return given !== undefined && constantTimeEqual(Buffer.from(given), Buffer.from(right))
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
