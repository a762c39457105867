import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'

const KIND = 'lease'

/** Who may do something that only one of many workers may do. Kept as a document of kind `lease`. */
export interface LeaseState {
  holder: string
  /** Epoch milliseconds; later than this anybody may take it. */
  until: number
  /** Grows with every change of holder: a fencing token. */
  term: number
}

export interface LeaseOptions {
  /** What the lease is for. */
  name: string
  /** Who asks: the same string never names two workers. */
  holder: string
  /** How long it is held without being taken again, milliseconds; longer than the clocks of the workers may differ. */
  ttlMs: number
}

/**
 * A job for one worker of many. `take` it again well before `ttlMs` has passed for as long as the job is wanted; a worker that
 * dies loses it by time, one that ends gives it back.
 */
export class Lease {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #options: LeaseOptions
  #until = 0
  #term = 0

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }, options: LeaseOptions) {
    this.#documents = documents
    this.#clock = clock
    this.#options = options
  }

  /** Whether this worker holds it now, as far as it can know without asking. */
  get held(): boolean {
    return this.#until > this.#clock.now()
  }

  /** The term in which it was last held. */
  get term(): number {
    return this.#term
  }

  /** Take it, or hold it longer. False when somebody else has it, or was faster. */
  async take(): Promise<boolean> {
    const { name, holder, ttlMs } = this.#options
    const now = this.#clock.now()
    const known = await this.#documents.get<LeaseState>(KIND, name)
    if (known && known.body.holder !== holder && known.body.until > now) return this.#lose()
    const term = (known?.body.term ?? 0) + (known?.body.holder === holder ? 0 : 1)
    if (!(await this.#put({ holder, until: now + ttlMs, term }, known?.version ?? 0))) return this.#lose()
    this.#until = now + ttlMs
    this.#term = term
    return true
  }

  /** Take it again if half of its time is over. False when somebody else has it by now. */
  async keep(): Promise<boolean> {
    const left = this.#until - this.#clock.now()
    return left > this.#options.ttlMs / 2 || this.take()
  }

  /** Give it back, so that another need not wait for its end. */
  async release(): Promise<void> {
    this.#lose()
    const known = await this.#documents.get<LeaseState>(KIND, this.#options.name)
    if (known?.body.holder === this.#options.holder) await this.#put({ ...known.body, until: 0 }, known.version)
  }

  #lose(): false {
    this.#until = 0
    return false
  }

  async #put(state: LeaseState, expect: number): Promise<boolean> {
    try {
      await this.#documents.put<LeaseState>(KIND, this.#options.name, state, { expect })
      return true
    } catch (error) {
      if (isVersionLost(error)) return false
      throw error
    }
  }
}
