import { randomUUID } from 'node:crypto'
import type { Assertion, OAuth2 } from '../../auth/types.ts'
import { basicClient } from '../../auth/token-service.ts'
import { fillNames } from '../../template.ts'
import { said, type SaidAnswer } from './answers.ts'
import type { HeardRequest } from './heard.ts'
import { isSame, isSigned, type Values } from './proofs.ts'

const LIFETIME_SECONDS = 3_600

/** The simulated partner's token service (RFC 6749, RFC 7523). */
export class TokenCounter {
  readonly #auth: OAuth2 | Assertion
  readonly #values: Values
  readonly #url: () => string
  readonly #tokens = new Set<string>()

  constructor(auth: OAuth2 | Assertion, values: Values, url: () => string) {
    this.#auth = auth
    this.#values = values
    this.#url = url
  }

  /** The answer to a request for a token; undefined for every other request. */
  async serve(request: HeardRequest): Promise<SaidAnswer | undefined> {
    if (request.path.split('?')[0] !== new URL(this.#url()).pathname) return undefined
    if (!(await this.#mayHaveOne(request))) return said(401, 'application/json', '{"error":"invalid_client"}')
    const token = `fict-token-${randomUUID()}`
    this.#tokens.add(token)
    const answer = { access_token: token, token_type: 'Bearer', expires_in: LIFETIME_SECONDS }
    return said(200, 'application/json', JSON.stringify(answer))
  }

  isKnown({ headers }: HeardRequest): boolean {
    return this.#tokens.has(/^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '')
  }

  forget(): void {
    this.#tokens.clear()
  }

  async #mayHaveOne({ headers, body }: HeardRequest): Promise<boolean> {
    const auth = this.#auth
    const fields = fieldsOf(auth, body.toString('utf8'))
    if (auth.type === 'jwt-bearer') {
      const names = { ...this.#values, tokenUrl: this.#url() }
      return isSigned(auth, names, fields.assertion ?? fields.client_assertion)
    }
    const [id, secret] = [fillNames(auth.clientId, this.#values), fillNames(auth.clientSecret, this.#values)]
    const refresh = auth.refreshToken === undefined ? undefined : fillNames(auth.refreshToken, this.#values)
    if (refresh !== undefined && !isSame(fields.refresh_token, refresh)) return false
    return auth.clientAuth === 'basic'
      ? isSame(headers.authorization, basicClient(id, secret))
      : isSame(fields.client_id, id) && isSame(fields.client_secret, secret)
  }
}

function fieldsOf({ style }: OAuth2 | Assertion, body: string): Record<string, string> {
  if (style !== 'json') return Object.fromEntries(new URLSearchParams(body))
  try {
    return JSON.parse(body) as Record<string, string>
  } catch {
    return {}
  }
}
