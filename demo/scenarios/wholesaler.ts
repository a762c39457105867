import type { Order } from '../../engine/canonical/types.ts'
import { chooseBy, exchangeAccount } from '../flow-set.ts'
import type { Body } from '../http.ts'
import type { Effect } from '../partners.ts'
import { receiverOrders } from './receivers.ts'
import type { DemoScenario, Findings } from './scenario.ts'

const ERP = 'd365-finance-operations'
const SIGNED = ['delivered', 'partial']

/**
 * A wholesaler who delivers on routes of its own: Dynamics-style ERP, a planner that makes the routes, drivers who deliver within
 * receiving windows, rejections at the ramp, signatures, an invoice after the stop.
 */
export const WHOLESALER: DemoScenario = {
  erp: ERP,
  orders: receiverOrders,
  changes: [
    exchangeAccount('sap-s4hana', { template: ERP, name: 'Dynamics 365' }),
    chooseBy([
      {
        name: 'our own drivers',
        when: {},
        candidates: [{ partner: 'onfleet' }],
        strategy: 'preference',
        otherwise: 'none',
      },
    ]),
  ],
  looksAt: ['optimoroute'],
  faults,
}

function faults({ orders, expected, effects, proofs }: Findings): string[] {
  const ordered = new Map(orders.map(({ order, reference }) => [reference, piecesOf(order)]))
  const [postings, stops] = [byKey(effects[ERP] ?? []), byKey(effects.optimoroute ?? [])]
  return expected.flatMap(({ reference, outcome, finished }) => {
    const [mine, planned] = [postings.get(reference) ?? [], stops.get(reference) ?? []]
    const lines: string[] = []
    if (!planned.some(({ kind }) => kind === 'stop')) lines.push('the planner got no stop')
    if (!finished) return lines.map((words) => `${reference}: ${words}`)
    const [proof, invoice] = ['proof-of-delivery', 'invoice'].map((kind) => mine.find((effect) => effect.kind === kind))
    if (invoice !== undefined && (proof === undefined || proof.id > invoice.id))
      lines.push('was invoiced before its proof of delivery')
    if (outcome === 'partial' && !(Number(invoice?.data?.pieces) < (ordered.get(reference) ?? 0)))
      lines.push('was not invoiced for what was taken alone')
    if (SIGNED.includes(outcome) && !isSigned(proofs.get(reference)))
      lines.push('has no signature in its proof of delivery')
    return lines.map((words) => `${reference} (${outcome}): ${words}`)
  })
}

const piecesOf = ({ lines }: Order) => lines.reduce((sum, { quantity }) => sum + quantity, 0)

/** By the hub's API. */
function isSigned(proof: Body | undefined): boolean {
  const evidence = (proof?.evidence ?? []) as { kind: string }[]
  return evidence.some(({ kind }) => kind === 'signature')
}

function byKey(effects: Effect[]): Map<string, Effect[]> {
  const found = new Map<string, Effect[]>()
  for (const effect of effects) found.set(effect.businessKey, [...(found.get(effect.businessKey) ?? []), effect])
  return found
}
