import type { Motor } from '../store/ports.ts'
import type { Lease } from './lease.ts'

export interface LookoutDeps {
  motor: Motor
  /** Calling this topic makes it look at once. */
  topic: string
  /** Given back when it stops: one process does the work at a time. */
  lease: Lease
  /** Does what there is to do. How long to rest then, milliseconds. */
  work: () => Promise<number>
  /** How long to rest after a failure, milliseconds. */
  restMs: number
  complain: (error: unknown) => void
}

/**
 * Looks for work when it is called and after each rest, never twice at once; called while it works, it looks once more
 * right after.
 */
export class Lookout {
  readonly #deps: LookoutDeps
  #timer: NodeJS.Timeout | undefined
  #unlisten: (() => void) | undefined
  #working: Promise<void> | undefined
  #active = false
  #again = false

  constructor(deps: LookoutDeps) {
    this.#deps = deps
  }

  get active(): boolean {
    return this.#active
  }

  start(): void {
    this.#active = true
    this.#unlisten = this.#deps.motor.onWake(this.#deps.topic, () => this.look())
    this.look()
  }

  /** What is in hand goes to its end; the rest waits for the next process. */
  async stop(): Promise<void> {
    this.#active = false
    this.#unlisten?.()
    clearTimeout(this.#timer)
    await this.#working
    await this.#deps.lease.release().catch((error) => this.#deps.complain(error))
  }

  look(): void {
    this.#again = true
    if (this.#working || !this.#active) return
    this.#again = false
    this.#working = this.#deps
      .work()
      .catch((error) => {
        this.#deps.complain(error)
        return this.#deps.restMs
      })
      .then((rest) => {
        this.#working = undefined
        if (!this.#active) return
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.look(), this.#again ? 0 : rest)
        this.#timer.unref()
      })
  }
}
