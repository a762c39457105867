import type { Clock } from '../../store/ports.ts'
import type { Evaluate } from '../template.ts'
import type { HttpAnswer, HttpRequest } from '../transport.ts'
import type { TokenVault } from './token-vault.ts'

/** One way to prove who we are to a partner. */
export interface Authenticator {
  /** Puts the proof on the request; resolves with what `renew` needs to know which one was used. */
  apply(request: HttpRequest): Promise<string | undefined>
  /**
   * Does the answer say that this proof is not, or no longer, taken, and is there hope for another one? Then the next `apply`
   * makes it, and the request may be sent once more: the partner did nothing.
   */
  renew(used: string | undefined, answer: HttpAnswer): Promise<boolean>
  /** What was given to us and must show nowhere: tokens, sessions. */
  secrets?(): Iterable<string>
}

/** What the kinds stand on. */
export interface AuthContext {
  /** Of the partner; with the account's secrets it names what is kept for it. */
  partner: string
  /** Credentials and parameters by name. */
  values: Readonly<Record<string, string>>
  tokenUrl?: URL
  clock: Clock
  /** Total time for a token, in milliseconds. */
  timeoutMs: number
  send: (request: HttpRequest, deadline: AbortSignal) => Promise<HttpAnswer>
  evaluate: Evaluate
  vault: TokenVault
  /** Calls an operation without any proof, and gives the fields of its answer; refused, it throws. */
  operate: (operation: string, input: Record<string, string>, deadline: AbortSignal) => Promise<Record<string, unknown>>
}
