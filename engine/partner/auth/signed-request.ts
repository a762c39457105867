import { createHash, createHmac, randomUUID } from 'node:crypto'
import { fillNames, headerValue } from '../template.ts'
import type { HttpRequest } from '../transport.ts'
import type { AuthContext, Authenticator } from './authenticator.ts'
import { keyBytes } from './key-bytes.ts'
import { PartnerClock } from './partner-clock.ts'
import type { SignedRequest } from './types.ts'

/** What the kind itself gives to its texts. */
export const SIGNED_NAMES = [
  ...['timestamp', 'nonce', 'method', 'path', 'query', 'host', 'url', 'body', 'bodyHash', 'signature'],
]

/** Every request signed by a shared secret over what it says. */
export function signedRequestProof(auth: SignedRequest, { values, clock }: AuthContext): Authenticator {
  const theirs = new PartnerClock(clock)
  return {
    async apply(request) {
      sign(auth, values, request, theirs.now())
      return undefined
    },
    renew: async (_used, answer) => theirs.learn(answer),
  }
}

function sign(auth: SignedRequest, values: AuthContext['values'], request: HttpRequest, now: number): void {
  const { url, method } = request
  const body = request.body ?? ''
  const names: Record<string, string> = {
    ...values,
    ...{ timestamp: timestampOf(auth, now), nonce: randomUUID(), method, host: url.host, url: url.href },
    ...{ path: url.pathname, query: url.search, bodyHash: createHash('sha256').update(body).digest('hex') },
  }
  const hmac = createHmac(auth.algorithm, keyBytes(fillNames(auth.key, values), auth.keyDecoding))
  // The body's own bytes, whatever braces are in it.
  for (const [at, text] of auth.signed.split('{body}').entries()) {
    if (at > 0) hmac.update(body)
    hmac.update(fillNames(text, names))
  }
  names.signature = hmac.digest(auth.encoding)
  for (const [name, text] of Object.entries(auth.headers))
    request.headers[name.toLowerCase()] = headerValue(name, fillNames(text, names))
}

function timestampOf({ timestamp = 'ms' }: SignedRequest, now: number): string {
  if (timestamp === 'iso') return new Date(now).toISOString()
  return String(timestamp === 's' ? Math.floor(now / 1000) : now)
}
