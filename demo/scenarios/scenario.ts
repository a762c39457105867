import type { Expectation } from '../../simulators/expected.ts'
import type { Body } from '../http.ts'
import type { Change } from '../flow-set.ts'
import type { DemoOrder } from '../orders.ts'
import type { Effect } from '../partners.ts'

/** What the ledgers and the hub say at the end, for what only one company wants to know. */
export interface Findings {
  orders: DemoOrder[]
  expected: Expectation[]
  /** What took effect, by partner. */
  effects: Record<string, Effect[]>
  /** Partners had faults: not everything could be on time. */
  roughDay: boolean
  /** Shipments as the hub's API tells them, by delivery document. */
  shipments: Map<string, Body>
  /** What proves the deliveries, as the hub's API tells it, by delivery document. */
  proofs: Map<string, Body>
}

/** One company's day. */
export interface DemoScenario {
  /** Template of its ERP. */
  erp: string
  orders: (count: number, seed: string, now: number) => DemoOrder[]
  /** Of the couriers, unless the command line says another. */
  speed: number
  /** How its flows differ from the shipped ones. */
  changes: readonly Change[]
  /** Partners whose effects `faults` looks at, beside the ERP. */
  looksAt: readonly string[]
  /** What is wrong, one line each, beyond what every day must stand. */
  faults: (findings: Findings) => string[]
}
