import { setTimeout as pause } from 'node:timers/promises'
import type { Order } from '../engine/canonical/types.ts'
import { type Answer, ask, type Body, sendJson } from './http.ts'
import type { Child } from './processes.ts'

export interface Keys {
  erp: string
  operator: string
}

export interface Backlog {
  subscription: string
  waiting: number
  leased: number
  dead: number
}

export interface DeadLetter {
  subscription: string
  key: string
  code: string
  message: string
}

const READY_WITHIN_MS = 90_000
const STARTS = 3

/** Resolves with the milliseconds until the hub at the address takes work. */
export async function untilReady(url: string, child: Child): Promise<number> {
  const began = performance.now()
  while ((await ask(`${url}/readyz`, {}, 2000)).status !== 200) {
    if (child.accident !== undefined) throw new Error(child.accident)
    if (performance.now() - began > READY_WITHIN_MS) throw new Error('the hub did not become ready')
    await pause(50)
  }
  return performance.now() - began
}

/** The hub under test: its process, and its API as ERP and operator see it. */
export class HubUnderTest {
  readonly url: string
  readonly #child: Child
  readonly #keys: Keys

  constructor(url: string, child: Child, keys: Keys) {
    this.url = url
    this.#child = child
    this.#keys = keys
  }

  /**
   * Starts it; gives the milliseconds until it was ready. One that ends by itself meanwhile is started again, as a supervisor
   * does: a worker that cannot reach its servers yet says so and ends.
   */
  async start(): Promise<number> {
    for (let left = STARTS; ; left -= 1) {
      this.#child.start()
      try {
        return await untilReady(this.url, this.#child)
      } catch (error) {
        if (left === 1 || this.#child.accident === undefined) throw error
      }
    }
  }

  /** Kills it with SIGKILL and starts it again; gives the milliseconds until it was ready again. */
  async killAndRestart(): Promise<number> {
    await this.#child.kill()
    return this.start()
  }

  release(order: Order): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.#keys.erp}`, 'idempotency-key': `"release ${order.orderId}"` }
    return ask(`${this.url}/api/v1/orders`, sendJson('POST', order, headers), 30_000)
  }

  /** The shipment of a reference; undefined when there is none yet or the hub is away. */
  async shipment(reference: string): Promise<Body | undefined> {
    const { body } = await this.read(`shipments?reference=${encodeURIComponent(reference)}&type=delivery`)
    return items(body)[0]
  }

  /** What proves the delivery of a shipment; undefined when nothing does. */
  async proof({ shipmentId }: Body): Promise<Body | undefined> {
    const { status, body } = await this.read(`shipments/${String(shipmentId)}/proof-of-delivery`)
    return status === 200 ? body : undefined
  }

  /** What waits in each subscription; undefined when the hub is away. */
  async backlog(): Promise<Backlog[] | undefined> {
    const { status, body } = await this.read('channels')
    return status === 200 ? (items(body) as unknown as Backlog[]) : undefined
  }

  async deadLetters(): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = []
    let after: unknown
    do {
      const page = typeof after === 'string' ? `&after=${encodeURIComponent(after)}` : ''
      const { status, body } = await this.read(`dead-letters?limit=200${page}`)
      if (status !== 200) throw new Error(`the hub does not tell its dead letters (${status})`)
      for (const { subscription, key, failure } of items(body)) {
        const { code, message } = (failure ?? {}) as Body
        const [where, what] = [String(subscription), String(key ?? '')]
        letters.push({ subscription: where, key: what, code: String(code), message: String(message) })
      }
      after = body.next
    } while (after !== undefined)
    return letters
  }

  /** What the API says to an operator. */
  read(path: string): Promise<Answer> {
    return ask(`${this.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${this.#keys.operator}` } })
  }
}

const items = (body: Body): Body[] => (Array.isArray(body.items) ? (body.items as Body[]) : [])
