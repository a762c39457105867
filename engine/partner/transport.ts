import { Agent, request as httpRequest } from 'undici'
import { CartageError } from '../errors.ts'
import type { AddressGuard } from './address.ts'
import { tlsConnector } from './auth/tls-connector.ts'
import { PartnerFailure } from './failure.ts'

export interface HttpRequest {
  method: string
  url: URL
  headers: Record<string, string>
  body?: string | Buffer
}

export interface HttpAnswer {
  status: number
  /** Names in lower case; of a repeated header, the values joined by ", ". */
  headers: Record<string, string>
  setCookies: string[]
  bytes: Buffer
}

export interface TransportOptions {
  guard: AddressGuard
  /** Most connections per origin. */
  connections: number
  maxResponseBytes: number
  tls?: { ca?: string; cert?: string; key?: string }
}

/** A name that cannot be found or a door that is shut: nothing was sent. */
const NOT_REACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'ETIMEDOUT',
])
/** The partner's mistake, which it will mend: worth waiting for. Everything else about certificates is a wrong setting. */
const CERTIFICATE_DATES = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
/** What a partner says that wants another certificate of us, as OpenSSL names its alerts (RFC 8446, 6.2). */
const OUR_CERTIFICATE =
  /ALERT_((NO_|BAD_|UNSUPPORTED_)?CERTIFICATE(_(REQUIRED|EXPIRED|REVOKED|UNKNOWN))?|UNKNOWN_CA|ACCESS_DENIED)$/
const TLS_ERROR =
  /^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO$|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/

/** HTTP out: connects only to checked addresses, verifies certificates, never follows a redirect, reads a limited body. */
export class Transport {
  readonly #agent: Agent
  readonly #guard: AddressGuard
  readonly #maxBytes: number
  #closing: Promise<void> | undefined

  constructor(options: TransportOptions) {
    this.#guard = options.guard
    this.#maxBytes = options.maxResponseBytes
    this.#agent = new Agent({
      connections: options.connections,
      // One request at a time per connection: a connection that breaks must not take others' outcomes with it.
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: 64 * 1024,
      // The caller's deadline ends everything; undici's own limits only count the time between two chunks.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: tlsConnector({ allowH2: false, lookup: options.guard.lookup, timeout: 10_000, ...options.tls }),
    })
  }

  /** One exchange; `deadline` ends it wherever it is, also in the middle of a dripping body. Throws `PartnerFailure`s. */
  async send(request: HttpRequest, deadline: AbortSignal): Promise<HttpAnswer> {
    try {
      this.#guard.checkUrl(request.url.href)
    } catch (error) {
      throw networkFailure(error)
    }
    try {
      const answer = await httpRequest(request.url, {
        dispatcher: this.#agent,
        method: request.method as 'GET',
        headers: { 'accept-encoding': 'identity', ...request.headers },
        body: request.body ?? null,
        signal: deadline,
      })
      const bytes = await this.#read(answer.body, answer.headers['content-length'])
      return { status: answer.statusCode, ...plainHeaders(answer.headers), bytes }
    } catch (error) {
      throw networkFailure(error)
    }
  }

  /**
   * Takes no more requests; resolves when those under way have their answer. Cut off, a request may still be at work at the
   * partner, and whoever asks right away whether it was done hears "no" and sends it a second time.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#agent.close()
    await this.#closing
  }

  async #read(
    body: AsyncIterable<Buffer> & { destroy(): unknown; on(event: 'error', listener: () => void): unknown },
    declared: string | string[] | undefined,
  ): Promise<Buffer> {
    const chunks: Buffer[] = []
    let size = 0
    const tooLarge = () => {
      // Destroying what nobody reads yet emits an error that would otherwise end the process.
      body.on('error', () => {})
      body.destroy()
      return new PartnerFailure(
        'unknown',
        'transient',
        'partner.answer-too-large',
        `the answer is larger than ${this.#maxBytes} bytes`,
      )
    }
    if (Number(declared) > this.#maxBytes) throw tooLarge()
    for await (const chunk of body) {
      size += chunk.length
      if (size > this.#maxBytes) throw tooLarge()
      chunks.push(chunk)
    }
    return Buffer.concat(chunks, size)
  }
}

function plainHeaders(
  headers: Record<string, string | string[] | undefined>,
): Pick<HttpAnswer, 'headers' | 'setCookies'> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== 'set-cookie') plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return { headers: plain, setCookies: [headers['set-cookie'] ?? []].flat() }
}

/** What a broken exchange means. Error texts of the network carry addresses, never secrets, and stay in the cause. */
function networkFailure(error: unknown): PartnerFailure {
  if (error instanceof PartnerFailure) return error
  if (error instanceof CartageError)
    return new PartnerFailure('none', error.category, error.code, error.message, { cause: error })
  const { name, code, syscall } = error as { name?: string; code?: string; syscall?: string }
  if (name === 'TimeoutError' || name === 'AbortError') {
    return new PartnerFailure('unknown', 'transient', 'partner.timeout', 'no complete answer in time', { cause: error })
  }
  if (code !== undefined && CERTIFICATE_DATES.has(code)) {
    return new PartnerFailure('none', 'outage', 'partner.tls-dates', 'the certificate is expired or not yet valid', {
      cause: error,
    })
  }
  if (code !== undefined && OUR_CERTIFICATE.test(code)) {
    const text = `the partner does not take our client certificate (${code})`
    return new PartnerFailure('none', 'unauthorised', 'partner.client-certificate', text, { cause: error })
  }
  if (code !== undefined && TLS_ERROR.test(code)) {
    return new PartnerFailure('none', 'invalid', 'partner.tls', `the certificate is not accepted (${code})`, {
      cause: error,
    })
  }
  // The kernel gives up an open connection with the same codes as a shut door, but then the request may have arrived.
  const wasOpen = syscall === 'read' || syscall?.startsWith('write')
  if (code !== undefined && NOT_REACHED.has(code) && !wasOpen) {
    return new PartnerFailure('none', 'outage', 'partner.unreachable', `cannot connect (${code})`, { cause: error })
  }
  return new PartnerFailure(
    'unknown',
    'transient',
    'partner.connection',
    `the connection broke (${code ?? name ?? 'unknown'})`,
    { cause: error },
  )
}
