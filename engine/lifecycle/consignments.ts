import type { Order, ShipmentPart } from '../canonical/types.ts'
import { deriveId } from '../delivery/ids.ts'

/** What one shipment of an order carries: the order as far as it concerns that shipment. */
export type Consignment = Omit<Order, 'parts'> & { part?: ShipmentPart }

/** Id of a shipment: the same order, or the same part of an order, always gets the same. */
export function shipmentIdOf(orderId: string, partId?: string): string {
  const names = partId === undefined ? [orderId] : [orderId, partId]
  return `shp_${deriveId('shipment', ...names.map((name) => name.normalize('NFC')))}`
}

/** Ids of all shipments of an order, in the order of its parts. */
export function shipmentIdsOf({ orderId, parts }: Pick<Order, 'orderId' | 'parts'>): string[] {
  return parts ? parts.map(({ partId }) => shipmentIdOf(orderId, partId)) : [shipmentIdOf(orderId)]
}

/** One for each shipment. The value of the goods stays that of the whole order: what is insured may be too much, never too little. */
export function consignmentsOf({ parts, ...order }: Order): Consignment[] {
  if (!parts) return [order]
  const { deliveryDocument: _ofAll, ...shared } = order
  return parts.map(({ partId, deliveryDocument, consignor = order.consignor, packageIds, lines }, index) => ({
    ...shared,
    ...(deliveryDocument !== undefined && { deliveryDocument }),
    consignor,
    packages: order.packages.filter(({ packageId }) => packageIds.includes(packageId)),
    lines: lines.flatMap(({ lineId, quantity }) =>
      order.lines.filter((line) => line.lineId === lineId).map((line) => ({ ...line, quantity })),
    ),
    part: { partId, number: index + 1, of: parts.length },
  }))
}
