import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { identifier, milliseconds, tokenInterval } from '../arguments.ts'
import { EmbeddedLimiter } from '../embedded/limiter.ts'
import type { BreakerState, Clock, Limiter } from '../ports.ts'

/** What nobody asks about is forgotten after this long, milliseconds: much longer than any bucket or breaker works. */
const KEEP_MS = 24 * 3_600_000
/** After a failure of Redis the process limits by itself for this long before it asks again, milliseconds. */
const ALONE_MS = 1_000

type Breaker = [state: BreakerState['state'], failures: number, openUntil: number]

interface Scripts {
  cartageTakeToken(key: string, now: number, interval: number, full: number, keep: number): Promise<number>
  cartageHoldBucket(key: string, until: number, now: number, keep: number): Promise<null>
  cartageAdmitCall(key: string, now: number, keep: number): Promise<[go: 0 | 1, ...Breaker]>
  cartageReportCall(
    key: string,
    now: number,
    ok: 0 | 1,
    openAfter: number,
    openMs: number,
    keep: number,
  ): Promise<Breaker>
}

const SCRIPTS: Record<keyof Scripts, string> = {
  cartageTakeToken: 'take-token',
  cartageHoldBucket: 'hold-bucket',
  cartageAdmitCall: 'admit-call',
  cartageReportCall: 'report-call',
}

/**
 * Limits of all processes together, each question one atomic script in Redis. While Redis is away the hub does not stand still:
 * each process limits by itself, so that a partner may see up to the rate times the number of processes, and a breaker that is
 * open may be tried once by each.
 */
export class ClusterLimiter implements Limiter {
  readonly #redis: Redis & Scripts
  readonly #prefix: string
  readonly #clock: Clock
  readonly #alone: EmbeddedLimiter
  #aloneUntil = 0

  constructor(redis: Redis, prefix: string, clock: Clock) {
    for (const [name, file] of Object.entries(SCRIPTS)) {
      const lua = readFileSync(join(import.meta.dirname, 'scripts', `${file}.lua`), 'utf8')
      redis.defineCommand(name, { numberOfKeys: 1, lua })
    }
    this.#redis = redis as Redis & Scripts
    this.#prefix = prefix
    this.#clock = clock
    this.#alone = new EmbeddedLimiter(clock)
  }

  async take(key: string, rate: { tokens: number; perMs: number }): Promise<number> {
    identifier(key, 'key')
    const { tokens, perMs } = rate
    const interval = tokenInterval(rate)
    return this.#ask(
      () => this.#redis.cartageTakeToken(this.#bucket(key), this.#clock.now(), interval, perMs, KEEP_MS),
      () => this.#alone.take(key, { tokens, perMs }),
    )
  }

  async holdUntil(key: string, until: number): Promise<void> {
    identifier(key, 'key')
    const time = milliseconds(until, 'until')
    // Kept here too, so that a Retry-After is honoured even when Redis goes away right now.
    await this.#alone.holdUntil(key, time)
    await this.#ask(
      () => this.#redis.cartageHoldBucket(this.#bucket(key), time, this.#clock.now(), KEEP_MS),
      async () => null,
    )
  }

  async admit(destination: string): Promise<{ go: boolean; state: BreakerState }> {
    identifier(destination, 'destination')
    return this.#ask(
      async () => {
        const [go, ...state] = await this.#redis.cartageAdmitCall(
          this.#breaker(destination),
          this.#clock.now(),
          KEEP_MS,
        )
        return { go: go === 1, state: stateOf(state) }
      },
      () => this.#alone.admit(destination),
    )
  }

  async state(destination: string): Promise<BreakerState> {
    identifier(destination, 'destination')
    return this.#ask(
      async () => {
        const [state, failures, until] = await this.#redis.hmget(
          this.#breaker(destination),
          'state',
          'failures',
          'until',
        )
        return stateOf([(state ?? 'closed') as BreakerState['state'], Number(failures ?? 0), Number(until ?? 0)])
      },
      () => this.#alone.state(destination),
    )
  }

  async report(destination: string, ok: boolean, policy: { openAfter: number; openMs: number }): Promise<BreakerState> {
    identifier(destination, 'destination')
    const { openAfter, openMs } = policy
    return this.#ask(
      async () => {
        const key = this.#breaker(destination)
        return stateOf(
          await this.#redis.cartageReportCall(key, this.#clock.now(), ok ? 1 : 0, openAfter, openMs, KEEP_MS),
        )
      },
      () => this.#alone.report(destination, ok, { openAfter, openMs }),
    )
  }

  async #ask<T>(together: () => Promise<T>, alone: () => Promise<T>): Promise<T> {
    if (performance.now() < this.#aloneUntil) return alone()
    try {
      return await together()
    } catch {
      this.#aloneUntil = performance.now() + ALONE_MS
      return alone()
    }
  }

  #bucket(key: string): string {
    return `${this.#prefix}:bucket:${key}`
  }

  #breaker(destination: string): string {
    return `${this.#prefix}:breaker:${destination}`
  }
}

function stateOf([state, failures, openUntil]: Breaker): BreakerState {
  return { state, failures, openUntil }
}
