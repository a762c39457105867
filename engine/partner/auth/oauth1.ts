import { createHmac, randomUUID } from 'node:crypto'
import { fillNames, headerValue } from '../template.ts'
import type { HttpRequest } from '../transport.ts'
import type { AuthContext, Authenticator } from './authenticator.ts'
import { PartnerClock } from './partner-clock.ts'
import type { OAuth1 } from './types.ts'

const HASHES = { 'HMAC-SHA256': 'sha256', 'HMAC-SHA1': 'sha1' } as const

/** OAuth 1.0a: every request signed with the consumer's secret and the token's (RFC 5849, 3). */
export function oauth1Proof(auth: OAuth1, { values, clock }: AuthContext): Authenticator {
  const theirs = new PartnerClock(clock)
  return {
    async apply(request) {
      const fill = (text: string) => fillNames(text, values)
      const once = { nonce: randomUUID(), timestamp: Math.floor(theirs.now() / 1000) }
      const secrets = { consumer: fill(auth.consumerSecret), token: fill(auth.tokenSecret) }
      const realm = auth.realm === undefined ? {} : { realm: fill(auth.realm) }
      const protocol = {
        oauth_consumer_key: fill(auth.consumerKey),
        oauth_token: fill(auth.token),
        oauth_signature_method: auth.signatureMethod ?? ('HMAC-SHA256' as const),
        oauth_timestamp: String(once.timestamp),
        oauth_nonce: once.nonce,
        oauth_version: '1.0',
      }
      const signature = signatureOf(request, protocol, secrets)
      const value = authorization({ ...realm, ...protocol, oauth_signature: signature })
      request.headers.authorization = headerValue('Authorization', value)
      return undefined
    },
    renew: async (_used, answer) => theirs.learn(answer),
  }
}

export interface Protocol extends Record<string, string> {
  oauth_signature_method: keyof typeof HASHES
}

/** RFC 5849, 3.4.2. */
export function signatureOf(
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>,
  protocol: Protocol,
  secrets: { consumer: string; token: string },
): string {
  const key = `${escaped(secrets.consumer)}&${escaped(secrets.token)}`
  return createHmac(HASHES[protocol.oauth_signature_method], key).update(baseOf(request, protocol)).digest('base64')
}

/** The signature base string: method, address without its query, and all parameters in order (RFC 5849, 3.4.1). */
export function baseOf(
  { method, url, headers, body }: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>,
  protocol: Record<string, string>,
): string {
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  const pairs = [
    ...Object.entries(protocol),
    ...url.searchParams,
    ...(form && body !== undefined ? new URLSearchParams(String(body)) : []),
  ].map(([name, value]) => [escaped(name), escaped(value)] as const)
  pairs.sort(([a, x], [b, y]) => order(a, b) || order(x, y))
  const parameters = pairs.map(([name, value]) => `${name}=${value}`).join('&')
  return [method.toUpperCase(), `${url.origin}${url.pathname}`, parameters].map(escaped).join('&')
}

function authorization(fields: Record<string, string>): string {
  const list = Object.entries(fields).map(([name, value]) => `${name}="${name === 'realm' ? value : escaped(value)}"`)
  return `OAuth ${list.join(', ')}`
}

/** By the bytes of what is escaped already, so plain ASCII. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** RFC 5849, 3.6: everything but letters, digits and `-._~`. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
