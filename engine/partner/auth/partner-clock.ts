import type { Clock } from '../../store/ports.ts'
import type { HttpAnswer } from '../transport.ts'

/** Partners allow a minute or five; a smaller difference is not why they refuse. */
const WORTH_MS = 5_000
/** Beyond this somebody has set a clock wrong, and that is not for us to follow. */
const MOST_MS = 24 * 60 * 60 * 1000

/** The time as the partner has it: what is signed with our own may be too old, or of the future, over there. */
export class PartnerClock implements Clock {
  readonly #clock: Clock
  #ahead = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now() + this.#ahead
  }

  /** From a refusal's `Date` (RFC 9110, 6.6.1): was our time off by what may explain it? Then it is set. */
  learn({ status, headers }: HttpAnswer): boolean {
    if (status !== 401 && status !== 403) return false
    const theirs = Date.parse(headers.date ?? '')
    const ahead = theirs - this.#clock.now()
    if (!(Math.abs(theirs - this.now()) >= WORTH_MS) || Math.abs(ahead) > MOST_MS) return false
    this.#ahead = ahead
    return true
  }
}
