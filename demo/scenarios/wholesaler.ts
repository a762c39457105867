import type { Order } from '../../engine/canonical/types.ts'
import { chooseBy, exchangeAccount, hurry } from '../flow-set.ts'
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
  // slow enough for the plan to be there before the drivers set out
  speed: 4,
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
    hurry({ 'plan-gather': 1, 'plan-day-ready': 1 }),
  ],
  looksAt: ['optimoroute'],
  faults,
}

function faults(findings: Findings): string[] {
  const { orders, expected, effects, proofs } = findings
  const ordered = new Map(orders.map(({ order, reference }) => [reference, piecesOf(order)]))
  const [postings, stops] = [byKey(effects[ERP] ?? []), byKey(effects.optimoroute ?? [])]
  const lines = expected.flatMap(({ reference, outcome, finished }) => {
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
  return [...lines, ...sharedPlaces(findings), ...(findings.roughDay ? [] : unplanned(findings))]
}

/** Where the planner was there all day, each stop has a place in a route and an hour at which somebody is at the ramp. */
function unplanned({ orders, shipments }: Findings): string[] {
  return orders.flatMap(({ order, reference }) => {
    const { route, stops } = shipments.get(reference) ?? {}
    const { sequence } = (route ?? {}) as Body
    if (sequence === undefined) return [`${reference}: has no place in a route`]
    const stop = ((stops ?? []) as Body[]).find(({ kind }) => kind === 'delivery')
    const hour = Date.parse(String(stop?.plannedAt))
    const { earliest, latest } = order.promise ?? {}
    const open = hour >= Date.parse(String(earliest)) && hour <= Date.parse(String(latest))
    return open ? [] : [`${reference}: is planned for ${stop?.plannedAt}, received from ${earliest} to ${latest}`]
  })
}

/** Two stops of one route cannot be at the same place in it. */
function sharedPlaces({ shipments }: Findings): string[] {
  const taken = new Map<string, string>()
  return [...shipments].flatMap(([reference, { route }]) => {
    const { routeId, sequence } = (route ?? {}) as Body
    if (sequence === undefined) return []
    const place = `${routeId}, stop ${sequence}`
    const other = taken.get(place)
    taken.set(place, reference)
    return other === undefined ? [] : [`${reference}: is ${place}, as ${other} is`]
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
