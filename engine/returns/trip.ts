import type { Order, Package, ReturnOrder, Shipment } from '../canonical/types.ts'

/** Lightest parcel that couriers take, kg. */
const LEAST_KG = 0.1

/** What a courier is to carry back: from the customer to where the goods came from, under the number of the return. Pure. */
export function tripOf(order: ReturnOrder, shipment: Shipment): Order {
  const { returnOrderId, requestedAt, lines } = order
  return {
    schemaVersion: '1.0',
    orderId: returnOrderId,
    releasedAt: requestedAt,
    serviceLevel: 'standard',
    consignor: shipment.consignee,
    consignee: shipment.consignor,
    lines: lines.map(({ lineId, sku, quantity, unit }) => ({ lineId, sku, quantity, unit })),
    packages: [parcelOf(order, shipment)],
  }
}

/** One parcel with its share of the weight that went out, as large as the largest that did. */
function parcelOf({ returnOrderId, lines }: ReturnOrder, { packages, lines: ordered }: Shipment): Package {
  const pieces = (of: { quantity: number }[]) => of.reduce((sum, { quantity }) => sum + quantity, 0)
  const weight = packages.reduce((sum, { weightKg }) => sum + weightKg, 0)
  const share = Math.min(1, pieces(lines) / pieces(ordered))
  const size = packages.reduce((best, one) => (volumeOf(one) > volumeOf(best) ? one : best))
  const { packageId: _id, sscc: _sscc, weightKg: _weight, ...rest } = size
  const weightKg = Math.max(LEAST_KG, Math.round(weight * share * 1000) / 1000)
  return { ...rest, packageId: `${returnOrderId}-1`.slice(0, 128), weightKg }
}

function volumeOf({ lengthCm = 0, widthCm = 0, heightCm = 0 }: Package): number {
  return lengthCm * widthCm * heightCm
}
