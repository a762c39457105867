/** Runs `work` whenever something is due: `work` does what is due and says when to come back (epoch ms). */
export class Pump {
  readonly #work: () => number | undefined
  #timer: NodeJS.Timeout | undefined
  #at = Number.POSITIVE_INFINITY
  #stopped = false

  constructor(work: () => number | undefined) {
    this.#work = work
  }

  /** Makes sure that `work` runs at `at` (epoch ms) or before. */
  wake(at = 0): void {
    if (this.#stopped || at >= this.#at) return
    clearTimeout(this.#timer)
    this.#at = at
    this.#timer = setTimeout(() => this.#run(), Math.min(Math.max(0, at - Date.now()), 60_000))
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #run(): void {
    this.#at = Number.POSITIVE_INFINITY
    const next = this.#work()
    if (next !== undefined) this.wake(next)
  }
}
