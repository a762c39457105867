import { randomUUID } from 'node:crypto'
import type { OneAuth } from '../../auth/types.ts'
import { said, type SaidAnswer } from './answers.ts'
import type { HeardRequest } from './heard.ts'
import { provesItself, type Values } from './proofs.ts'
import { TokenCounter } from './token-counter.ts'

/** What the door needs to know of what is behind it. */
export interface House {
  /** Where tokens are asked for. */
  tokenUrl: () => string
  /** How the partner says that it does not know a session; undefined where no sample shows it. */
  over: () => Promise<SaidAnswer | undefined>
  /** What the answer to a log-in gives, one of which every request must hold. */
  given: (answer: SaidAnswer) => Promise<string[]>
}

/** Lets in who proves to be the account, as the template says that it is proven. */
export class Door {
  readonly #auth: OneAuth
  readonly #values: Values
  readonly #tokens: TokenCounter | undefined
  readonly #house: House
  /** Of a log-in: what its answer gave, one of which every request must hold. */
  #given: readonly string[] = []
  #csrf: string | undefined

  /** `values`: the credentials and parameters that are right. */
  constructor(auth: OneAuth, values: Values, house: House) {
    this.#auth = auth
    this.#values = values
    this.#house = house
    if ('tokenUrl' in auth) this.#tokens = new TokenCounter(auth, values, house.tokenUrl)
  }

  /** The answer to what is asked before any operation: a token, a session; undefined for everything else. */
  async aside(request: HeardRequest): Promise<SaidAnswer | undefined> {
    const token = await this.#tokens?.serve(request)
    if (token) return token
    const { csrf } = this.#auth
    if (!csrf || !/^fetch$/i.test(request.headers[csrf.header.toLowerCase()] ?? '')) return undefined
    if (!(await this.#knows(request))) return closed()
    this.#csrf = randomUUID()
    const answer = said(200, 'application/json', '{}')
    const headers = { ...answer.headers, [csrf.header]: this.#csrf, 'set-cookie': `session=${this.#csrf}` }
    return { ...answer, headers }
  }

  /** The answer to who may not come in; undefined for who may. */
  async turnAway(request: HeardRequest, operation: string): Promise<SaidAnswer | undefined> {
    if (this.#isLogin(operation)) return this.#holdsSecrets(request) ? undefined : closed()
    if (!(await this.#knows(request)))
      return this.#auth.type === 'session' ? ((await this.#house.over()) ?? closed()) : closed()
    const { csrf } = this.#auth
    if (!csrf || request.method === 'GET' || request.method === 'HEAD') return undefined
    const inSession = this.#csrf !== undefined && request.headers[csrf.header.toLowerCase()] === this.#csrf
    return inSession ? undefined : { ...closed(403), headers: { [csrf.header]: 'Required' } }
  }

  /** The answer that goes out: that of a log-in gives a session. */
  async answered(operation: string, answer: SaidAnswer): Promise<void> {
    if (this.#isLogin(operation)) this.#given = await this.#house.given(answer)
  }

  /** From now on no token and no session is known. */
  forget(): void {
    this.#tokens?.forget()
    this.#given = []
    this.#csrf = undefined
  }

  async #knows(request: HeardRequest): Promise<boolean> {
    if (this.#tokens) return this.#tokens.isKnown(request)
    if (this.#auth.type !== 'session') return provesItself(this.#auth, this.#values, request)
    const text = textOf(request)
    return this.#given.some((value) => text.includes(value))
  }

  #isLogin(operation: string): boolean {
    return this.#auth.type === 'session' && this.#auth.login === operation
  }

  /** A log-in says who we are, whatever its mapping makes of that. */
  #holdsSecrets(request: HeardRequest): boolean {
    if (this.#auth.type !== 'session') return false
    const names = Object.values(this.#auth.input).flatMap((text) => /^\{(\w+)\}$/.exec(text)?.[1] ?? [])
    const text = textOf(request)
    return names.every((name) => text.includes(this.#values[name] ?? ''))
  }
}

function textOf({ path, headers, body }: HeardRequest): string {
  return [decodeURIComponent(path), ...Object.values(headers), body.toString('utf8')].join('\n')
}

function closed(status = 401): SaidAnswer {
  return said(status, 'application/json', '{"message":"not let in"}')
}
