import { setTimeout as wait } from 'node:timers/promises'
import { isVersionLost } from '../../store/failures.ts'
import { hadNoEffect, PartnerFailure } from '../failure.ts'
import { fillNames } from '../template.ts'
import type { AuthContext } from './authenticator.ts'
import type { Token } from './token-service.ts'
import { chainOf, type KeptTokens } from './token-vault.ts'

/** How often to look whether another process has finished. */
const LOOK_EVERY_MS = 100
/** Beyond the request's own time, until its claim lapses: storing the answer. */
const CLAIM_MARGIN_MS = 10_000

/**
 * Access tokens by a refresh token that changes with each use (RFC 6749, 6; RFC 9700, 2.2.2). The newest is kept for all
 * processes; whoever exchanges it claims it first by compare-and-set, since a second use of one token ends the whole chain.
 */
export class RefreshedToken {
  readonly #context: AuthContext
  readonly #first: string
  readonly #exchange: (refreshToken: string) => Promise<Token>
  #newest: KeptTokens | undefined
  /** What we were given and could not store yet; the claim in the store is still ours. */
  #unstored: { tokens: KeptTokens; version: number } | undefined

  constructor(context: AuthContext, first: string, exchange: (refreshToken: string) => Promise<Token>) {
    this.#context = context
    this.#first = first
    this.#exchange = exchange
  }

  secrets(): string[] {
    return [this.#newest?.refreshToken, this.#newest?.accessToken].filter((text) => text !== undefined)
  }

  /** The access token that all share; another one when that one is over, or is the one that was refused. */
  async current(refused: string | undefined): Promise<Token> {
    const { clock, timeoutMs, vault, partner, values } = this.#context
    const first = fillNames(this.#first, values)
    const id = chainOf(partner, first)
    for (let waited = 0; waited <= timeoutMs; waited += LOOK_EVERY_MS) {
      await this.#storeLate(id)
      const { tokens = { refreshToken: first }, version } = await vault.get(id)
      this.#newest = tokens
      const { accessToken, renewAt = 0, takenUntil = 0 } = tokens
      if (accessToken !== undefined && accessToken !== refused && clock.now() < renewAt)
        return { id: accessToken, renewAt }
      if (takenUntil > clock.now()) {
        await wait(LOOK_EVERY_MS)
        continue
      }
      const claim = { ...tokens, takenUntil: clock.now() + timeoutMs + CLAIM_MARGIN_MS }
      const claimed = await vault.put(id, claim, version).catch(lost)
      if (claimed !== undefined) return this.#renew(id, tokens.refreshToken, claimed)
    }
    throw new PartnerFailure('none', 'transient', 'partner.token-busy', 'another process is still renewing the token')
  }

  async #renew(id: string, refreshToken: string, version: number): Promise<Token> {
    let token: Token
    try {
      token = await this.#exchange(refreshToken)
    } catch (error) {
      // The claim is given back at once; if that fails, too, it lapses.
      await this.#context.vault.put(id, { refreshToken }, version).catch(() => undefined)
      throw error
    }
    const { id: accessToken, renewAt, refreshToken: next = refreshToken } = token
    this.#newest = { refreshToken: next, accessToken, renewAt }
    this.#unstored = { tokens: this.#newest, version }
    await this.#storeLate(id)
    return token
  }

  /** A token that was given and not stored would be lost with this process: nobody gets the access token before. */
  async #storeLate(id: string): Promise<void> {
    if (!this.#unstored) return
    const { tokens, version } = this.#unstored
    try {
      await this.#context.vault.put(id, tokens, version)
    } catch (error) {
      if (!isVersionLost(error)) throw hadNoEffect(error) ? error : untold(error)
      // The claim lapsed and another process went on from the old token: the chain is its own now.
    }
    this.#unstored = undefined
  }
}

function lost(error: unknown): undefined {
  if (!isVersionLost(error)) throw untold(error)
}

function untold(cause: unknown): PartnerFailure {
  return new PartnerFailure('none', 'transient', 'partner.token-unstored', 'the store did not take the token', {
    cause,
  })
}
