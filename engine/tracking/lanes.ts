/** Work on one key at a time, in the order in which it came; different keys do not wait for each other. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>()

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(key) ?? Promise.resolve()).then(work)
    // Who waits behind it does so whether it succeeded or not.
    const done: Promise<void> = result.then(nothing, nothing).then(() => this.#end(key, done))
    this.#last.set(key, done)
    return result
  }

  #end(key: string, done: Promise<void>): void {
    if (this.#last.get(key) === done) this.#last.delete(key)
  }
}

const nothing = () => undefined
