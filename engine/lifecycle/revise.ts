import { EVENTS } from '../canonical/taxonomy.ts'
import type { Hold, Location, Party, RouteAssignment, Shipment, Stop } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import type { Consignment } from './consignments.ts'
import { newShipment } from './shipment.ts'

/** From here on the goods are with the courier, or it is over. */
const HANDED_OVER = EVENTS['pickup.completed'].rank ?? 0

type FromOrder = Pick<
  Shipment,
  | ('deliveryDocument' | 'changedAt' | 'serviceLevel' | 'consignor' | 'consignee' | 'packages' | 'lines' | 'stops')
  | ('promise' | 'holds' | 'goodsValue' | 'cashOnDelivery' | 'deliveryPin' | 'tags')
>

/** Too late for a change or a new courier: the goods were handed over, or nothing will be delivered any more. */
export function isHandedOver({ rank }: Pick<Shipment, 'rank'>): boolean {
  return rank >= HANDED_OVER
}

/** @throws CartageError refused `order.too-late` */
export function mayFollow({ rank, orderId, status }: Shipment): void {
  if (isHandedOver({ rank }))
    throw new CartageError('refused', 'order.too-late', `${orderId} is ${status}: too late for a change`)
}

/**
 * The shipment after a change of its order; one that follows it already stays as it is. Somebody has looked at the order: what held it
 * before holds it only if the order still says so.
 * @throws CartageError refused `order.too-late`
 */
export function following(shipment: Shipment, consignment: Consignment, now: number): Shipment {
  if (shipment.changedAt === consignment.changedAt) return shipment
  mayFollow(shipment)
  const { correlationId, trackingToken, revision = 1 } = shipment
  const fresh = newShipment(consignment, { now, correlationId, trackingToken })
  const known = new Set(shipment.references.map(({ type, value }) => `${type} ${value}`))
  const added = fresh.references.filter(({ type, value }) => !known.has(`${type} ${value}`))
  return {
    ...withoutOrder(shipment),
    ...fromOrder(fresh),
    // What the warehouse has packed is as it is.
    ...(shipment.fulfilment && { packages: shipment.packages }),
    references: [...shipment.references, ...added],
    revision: revision + 1,
  }
}

function withoutOrder(shipment: Shipment): Omit<Shipment, keyof FromOrder> {
  const {
    deliveryDocument: _d,
    changedAt: _c,
    serviceLevel: _l,
    consignor: _f,
    consignee: _t,
    packages: _p,
    ...rest
  } = shipment
  const { lines: _i, stops: _s, promise: _w, holds: _h, goodsValue: _v, cashOnDelivery: _m, ...others } = rest
  const { deliveryPin: _n, tags: _g, ...left } = others
  return left
}

/** What the order decides about its shipment. */
function fromOrder(fresh: Shipment): FromOrder {
  const { deliveryDocument, changedAt, serviceLevel, consignor, consignee, packages, lines, stops } = fresh
  const { promise, holds, goodsValue, cashOnDelivery, deliveryPin, tags } = fresh
  const always = { serviceLevel, consignor, consignee, packages, lines, stops }
  const some = { deliveryDocument, changedAt, promise, holds, goodsValue, cashOnDelivery, deliveryPin, tags }
  const told = Object.entries(some).filter(([, value]) => value !== undefined)
  return { ...always, ...(Object.fromEntries(told) as Partial<FromOrder>) }
}

/** Whether what was chosen or booked is for the order as it is now. */
export function isCurrent(made: { revision?: number } | undefined, { revision = 1 }: Shipment): boolean {
  return (made?.revision ?? 1) >= revision
}

/** One hold for each reason; the same reason again changes nothing. */
export function withHold(shipment: Shipment, hold: Hold): Shipment {
  const { holds = [] } = shipment
  return holds.some(({ reason }) => reason === hold.reason) ? shipment : { ...shipment, holds: [...holds, hold] }
}

/** With the place of the consignee's address, at its stops too. */
export function placed(shipment: Shipment, location: Location): Shipment {
  const at = (party: Party): Party => ({ ...party, address: { ...party.address, location } })
  const stops = shipment.stops.map((stop) => (stop.kind === 'delivery' ? { ...stop, party: at(stop.party) } : stop))
  return { ...shipment, consignee: at(shipment.consignee), stops }
}

/** With its place in a planned route, and the hour at its delivery. */
export function withRoute(shipment: Shipment, route: RouteAssignment, arrivesAt?: string): Shipment {
  const planned = (stop: Stop): Stop =>
    stop.kind === 'delivery' && arrivesAt !== undefined ? { ...stop, plannedAt: arrivesAt } : stop
  return { ...shipment, route, stops: shipment.stops.map(planned) }
}
