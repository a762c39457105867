import { identifier, milliseconds, tokenInterval } from '../arguments.ts'
import type { BreakerState, Clock, Limiter } from '../ports.ts'

/** Buckets at rest are forgotten when there are this many. */
const SWEEP_AT = 10_000

interface Bucket {
  /** Theoretical arrival time of the generic cell rate algorithm: the bucket is full again when it has passed. */
  arrival: number
  heldUntil: number
}

interface Breaker extends BreakerState {
  openMs: number
}

/** Limits of one process, in memory. */
export class EmbeddedLimiter implements Limiter {
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()
  readonly #breakers = new Map<string, Breaker>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async take(key: string, rate: { tokens: number; perMs: number }): Promise<number> {
    identifier(key, 'key')
    const interval = tokenInterval(rate)
    const now = this.#clock.now()
    const bucket = this.#bucket(key)
    // A clock set back must not make anybody wait longer than an empty bucket would.
    const arrival = Math.min(Math.max(bucket.arrival, now), now + rate.perMs)
    const wait = Math.ceil(Math.max(arrival + interval - rate.perMs, bucket.heldUntil) - now)
    if (wait > 0) return wait
    bucket.arrival = arrival + interval
    return 0
  }

  async holdUntil(key: string, until: number): Promise<void> {
    identifier(key, 'key')
    const bucket = this.#bucket(key)
    bucket.heldUntil = Math.max(bucket.heldUntil, milliseconds(until, 'until'))
  }

  async admit(destination: string): Promise<{ go: boolean; state: BreakerState }> {
    identifier(destination, 'destination')
    const breaker = this.#breakers.get(destination)
    if (!breaker || breaker.state === 'closed') return { go: true, state: shown(breaker) }
    const now = this.#clock.now()
    if (now < breaker.openUntil) return { go: false, state: shown(breaker) }
    breaker.state = 'half-open'
    // A trial whose caller died never reports; after the same span the next one may try.
    breaker.openUntil = now + breaker.openMs
    return { go: true, state: shown(breaker) }
  }

  async state(destination: string): Promise<BreakerState> {
    identifier(destination, 'destination')
    return shown(this.#breakers.get(destination))
  }

  async report(destination: string, ok: boolean, policy: { openAfter: number; openMs: number }): Promise<BreakerState> {
    identifier(destination, 'destination')
    const breaker = this.#breakers.get(destination) ?? { ...CLOSED, openMs: 0 }
    breaker.openMs = policy.openMs
    if (ok && breaker.state !== 'open') {
      // A late success of a call from before the opening proves nothing: only the trial closes.
      this.#breakers.delete(destination)
      return { ...CLOSED }
    }
    if (!ok) {
      breaker.failures++
      const opens =
        breaker.state === 'half-open' || (breaker.state === 'closed' && breaker.failures >= policy.openAfter)
      if (opens) {
        breaker.state = 'open'
        breaker.openUntil = this.#clock.now() + policy.openMs
      }
      this.#breakers.set(destination, breaker)
    }
    return shown(breaker)
  }

  #bucket(key: string): Bucket {
    let bucket = this.#buckets.get(key)
    if (!bucket) {
      if (this.#buckets.size >= SWEEP_AT) this.#sweep()
      bucket = { arrival: 0, heldUntil: 0 }
      this.#buckets.set(key, bucket)
    }
    return bucket
  }

  #sweep(): void {
    const now = this.#clock.now()
    for (const [key, { arrival, heldUntil }] of this.#buckets) {
      if (arrival <= now && heldUntil <= now) this.#buckets.delete(key)
    }
  }
}

const CLOSED: Readonly<BreakerState> = { state: 'closed', failures: 0, openUntil: 0 }

function shown(breaker: Breaker | undefined): BreakerState {
  const { state, failures, openUntil } = breaker ?? CLOSED
  return { state, failures, openUntil }
}
