import { CartageError } from '../errors.ts'
import type { Clock, Delivery, MessageStore } from '../store/ports.ts'

export interface LeasesDeps {
  messages: Pick<MessageStore, 'extend'>
  clock: Clock
  /** Told when a lease could not be renewed for now. */
  complain: (error: unknown) => void
  /** Told of a delivery that another worker has taken over: what is still under way for it is in vain. */
  lost: (delivery: Delivery) => void
}

interface Held {
  delivery: Delivery
  leaseUntil: number
  lost: boolean
}

/**
 * Short leases, renewed as long as the work goes on: when a process dies or freezes, others take its deliveries over soon,
 * however long a flow may take. A process that comes back from a freeze learns here what it has lost.
 */
export class Leases {
  readonly #deps: LeasesDeps
  readonly #leaseMs: number
  readonly #held = new Map<Delivery, Held>()
  #timer: NodeJS.Timeout | undefined

  constructor(deps: LeasesDeps, leaseMs: number) {
    this.#deps = deps
    this.#leaseMs = leaseMs
  }

  hold(delivery: Delivery): void {
    this.#held.set(delivery, { delivery, leaseUntil: delivery.leaseUntil, lost: false })
    this.#timer ??= setInterval(() => this.#renew(), this.#leaseMs / 3).unref()
  }

  /**
   * Ends the renewing. False when another worker has taken the delivery over: then nothing may be written for it, since even
   * the keys of its flow belong to the other attempt now.
   */
  async release(delivery: Delivery): Promise<boolean> {
    const held = this.#held.get(delivery)
    this.#held.delete(delivery)
    if (this.#held.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    if (!held || held.lost) return false
    return held.leaseUntil > this.#deps.clock.now() || (await this.#extend(held))
  }

  #renew(): void {
    const soon = this.#deps.clock.now() + (this.#leaseMs * 2) / 3
    for (const held of this.#held.values())
      if (held.leaseUntil <= soon && !held.lost)
        this.#extend(held).then(
          (mine) => {
            if (!mine) this.#deps.lost(held.delivery)
          },
          (error) => this.#deps.complain(error),
        )
  }

  async #extend(held: Held): Promise<boolean> {
    try {
      held.leaseUntil = (await this.#deps.messages.extend(held.delivery, this.#leaseMs)).leaseUntil
      return true
    } catch (error) {
      if (!(error instanceof CartageError) || error.code !== 'store.stale') throw error
      held.lost = true
      return false
    }
  }
}
