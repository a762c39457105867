import type { Lease } from './lease.ts'

/**
 * Which of several processes does what only one may do: the one that holds the lease. It is asked for at the start, before
 * anything runs, and then again and again; one that dies is followed after the lease's time, one that ends at once.
 */
export class Leadership {
  readonly #lease: Lease
  readonly #everyMs: number
  readonly #complain: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #asking: Promise<unknown> = Promise.resolve()

  constructor(lease: Lease, everyMs: number, complain: (error: unknown) => void) {
    this.#lease = lease
    this.#everyMs = everyMs
    this.#complain = complain
  }

  get leads(): boolean {
    return this.#lease.held
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#ask(), this.#everyMs)
    this.#timer.unref()
    await this.#ask()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#asking
    await this.#lease.release().catch(this.#complain)
  }

  #ask(): Promise<unknown> {
    this.#asking = this.#asking.then(() => this.#lease.take()).catch(this.#complain)
    return this.#asking
  }
}
