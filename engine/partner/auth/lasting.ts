import { CartageError } from '../../errors.ts'
import type { Clock } from '../../store/ports.ts'

/** Something that the partner gave us and that serves for a while: an access token, a session. */
export interface Lent {
  /** Tells this one from the next; never shown. */
  id: string
  renewAt: number
}

/** Renew this long before the end; of a short life, when nine tenths are over. */
const RENEW_BEFORE_MS = 60_000
/** Credentials that were refused are not tried again before: partners lock out who guesses. */
const REFUSED_FOR_MS = 30_000

/** When to renew what was asked for at `askedAt` and lives for `lifetimeMs`. */
export function renewalOf(askedAt: number, lifetimeMs: number): number {
  return askedAt + lifetimeMs - Math.min(RENEW_BEFORE_MS, lifetimeMs * 0.1)
}

/** Fetches what is lent when it is needed, once for all who need it, and keeps it until shortly before its end. */
export class Lasting<T extends Lent> {
  readonly #fetch: (refused: string | undefined) => Promise<T>
  readonly #clock: Clock
  #held: T | undefined
  #fetching: Promise<T> | undefined
  #dropped: string | undefined
  #no: { error: CartageError; until: number } | undefined

  /** `fetch` is told the id of the one that the partner took no longer, where that is why another is needed. */
  constructor(clock: Clock, fetch: (refused: string | undefined) => Promise<T>) {
    this.#clock = clock
    this.#fetch = fetch
  }

  get held(): T | undefined {
    return this.#held
  }

  async current(): Promise<T> {
    const now = this.#clock.now()
    if (this.#held && now < this.#held.renewAt) return this.#held
    if (this.#no && now < this.#no.until) throw this.#no.error
    // Single flight: of a hundred calls that find nothing, one asks for it.
    this.#fetching ??= this.#renewed().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  /** The partner no longer takes this one; somebody else may have renewed it meanwhile, then theirs stays. */
  drop(id: string): void {
    if (this.#held?.id !== id) return
    this.#held = undefined
    this.#dropped = id
  }

  async #renewed(): Promise<T> {
    try {
      this.#held = await this.#fetch(this.#dropped)
      this.#dropped = undefined
      this.#no = undefined
      return this.#held
    } catch (error) {
      if (error instanceof CartageError && error.category === 'unauthorised')
        this.#no = { error, until: this.#clock.now() + REFUSED_FOR_MS }
      throw error
    }
  }
}
