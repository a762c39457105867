import { PartnerFailure, restated } from '../failure.ts'
import { fillNames } from '../template.ts'
import type { HttpAnswer, HttpRequest } from '../transport.ts'
import type { AuthContext } from './authenticator.ts'
import { type Lent, renewalOf } from './lasting.ts'
import type { TokenService } from './types.ts'

/** A token without `expires_in` is taken to live this long. */
const DEFAULT_LIFETIME_MS = 5 * 60 * 1000

/** An access token; `id` is the token itself. */
export interface Token extends Lent {
  /** For the next one, where the service gave one. */
  refreshToken?: string
}

export interface TokenRequest {
  /** In addition to the service's own; those win. */
  fields: Record<string, string>
  headers?: Record<string, string>
}

/** Ask a token service (RFC 6749, 4 to 6). */
export async function askForToken(
  context: AuthContext,
  service: TokenService,
  { fields, headers }: TokenRequest,
): Promise<Token> {
  const { values, tokenUrl, clock, timeoutMs, send } = context
  if (!tokenUrl) throw new PartnerFailure('none', 'invalid', 'partner.token', 'there is no token address')
  const all = { ...fields }
  if (service.scope !== undefined) all.scope = fillNames(service.scope, values)
  for (const [name, value] of Object.entries(service.fields ?? {})) all[name] = fillNames(value, values)
  const json = service.style === 'json'
  const request: HttpRequest = {
    method: 'POST',
    url: tokenUrl,
    headers: {
      accept: 'application/json',
      'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: json ? JSON.stringify(all) : new URLSearchParams(all).toString(),
  }
  const askedAt = clock.now()
  let answer: HttpAnswer
  try {
    // A deadline of its own: the caller who started it may give up, the others still wait for it.
    answer = await send(request, AbortSignal.timeout(timeoutMs))
  } catch (error) {
    // Whatever became of the token request, the call that needed it was never made.
    throw restated(error, 'none', (message) => ({ message: `token: ${message}` }))
  }
  return readToken(answer, askedAt)
}

/** RFC 6749, 2.3.1: in the header both are form-encoded first. */
export function basicClient(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`
}

interface TokenBody {
  access_token?: unknown
  token_type?: unknown
  expires_in?: unknown
  refresh_token?: unknown
  error?: unknown
}

function readToken(answer: HttpAnswer, askedAt: number): Token {
  const { status } = answer
  const body = readBody(answer)
  const refusal = refusalOf(status, body)
  if (refusal) throw refusal
  const value = body?.access_token
  const bearer = body?.token_type === undefined || /^bearer$/i.test(String(body.token_type))
  if (status !== 200 || typeof value !== 'string' || value === '' || !bearer) {
    throw failure('transient', 'partner.token-unreadable', 'the token service gave no bearer token')
  }
  const seconds = Number(body?.expires_in)
  const lifetime = seconds > 0 ? seconds * 1000 : DEFAULT_LIFETIME_MS
  const next = body?.refresh_token
  const refresh = typeof next === 'string' && next !== '' ? { refreshToken: next } : {}
  return { id: value, renewAt: renewalOf(askedAt, lifetime), ...refresh }
}

function refusalOf(status: number, body: TokenBody | null): PartnerFailure | undefined {
  if (status === 429) return failure('throttled', 'partner.token-throttled', 'token requests are limited')
  if (status >= 500) return failure('outage', 'partner.token-failing', `the token service answered ${status}`)
  if (status < 400) return undefined
  // RFC 6749, 5.2: what was granted is over, by time, by a person, or because it was used before.
  if (body?.error === 'invalid_grant') {
    const text =
      'the token service no longer takes what it granted: sign in again and enter the new refresh token or key'
    return failure('unauthorised', 'partner.grant-ended', text)
  }
  return failure('unauthorised', 'partner.token-refused', `the token service answered ${status}: check the credentials`)
}

function failure(category: PartnerFailure['category'], code: string, message: string): PartnerFailure {
  return new PartnerFailure('none', category, code, message)
}

function readBody(answer: HttpAnswer): TokenBody | null {
  try {
    return JSON.parse(answer.bytes.toString('utf8'))
  } catch {
    return null
  }
}
