export interface RoundsOptions {
  everyMs: number
  work: () => Promise<void>
  /** False: this round is left out, as by a process that does not lead. */
  mayWork: () => boolean
  failed: (error: unknown) => void
  random: () => number
}

/** The longest pause after failures, milliseconds: a server that is back should be found soon. */
const LONGEST_MS = 15 * 60_000

/** Does the same again and again, never twice at once; after failures with growing pauses, so that nobody hammers at a server that is away. */
export class Rounds {
  readonly #options: RoundsOptions
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()
  #failures = 0
  #active = false

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  get active(): boolean {
    return this.#active
  }

  start(): void {
    this.#active = true
    this.#round()
  }

  /** The round under way comes to its end. */
  async stop(): Promise<void> {
    this.#active = false
    clearTimeout(this.#timer)
    await this.#working
  }

  #round(): void {
    const { mayWork, work, failed } = this.#options
    const round = mayWork() ? work() : Promise.resolve()
    this.#working = round
      .then(
        () => {
          this.#failures = 0
        },
        (error) => {
          this.#failures += 1
          failed(error)
        },
      )
      .then(() => {
        if (!this.#active) return
        this.#timer = setTimeout(() => this.#round(), this.#pause())
        this.#timer.unref()
      })
  }

  #pause(): number {
    const { everyMs, random } = this.#options
    if (this.#failures === 0) return everyMs
    const grown = Math.max(everyMs, Math.min(everyMs * 2 ** Math.min(this.#failures, 20), LONGEST_MS))
    return grown * (0.5 + random() / 2)
  }
}
