import type { Delivery } from '../store/ports.ts'

/** A process may die for any reason; twice under the same delivery is one too often. */
const SUSPECT_AFTER = 2

/**
 * Whether the process died again and again while this delivery was under way: it, or one that ran beside it, may be what
 * killed it.
 */
export function isSuspect({ attempt, lastFailure }: Delivery): boolean {
  return attempt - 1 - (lastFailure?.attempt ?? 0) >= SUSPECT_AFTER
}

/**
 * Suspects run one at a time in a process, so that the one that kills it is alone when it does so, and those that only ran
 * beside it come through instead of being given up together with it.
 */
export class Quarantine {
  #taken = false
  readonly #waiting = new Set<() => void>()

  /** The function that ends the stay; undefined when somebody is in: then `free` is called once there is room. */
  enter(free: () => void): (() => void) | undefined {
    if (this.#taken) {
      this.#waiting.add(free)
      return undefined
    }
    this.#taken = true
    return () => {
      this.#taken = false
      const waiting = [...this.#waiting]
      this.#waiting.clear()
      for (const one of waiting) one()
    }
  }
}
