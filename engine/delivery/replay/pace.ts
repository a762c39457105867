import type { Clock } from '../../store/ports.ts'

const BATCHES_PER_SECOND = 4

/**
 * So many a second, and never more to make up for a pause. Counts by the clock, so a batch that takes long is followed by a
 * larger one, up to what one second holds.
 */
export class Pace {
  readonly #clock: Clock
  readonly #perSecond: number
  #ready = 1
  #at: number

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#at = clock.now()
  }

  /** How many may go now, at most `limit`; they are taken. */
  take(limit: number): number {
    const now = this.#clock.now()
    const gained = (Math.max(0, now - this.#at) / 1000) * this.#perSecond
    this.#ready = Math.min(Math.max(1, this.#perSecond), this.#ready + gained)
    this.#at = now
    const taken = Math.min(limit, Math.floor(this.#ready))
    this.#ready -= taken
    return taken
  }

  /** Milliseconds until it is worth while to take again: a few at once cost hardly more than one. */
  get waitMs(): number {
    const worthWhile = Math.max(1, this.#perSecond / BATCHES_PER_SECOND)
    return Math.max(0, Math.ceil(((worthWhile - this.#ready) / this.#perSecond) * 1000))
  }
}
