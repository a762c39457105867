import { PartnerFailure } from '../failure.ts'
import type { Csrf } from './types.ts'
import type { HttpAnswer, HttpRequest } from '../transport.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A session with a partner that wants a token and its cookies on every write, as OData gateways do. */
export class CsrfSession {
  readonly #csrf: Csrf
  readonly #fetch: (headers: Record<string, string>) => Promise<HttpAnswer>
  readonly #cookies = new Map<string, string>()
  #token: string | undefined
  #fetching: Promise<string> | undefined

  /** `fetch` makes the GET to `fetchPath`, with authentication. */
  constructor(csrf: Csrf, fetch: (headers: Record<string, string>) => Promise<HttpAnswer>) {
    this.#csrf = csrf
    this.#fetch = fetch
  }

  async apply(request: HttpRequest): Promise<void> {
    if (!SAFE.has(request.method)) {
      if (this.#token === undefined) this.#fetching ??= this.#start()
      request.headers[this.#csrf.header.toLowerCase()] = this.#token ?? (await this.#fetching!)
    }
    if (this.#cookies.size > 0)
      request.headers.cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Keep the cookies of an answer: name and value only, since there is one host and one session. */
  keep(answer: HttpAnswer): void {
    for (const cookie of answer.setCookies) {
      const [, name, value] = /^\s*([^=;\s]+)=([^;]*)/.exec(cookie) ?? []
      if (name === undefined) continue
      if (/;\s*max-age=0*(;|$)/i.test(cookie)) this.#cookies.delete(name)
      else this.#cookies.set(name, value!.trim())
    }
  }

  /** Does this answer say that token or session is stale? Then the next `apply` fetches a new one. */
  isStale(answer: HttpAnswer): boolean {
    return answer.status === 403 && /^required$/i.test(answer.headers[this.#csrf.header.toLowerCase()] ?? '')
  }

  tokenOf(request: HttpRequest): string | undefined {
    return request.headers[this.#csrf.header.toLowerCase()]
  }

  /** Unless somebody else already has a newer one. */
  forget(token: string | undefined): void {
    if (this.#token !== token) return
    this.#token = undefined
    this.#cookies.clear()
  }

  #start(): Promise<string> {
    return this.#fetchToken().finally(() => {
      this.#fetching = undefined
    })
  }

  async #fetchToken(): Promise<string> {
    const header = this.#csrf.header.toLowerCase()
    const answer = await this.#fetch({ [header]: 'Fetch' })
    const token = answer.headers[header]
    if (answer.status === 401 || answer.status === 403) {
      throw new PartnerFailure(
        'none',
        'unauthorised',
        'partner.unauthorised',
        `the session request was answered ${answer.status}`,
      )
    }
    if (answer.status >= 500)
      throw new PartnerFailure('none', 'outage', 'partner.failing', `the session request was answered ${answer.status}`)
    if (!token || /^(required|fetch)$/i.test(token)) {
      throw new PartnerFailure('none', 'transient', 'partner.csrf', `the partner gave no ${header}`)
    }
    this.#token = token
    return token
  }
}
