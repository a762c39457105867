import { setTimeout as pause } from 'node:timers/promises'
import type { Expectation } from '../simulators/expected.ts'
import type { FaultSpec } from '../simulators/faults.ts'
import type { PartnerSummary } from '../simulators/ledger.ts'
import type { AcceptedWebhook } from '../simulators/webhooks.ts'
import { ask, type Body, sendJson } from './http.ts'
import type { DemoOrder } from './orders.ts'
import type { Child } from './processes.ts'

/** An effect in a partner's ledger. */
export interface Effect {
  id: number
  /** RFC 3339. */
  at: string
  kind: string
  businessKey: string
  /** What the partner noted of it. */
  data?: Body
}

const READY_WITHIN_MS = 30_000

/** The simulated partners: their process, and the control API through which they are told what to play. */
export class Partners {
  readonly url: string
  readonly #child: Child

  constructor(url: string, child: Child) {
    this.url = url
    this.#child = child
  }

  async start(): Promise<void> {
    const began = performance.now()
    this.#child.start()
    while ((await ask(`${this.url}/_control/health`, {}, 2000)).status !== 200) {
      if (this.#child.accident !== undefined) throw new Error(this.#child.accident)
      if (performance.now() - began > READY_WITHIN_MS) throw new Error('the simulators did not become ready')
      await pause(50)
    }
  }

  /** Variables that point a hub here. */
  async environment(): Promise<Record<string, string>> {
    return (await this.#call('env')) as Record<string, string>
  }

  /** The ERP creates the outbound deliveries, and the endings that are not left to chance are fixed. */
  async prepare(orders: DemoOrder[], erp = 'sap-s4hana'): Promise<void> {
    for (const { order, reference } of orders) {
      const delivery = { erp, deliveryDocument: reference, orderId: order.orderId, lines: order.lines }
      await this.#call('erp/deliveries', sendJson('POST', delivery))
    }
    const plans = orders.flatMap(({ reference, outcome }) => (outcome === undefined ? [] : [{ reference, outcome }]))
    if (plans.length > 0) await this.#call('plan', sendJson('POST', plans))
  }

  async roughDay(seed: string): Promise<void> {
    await this.#call('faults/rough-day', sendJson('POST', { seed }))
  }

  async clearFaults(): Promise<void> {
    await this.#call('faults', { method: 'DELETE' })
  }

  async health(): Promise<{ journeysRunning: number; webhooksWaiting: number }> {
    const { journeysRunning, webhooksWaiting } = await this.#call('health')
    return { journeysRunning: Number(journeysRunning), webhooksWaiting: Number(webhooksWaiting) }
  }

  async expected(): Promise<Expectation[]> {
    return (await this.#call('expected')) as unknown as Expectation[]
  }

  async summary(): Promise<Record<string, PartnerSummary>> {
    return (await this.#call('summary')) as unknown as Record<string, PartnerSummary>
  }

  async addFaults(faults: readonly FaultSpec[]): Promise<void> {
    await this.#call('faults', sendJson('POST', faults))
  }

  /** Every webhook that the hub has accepted. */
  async accepted(): Promise<AcceptedWebhook[]> {
    const all: AcceptedWebhook[] = []
    for (;;) {
      const page = (await this.#call(`accepted?limit=500&after=${all.at(-1)?.row ?? 0}`)).webhooks as AcceptedWebhook[]
      all.push(...page)
      if (page.length === 0) return all
    }
  }

  /** Arrivals at a door that a vehicle's tracker has told and the broker has acknowledged. */
  async arrivals(partner: string): Promise<{ partner: string; reference: string }[]> {
    const { webhooks } = await this.#call(`ledger?partner=${partner}&limit=1000000`)
    const told = webhooks as { event: string; businessKey: string }[]
    const references = new Set(told.filter(({ event }) => event === 'enter').map(({ businessKey }) => businessKey))
    return [...references].map((reference) => ({ partner, reference }))
  }

  /** Everything that took effect at one partner, in order. */
  async effects(partner: string): Promise<Effect[]> {
    const all: Effect[] = []
    for (;;) {
      const after = all.at(-1)?.id ?? 0
      const page = (await this.#call(`ledger?partner=${partner}&after=${after}`)).effects as Effect[]
      all.push(...page)
      if (page.length === 0) return all
    }
  }

  async #call(path: string, init: RequestInit = {}): Promise<Body> {
    const { status, body } = await ask(`${this.url}/_control/${path}`, init)
    if (status >= 200 && status < 300) return body
    throw new Error(this.#child.accident ?? `the simulators refuse ${path}: ${status} ${JSON.stringify(body)}`)
  }
}
