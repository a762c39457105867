import type { Motor } from '../store/ports.ts'

export interface FollowerDeps {
  motor: Motor
  /** Calling this topic makes the others look at once. */
  topic: string
  /** Takes up what stands in the store now. */
  look: () => Promise<void>
  complain: (error: unknown) => void
}

/** How often each process looks for what others have written, should a wake-up have been lost. */
const LOOK_MS = 2_000

/** Keeps this process up with what every process may write, one thing at a time: a look that began before a change must not undo it. */
export class Follower {
  readonly #deps: FollowerDeps
  #timer: NodeJS.Timeout | undefined
  #unlisten: (() => void) | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: FollowerDeps) {
    this.#deps = deps
  }

  start(): void {
    const { motor, topic, complain } = this.#deps
    const look = () => void this.look().catch(complain)
    this.#unlisten = motor.onWake(topic, look)
    this.#timer = setInterval(look, LOOK_MS)
    this.#timer.unref()
  }

  /** What is in hand goes to its end. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#unlisten?.()
    await this.#turn
  }

  /** Resolves when everything that was written up to now holds here. */
  look(): Promise<void> {
    return this.inTurn(this.#deps.look)
  }

  /** After whatever is in hand. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  /** What this process has written, the others look at. */
  tell(): void {
    this.#deps.motor.wake(this.#deps.topic)
  }
}
