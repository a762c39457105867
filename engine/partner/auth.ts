import type { Clock } from '../store/ports.ts'
import { PartnerFailure, restated } from './failure.ts'
import type { Auth, OAuth2 } from './profile-types.ts'
import { fillNames, headerValue } from './template.ts'
import type { HttpAnswer, HttpRequest } from './transport.ts'

/** A token without `expires_in` is taken to live this long. */
const DEFAULT_LIFETIME_MS = 5 * 60 * 1000
/** Renew this long before the end; of a short life, when nine tenths are over. */
const RENEW_BEFORE_MS = 60_000

export interface AuthOptions {
  auth: Auth
  /** Credentials and parameters by name. */
  values: Readonly<Record<string, string>>
  tokenUrl?: URL
  clock: Clock
  /** Total time for a token, in milliseconds. */
  timeoutMs: number
  send: (request: HttpRequest, deadline: AbortSignal) => Promise<HttpAnswer>
}

interface Token {
  value: string
  renewAt: number
}

/** Puts proof of who we are on requests. */
export class Authenticator {
  readonly #options: AuthOptions
  #token: Token | undefined
  #fetching: Promise<Token> | undefined

  constructor(options: AuthOptions) {
    this.#options = options
  }

  /** Add to the request; returns what `renew` needs to know which token was refused. */
  async apply(request: HttpRequest): Promise<string | undefined> {
    const { auth, values } = this.#options
    if (auth.type === 'basic') {
      const text = `${fillNames(auth.username, values)}:${fillNames(auth.password, values)}`
      request.headers.authorization = `Basic ${Buffer.from(text).toString('base64')}`
    } else if (auth.type === 'header') {
      request.headers[auth.name.toLowerCase()] = headerValue(auth.name, fillNames(auth.value, values))
    } else if (auth.type === 'query') {
      request.url.searchParams.set(auth.name, fillNames(auth.value, values))
    } else if (auth.type === 'oauth2') {
      const token = await this.#current(auth)
      request.headers.authorization = headerValue('Authorization', `Bearer ${token.value}`)
      return token.value
    }
    return undefined
  }

  /** After a 401: forget that token, once. False when there is nothing that could be renewed. */
  renew(refused: string | undefined): boolean {
    if (refused === undefined) return false
    // Somebody else may have renewed it meanwhile; then theirs is used and not thrown away.
    if (this.#token?.value === refused) this.#token = undefined
    return true
  }

  async #current(auth: OAuth2): Promise<Token> {
    if (this.#token && this.#options.clock.now() < this.#token.renewAt) return this.#token
    // Single flight: of a hundred calls that find no token, one asks for it.
    this.#fetching ??= this.#fetch(auth).finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetch(auth: OAuth2): Promise<Token> {
    const { tokenUrl, send, clock, timeoutMs } = this.#options
    if (!tokenUrl) throw new PartnerFailure('none', 'invalid', 'partner.token', 'there is no token address')
    const askedAt = clock.now()
    let answer: HttpAnswer
    try {
      // A deadline of its own: the caller who started it may give up, the others still wait for it.
      answer = await send(this.#tokenRequest(auth, tokenUrl), AbortSignal.timeout(timeoutMs))
    } catch (error) {
      // Whatever became of the token request, the call that needed it was never made.
      throw restated(error, 'none', (message) => ({ message: `token: ${message}` }))
    }
    this.#token = readToken(answer, askedAt)
    return this.#token
  }

  #tokenRequest(auth: OAuth2, url: URL): HttpRequest {
    const { values } = this.#options
    const id = fillNames(auth.clientId, values)
    const secret = fillNames(auth.clientSecret, values)
    const headers: Record<string, string> = { accept: 'application/json' }
    const fields: Record<string, string> = { grant_type: 'client_credentials' }
    // RFC 6749, 2.3.1: in the header both are form-encoded first.
    if (auth.clientAuth === 'basic')
      headers.authorization = `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`
    else Object.assign(fields, { client_id: id, client_secret: secret })
    if (auth.scope !== undefined) fields.scope = fillNames(auth.scope, values)
    for (const [name, value] of Object.entries(auth.fields ?? {})) fields[name] = fillNames(value, values)
    const json = auth.style === 'json'
    headers['content-type'] = json ? 'application/json' : 'application/x-www-form-urlencoded'
    return {
      method: 'POST',
      url,
      headers,
      body: json ? JSON.stringify(fields) : new URLSearchParams(fields).toString(),
    }
  }
}

function readToken(answer: HttpAnswer, askedAt: number): Token {
  const { status } = answer
  const fail = (category: 'unauthorised' | 'throttled' | 'outage' | 'transient', code: string, message: string) =>
    new PartnerFailure('none', category, code, message)
  if (status === 429) throw fail('throttled', 'partner.token-throttled', 'token requests are limited')
  if (status >= 500) throw fail('outage', 'partner.token-failing', `the token service answered ${status}`)
  if (status >= 400)
    throw fail('unauthorised', 'partner.token-refused', `the token service answered ${status}: check the credentials`)
  let body: { access_token?: unknown; token_type?: unknown; expires_in?: unknown } | null
  try {
    body = JSON.parse(answer.bytes.toString('utf8'))
  } catch {
    body = null
  }
  const value = body?.access_token
  const bearer = body?.token_type === undefined || /^bearer$/i.test(String(body.token_type))
  if (status !== 200 || typeof value !== 'string' || value === '' || !bearer) {
    throw fail('transient', 'partner.token-unreadable', 'the token service gave no bearer token')
  }
  const seconds = Number(body?.expires_in)
  const lifetime = seconds > 0 ? seconds * 1000 : DEFAULT_LIFETIME_MS
  return { value, renewAt: askedAt + lifetime - Math.min(RENEW_BEFORE_MS, lifetime * 0.1) }
}
