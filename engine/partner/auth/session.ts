import type { Clock } from '../../store/ports.ts'
import type { AddressGuard } from '../address.ts'
import { PartnerFailure, restated } from '../failure.ts'
import type { Profile } from '../profile-types.ts'
import { joinUrl } from '../request.ts'
import type { PartnerSettings } from '../settings.ts'
import { type Evaluate, fillNames } from '../template.ts'
import { type HttpAnswer, type HttpRequest, Transport } from '../transport.ts'
import type { AuthContext, Authenticator } from './authenticator.ts'
import { certificateCheck, tlsMaterial } from './client-certificate.ts'
import { CsrfSession } from './csrf.ts'
import { sessionMarks } from './log-in.ts'
import { wayFor } from './names.ts'
import { authenticatorOf } from './open.ts'
import { type TokenVault, unstoredTokens } from './token-vault.ts'
import type { TokenService } from './types.ts'

export interface SessionOptions {
  profile: Profile
  settings: PartnerSettings
  clock: Clock
  guard: AddressGuard
  concurrency: number
  evaluate: Evaluate
  /** Where tokens outlive this process; without it they do not. */
  vault?: TokenVault | undefined
  operate: AuthContext['operate']
}

/** Being known at a partner: puts proof and session on requests and renews either once when the partner says so. */
export class Session {
  readonly baseUrl: URL
  /** What stands in requests for the values of a session until they are sent. */
  readonly marks: Readonly<Record<string, string>>
  readonly #transport: Transport
  readonly #authenticator: Authenticator
  readonly #checkCertificate: () => void
  readonly #csrf: CsrfSession | undefined

  constructor({ profile, settings, clock, guard, concurrency, evaluate, vault, operate }: SessionOptions) {
    const values = { ...settings.parameters, ...settings.credentials }
    const auth = wayFor(profile.auth, values)
    this.baseUrl = guard.checkUrl(fillNames(settings.baseUrl ?? profile.baseUrl ?? '', settings.parameters))
    this.marks = sessionMarks(auth.type === 'session' ? auth.gives : [])
    const declared = auth.mtls && tlsMaterial(auth.mtls, values)
    const tls = settings.tls || declared ? { ...settings.tls, ...declared } : undefined
    this.#checkCertificate = certificateCheck(tls, clock)
    this.#transport = new Transport({
      guard,
      connections: concurrency,
      maxResponseBytes: profile.limits.maxResponseBytes,
      ...(tls ? { tls } : {}),
    })
    const { timeoutMs } = profile.limits
    const tokenUrl = 'tokenUrl' in auth ? tokenAddress(auth, profile, settings, this.baseUrl) : undefined
    const context: AuthContext = {
      ...{ partner: profile.id, values, clock, timeoutMs, evaluate, operate, vault: vault ?? unstoredTokens() },
      send: (request, deadline) => this.sendUnproven(request, deadline),
      ...(tokenUrl ? { tokenUrl } : {}),
    }
    this.#authenticator = authenticatorOf(auth, context, this.marks)
    const { csrf } = auth
    if (csrf) this.#csrf = new CsrfSession(csrf, (headers) => this.#startSession(csrf.fetchPath, headers, timeoutMs))
  }

  /** One request, as often as login needs: at most once more for a new proof and once more for a new session. */
  async send(request: HttpRequest, deadline: AbortSignal, beforeRepeat: () => Promise<void>): Promise<HttpAnswer> {
    let renewed = false
    let restarted = false
    for (;;) {
      const signed: HttpRequest = { ...request, url: new URL(request.url), headers: { ...request.headers } }
      const used = await within(this.#authenticator.apply(signed), deadline)
      await within(this.#csrf?.apply(signed), deadline)
      const answer = await this.sendUnproven(signed, deadline)
      this.#csrf?.keep(answer)
      if (!renewed && (await this.#authenticator.renew(used, answer))) renewed = true
      else if (this.#csrf?.isStale(answer) && !restarted) {
        this.#csrf.forget(this.#csrf.tokenOf(signed))
        restarted = true
      } else return answer
      await beforeRepeat()
    }
  }

  /** Without any proof but a client certificate: what asks for tokens and logs in. */
  async sendUnproven(request: HttpRequest, deadline: AbortSignal): Promise<HttpAnswer> {
    this.#checkCertificate()
    return this.#transport.send(request, deadline)
  }

  /** What the partner gave us and must show nowhere. */
  secrets(): string[] {
    return [...(this.#authenticator.secrets?.() ?? [])]
  }

  async close(): Promise<void> {
    await this.#transport.close()
  }

  /** As `send`, a proof that is no longer taken is renewed once. */
  async #startSession(path: string, headers: Record<string, string>, timeoutMs: number): Promise<HttpAnswer> {
    const deadline = AbortSignal.timeout(timeoutMs)
    for (let renewed = false; ; renewed = true) {
      const request: HttpRequest = {
        method: 'GET',
        url: joinUrl(this.baseUrl, path),
        headers: { accept: 'application/json', ...headers },
      }
      const used = await this.#authenticator.apply(request)
      const answer = await this.sendUnproven(request, deadline).catch((error) => {
        // The write that needed the session was not sent.
        throw restated(error, 'none', (message) => ({ message: `session: ${message}` }))
      })
      this.#csrf?.keep(answer)
      if (renewed || !(await this.#authenticator.renew(used, answer))) return answer
    }
  }
}

/**
 * The token address: absolute, or below the base address. When the base address is overridden (a simulator, a gateway) the token
 * address moves below it with its path, since an overridden address stands for the whole partner; `settings.tokenUrl` says otherwise,
 * and so does a token address that the account itself gives as a parameter.
 */
function tokenAddress(auth: TokenService, profile: Profile, settings: PartnerSettings, baseUrl: URL): URL {
  if (settings.tokenUrl) return tokenUrlOf(settings.tokenUrl)
  const text = fillNames(auth.tokenUrl, settings.parameters)
  const ofAccount = /^\{\w+\}$/.test(auth.tokenUrl)
  const overridden = settings.baseUrl !== undefined && settings.baseUrl !== profile.baseUrl
  if (!text.startsWith('/') && (ofAccount || !overridden)) return tokenUrlOf(text)
  const { pathname, search } = new URL(text, baseUrl)
  return joinUrl(baseUrl, pathname + search)
}

/** An account's own words may be no address; they are told without being repeated, as they may hold anything. */
function tokenUrlOf(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new PartnerFailure('none', 'invalid', 'partner.token', 'the token address is no address', { field: 'tokenUrl' })
}

/** The result, unless the deadline comes first: then nothing was sent, and a token still on its way serves the next call. */
async function within<T>(work: Promise<T> | undefined, deadline: AbortSignal): Promise<T | undefined> {
  const late = () => new PartnerFailure('none', 'transient', 'partner.timeout', 'no time was left to ask')
  if (deadline.aborted) throw late()
  let giveUp = () => {}
  const ended = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(late())
    deadline.addEventListener('abort', giveUp)
  })
  try {
    return await Promise.race([work, ended])
  } finally {
    deadline.removeEventListener('abort', giveUp)
  }
}
