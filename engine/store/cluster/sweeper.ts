/** Sweeps again and again, until it is stopped. Several processes sweep at their own times; each does what it finds. */
export class Sweeper {
  readonly #sweep: () => Promise<void>
  readonly #everyMs: number
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> | undefined
  #stopped = false

  /** `everyMs`: the pause between two, milliseconds. */
  constructor(sweep: () => Promise<void>, everyMs: number) {
    this.#sweep = sweep
    this.#everyMs = everyMs
  }

  start(): void {
    if (this.#stopped) return
    // Not all at the same time, however they were started.
    this.#timer = setTimeout(() => this.#run(), this.#everyMs * (0.75 + Math.random() / 2))
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#sweeping
  }

  #run(): void {
    this.#sweeping = this.#sweep()
      // What it could not do now it finds again; who works with the store hears of what is wrong with it.
      .catch(() => undefined)
      .then(() => this.start())
  }
}
