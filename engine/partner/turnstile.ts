import { setTimeout as wait } from 'node:timers/promises'
import { CartageError } from '../errors.ts'
import type { Clock, Limiter } from '../store/ports.ts'
import { partnerPaused } from './control.ts'
import { PartnerFailure, restated } from './failure.ts'
import type { Profile } from './profile-types.ts'

/** Waits shorter than this are waited out here; longer ones go back to the delivery, which holds no connection and no lease. */
const SHORT_WAIT_MS = 500

/** A failure of these kinds says nothing about the partner's health: it answered, or it was never asked. */
const HEALTHY_CODES = new Set(['partner.locked', 'partner.precondition', 'partner.setting-missing'])

export interface TurnstileOptions {
  limiter: Limiter
  clock: Clock
  profile: Profile
  destination: string
  /** Has an operator paused the partner? */
  paused?: () => boolean
}

/** Pace and breaker of one partner, shared by all workers through the `Limiter`. */
export class Turnstile {
  readonly #options: TurnstileOptions
  readonly #rate: { tokens: number; perMs: number }

  constructor(options: TurnstileOptions) {
    const { requestsPerSecond, burst } = options.profile.limits
    const tokens = burst ?? Math.max(1, Math.floor(requestsPerSecond))
    this.#options = options
    this.#rate = { tokens, perMs: Math.max(1, Math.round((tokens / requestsPerSecond) * 1000)) }
  }

  /** Do the work when the pace and the breaker allow it, and tell the breaker what came of it. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    const { limiter, destination, paused } = this.#options
    if (paused?.()) throw partnerPaused()
    await untouched(() => this.#take())
    const admitted = await untouched(() => limiter.admit(destination))
    if (!admitted.go) {
      throw new PartnerFailure(
        'none',
        'outage',
        'partner.breaker-open',
        'it failed too often, calls are held back for a while',
      )
    }
    let healthy = false
    try {
      const result = await work()
      healthy = true
      return result
    } catch (error) {
      healthy = saysNothingIll(error)
      throw error
    } finally {
      // An answer that was paid for is not thrown away because the breaker's store is busy.
      await limiter.report(destination, healthy, this.#options.profile.breaker).catch(() => undefined)
    }
  }

  /** One more request within a call that was let through. */
  async again(deadline: AbortSignal): Promise<void> {
    if (!deadline.aborted) await untouched(() => this.#take())
  }

  /** The partner asked us to wait: nobody goes before, and this call comes back then. */
  async throttled(waitMs: number | undefined, effect: 'none' | 'unknown', words?: string): Promise<never> {
    const { limiter, clock, destination } = this.#options
    if (waitMs !== undefined && waitMs > 0)
      await limiter.holdUntil(destination, clock.now() + waitMs).catch(() => undefined)
    const details = waitMs === undefined ? {} : { retryAfterMs: waitMs }
    const text = `the partner asks us to wait${words ? `: ${words}` : ''}`
    throw new PartnerFailure(effect, 'throttled', 'partner.throttled', text, details)
  }

  async #take(): Promise<void> {
    const { limiter, destination } = this.#options
    let patience = SHORT_WAIT_MS
    for (;;) {
      const waitMs = await limiter.take(destination, this.#rate)
      if (waitMs <= 0) return
      if (waitMs > patience) {
        throw new PartnerFailure('none', 'throttled', 'partner.pace', 'our own pace for this partner is used up', {
          retryAfterMs: waitMs,
        })
      }
      patience -= waitMs
      await wait(waitMs)
    }
  }
}

function saysNothingIll(error: unknown): boolean {
  if (!(error instanceof PartnerFailure)) return error instanceof CartageError
  return (
    error.category === 'throttled' ||
    error.category === 'unauthorised' ||
    error.category === 'refused' ||
    HEALTHY_CODES.has(error.code)
  )
}

/** A limiter that fails has failed before anything was sent. */
async function untouched<T>(work: () => Promise<T>): Promise<T> {
  return work().catch((error) => {
    throw restated(error, 'none')
  })
}
