import { setTimeout as pause } from 'node:timers/promises'
import type { HubUnderTest } from './hub.ts'
import type { DemoOrder } from './orders.ts'

/** How one order fared with the hub. */
export interface Release {
  reference: string
  /** The hub has taken the order: 200, 201 or 202. */
  accepted: boolean
  /** The hub's answer when it took it, or why it did not. */
  status: number
  problem?: string
  /** Milliseconds from the first try of the POST until a courier was seen booked. */
  bookedAfterMs?: number
  tries: number
}

const PATIENCE_MS = 180_000
const POLL_MS = 100

/** Releases orders as an ERP does: some at a time, each again with the same key until the hub has answered. */
export class Erp {
  readonly releases: Release[] = []
  readonly #hub: HubUnderTest
  readonly #unbooked = new Map<Release, number>()
  #stopped = false

  constructor(hub: HubUnderTest) {
    this.#hub = hub
  }

  /** Resolves when every order has an answer and every accepted one was seen booked, or after stop(). */
  async release(orders: DemoOrder[], concurrency: number): Promise<void> {
    const queue = [...orders]
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined && !this.#stopped; next = queue.shift()) await this.#one(next)
    }
    let posting = true
    const watching = this.#watch(() => posting)
    await Promise.all(Array.from({ length: concurrency }, worker))
    posting = false
    await watching
  }

  stop(): void {
    this.#stopped = true
  }

  async #one({ order, reference }: DemoOrder): Promise<void> {
    const began = performance.now()
    const release: Release = { reference, accepted: false, status: 0, tries: 0 }
    this.releases.push(release)
    while (!this.#stopped && performance.now() - began < PATIENCE_MS) {
      release.tries += 1
      const { status, body } = await this.#hub.release(order)
      release.status = status
      release.accepted = status === 200 || status === 201 || status === 202
      if (release.accepted) {
        delete release.problem
        if (status === 202) this.#unbooked.set(release, began)
        else release.bookedAfterMs = performance.now() - began
        return
      }
      release.problem = `${status} ${String(body.code ?? '')} ${String(body.detail ?? '')}`.trim()
      if (!worthTrying(status, body.code)) return
      await pause(Math.min(2000, 100 * 2 ** Math.min(release.tries, 4)))
    }
  }

  /** Looks for the bookings of orders that were accepted without one. */
  async #watch(posting: () => boolean): Promise<void> {
    while (!this.#stopped && (posting() || this.#unbooked.size > 0)) {
      for (const [release, began] of this.#unbooked) {
        if (this.#stopped) return
        const shipment = await this.#hub.shipment(release.reference)
        if (shipment?.booking === undefined) continue
        release.bookedAfterMs = performance.now() - began
        this.#unbooked.delete(release)
      }
      await pause(POLL_MS)
    }
  }
}

/** No connection, a fault of the hub, too much at once, or the same request still under way. */
export function worthTrying(status: number, code: unknown): boolean {
  return status === 0 || status >= 500 || status === 429 || (status === 409 && code === 'idempotency.running')
}
