import { setTimeout as pause } from 'node:timers/promises'
import type { DemoOrder } from '../demo/orders.ts'
import { worthTrying } from '../demo/release.ts'
import type { ChaosStage } from './stage.ts'

/** The audited read that the load makes, as the audit chain calls it. */
export const AUDITED = 'pod.read'
/**
 * Orders that are released at once, and the deliveries and messages under way beyond which the ERP waits. The stand-in for
 * MongoDB does one thing after the other, so a cluster gets less to do: it is there to be hit, not to be fast.
 */
const PACE = {
  embedded: { releasing: 4, underWay: 50, waiting: 600 },
  cluster: { releasing: 1, underWay: 6, waiting: 40 },
}
const LOOK_MS = 300
const PAUSE_MS = 60

/**
 * An ERP that releases orders all the time, each again until the hub has taken it, and an auditor who opens proofs of
 * delivery. Couriers, floor, CRM and vans do the rest by themselves.
 */
export class Load {
  /** Delivery documents whose release was tried, in that order. */
  readonly released: DemoOrder[] = []
  readonly #stage: ChaosStage
  readonly #orders: Iterator<DemoOrder>
  readonly #pace: { releasing: number; underWay: number; waiting: number }
  readonly #under: Promise<void>[] = []
  #going = true
  #hopeless = false
  #full = false

  constructor(stage: ChaosStage, orders: Iterable<DemoOrder>) {
    this.#stage = stage
    this.#pace = stage.servers ? PACE.cluster : PACE.embedded
    this.#orders = orders[Symbol.iterator]()
  }

  start(): void {
    this.#under.push(this.#watch(), ...Array.from({ length: this.#pace.releasing }, () => this.#releaseAll()))
  }

  /** No new orders; resolves when those under way have their answer, or at once when the hub is gone for good. */
  async stop(hopeless: boolean): Promise<void> {
    this.#going = false
    this.#hopeless = hopeless
    await Promise.all(this.#under)
  }

  /** Opens the proof of one of the last deliveries, which the hub must audit. */
  async openProof(nth: number): Promise<void> {
    const { hub, acknowledged } = this.#stage
    const recent = this.released.slice(-60, -5)
    const reference = recent[nth % Math.max(1, recent.length)]?.reference
    const shipment = reference === undefined ? undefined : await hub.shipment(reference)
    if (shipment?.proofOfDelivery === undefined) return
    const path = `shipments/${String(shipment.shipmentId)}/proof-of-delivery`
    const { status, body } = await hub.read(path)
    const [piece] = status === 200 ? (body.evidence as { hash: string }[]) : []
    if (piece === undefined) return
    if ((await hub.read(`${path}/${piece.hash}`)).status === 200)
      acknowledged.write(AUDITED, String(shipment.shipmentId))
  }

  async #releaseAll(): Promise<void> {
    while (this.#going) {
      await pause(PAUSE_MS)
      if (this.#full) continue
      const { value, done } = this.#orders.next()
      if (done) return
      await this.#release(value)
    }
  }

  async #release(order: DemoOrder): Promise<void> {
    const { hub, partners, acknowledged } = this.#stage
    await partners.prepare([order])
    this.released.push(order)
    while (!this.#hopeless) {
      const { status, body } = await hub.release(order.order)
      if (status >= 200 && status < 300) return acknowledged.write('order', order.reference)
      if (!worthTrying(status, body.code)) return acknowledged.write('refused', order.reference, { status, ...body })
      await pause(PAUSE_MS)
    }
  }

  /** Load is steady, not endless: it waits while there is more to do than the hub gets done between its deaths. */
  async #watch(): Promise<void> {
    while (this.#going) {
      const { journeysRunning, webhooksWaiting } = await this.#stage.partners.health()
      const backlog = (await this.#stage.hub.backlog()) ?? []
      const waiting = backlog.reduce((sum, { waiting, leased }) => sum + waiting + leased, 0)
      this.#full = journeysRunning + webhooksWaiting > this.#pace.underWay || waiting > this.#pace.waiting
      await pause(LOOK_MS)
    }
  }
}
