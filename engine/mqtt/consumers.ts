import type { MqttHandler, MqttMessage } from './intake.ts'
import { matches } from './topics.ts'

interface Consumer {
  filter: string
  handler: MqttHandler
}

/**
 * Who wants which messages. Consumers come with the first deploy and are away for a moment at each further one; a message
 * that arrives then must not be acknowledged as if nobody had ever wanted it, so it waits for them.
 */
export class Consumers {
  readonly #consumers = new Set<Consumer>()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #waiting = new Set<() => void>()
  /** Filters that had a consumer at some time; empty before the first deploy. */
  readonly #known = new Set<string>()
  readonly #holdMs: number
  #closed = false

  /** @param holdMs how long a message waits for a consumer, milliseconds */
  constructor(holdMs: number) {
    this.#holdMs = holdMs
  }

  add(filter: string, handler: MqttHandler): () => void {
    const consumer = { filter, handler }
    this.#consumers.add(consumer)
    this.#known.add(filter)
    for (const look of [...this.#waiting]) look()
    return () => this.#consumers.delete(consumer)
  }

  /** Whether a consumer for this topic may be expected: it had one, or none has come at all yet. */
  expects(topic: string): boolean {
    return this.#known.size === 0 || [...this.#known].some((filter) => matches(filter, topic))
  }

  /** Hands a message to all who want it; fulfilled with their number when all of them have stored it. */
  dispatch(message: MqttMessage, hold: boolean): Promise<number> {
    const done = this.#dispatch(message, hold)
    this.#underWay.add(done)
    const forget = () => this.#underWay.delete(done)
    done.then(forget, forget)
    return done
  }

  /** Ends the waiting of messages without a consumer, unacknowledged, and waits for the handlers under way. */
  async close(): Promise<void> {
    this.#closed = true
    for (const look of [...this.#waiting]) look()
    await Promise.allSettled(this.#underWay)
  }

  async #dispatch(message: MqttMessage, hold: boolean): Promise<number> {
    if (hold && this.#interested(message.topic).length === 0) await this.#nextConsumer(message.topic)
    const interested = this.#interested(message.topic)
    if (this.#closed && interested.length === 0) throw new Error('closing')
    await Promise.all(interested.map(({ handler }) => handler(message)))
    return interested.length
  }

  #interested(topic: string): Consumer[] {
    return [...this.#consumers].filter(({ filter }) => matches(filter, topic))
  }

  #nextConsumer(topic: string): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve()
      }
      const look = (): void => {
        if (this.#closed || this.#interested(topic).length > 0) end()
      }
      const timer = setTimeout(end, this.#holdMs)
      this.#waiting.add(look)
    })
  }
}
