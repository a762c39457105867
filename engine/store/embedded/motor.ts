import type { Motor } from '../ports.ts'

/** Wakes inside one process: those of one turn of the event loop are one. */
export class EmbeddedMotor implements Motor {
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #awake = new Set<string>()

  wake(topic: string): void {
    if (this.#awake.has(topic) || !this.#listeners.has(topic)) return
    this.#awake.add(topic)
    setImmediate(() => {
      this.#awake.delete(topic)
      for (const listener of [...(this.#listeners.get(topic) ?? [])]) call(listener)
    })
  }

  onWake(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners)
    // A wrapper of its own, so that the same function may listen twice and each end only itself.
    const entry = () => listener()
    listeners.add(entry)
    return () => {
      listeners.delete(entry)
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic)
    }
  }

  close(): void {
    this.#listeners.clear()
  }
}

/** A wake is a hint: a listener that throws must not take the others, or the process, with it. */
function call(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error), { type: 'MotorListener' })
  }
}
