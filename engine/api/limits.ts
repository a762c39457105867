import type { Limiter } from '../store/ports.ts'
import type { Principal } from './keys.ts'
import { HttpProblem } from './problem.ts'

export interface Rate {
  tokens: number
  perMs: number
}

export interface ApiRates {
  /** Requests of one API key. */
  perKey: Rate
  /** Requests with a wrong key, per address of the caller: guessing is slow. */
  failedPerAddress: Rate
  /** Tracking pages, per address of the caller. */
  trackingPerAddress: Rate
  /** What is asked for on a tracking page, per page. */
  wishesPerPage: Rate
}

const API_RATES: ApiRates = {
  perKey: { tokens: 500, perMs: 1_000 },
  failedPerAddress: { tokens: 60, perMs: 60_000 },
  trackingPerAddress: { tokens: 120, perMs: 60_000 },
  wishesPerPage: { tokens: 10, perMs: 3_600_000 },
}

/** The API's rate limits, shared by all workers through the Limiter port. Each throws 429 with Retry-After. */
export class ApiLimits {
  readonly #limiter: Limiter
  readonly #rates: ApiRates

  constructor(limiter: Limiter, rates: Partial<ApiRates> = {}) {
    this.#limiter = limiter
    this.#rates = { ...API_RATES, ...rates }
  }

  request(principal: Principal): Promise<void> {
    return this.#take(`api:${principal.name}`, this.#rates.perKey)
  }

  failedLogin(address: string): Promise<void> {
    return this.#take(`api-login:${address}`, this.#rates.failedPerAddress)
  }

  trackingPage(address: string): Promise<void> {
    return this.#take(`track:${address}`, this.#rates.trackingPerAddress)
  }

  trackingWish(token: string): Promise<void> {
    return this.#take(`wish:${token}`, this.#rates.wishesPerPage)
  }

  async #take(key: string, rate: Rate): Promise<void> {
    const wait = await this.#limiter.take(key, rate)
    if (wait > 0) {
      throw new HttpProblem(429, 'api.throttled', 'Too many requests; wait as Retry-After says.', {
        retryAfterMs: wait,
      })
    }
  }
}
