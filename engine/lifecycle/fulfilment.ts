import type { FulfilmentOrder, Shipment } from '../canonical/types.ts'

/** How far each report is on the way through the warehouse: one that comes late does not lead back, but what it says of packages holds. */
const PROGRESS = ['requested', 'accepted', 'picking', 'short', 'packed', 'shipped', 'cancelled']

/**
 * The shipment as the warehouse reports it. Packages are the warehouse's to say: once it has packed, they take the place of the
 * ERP's estimate. What it has shipped line by line is kept beside the lines that were ordered. Pure.
 */
export function withFulfilment(shipment: Shipment, reported: FulfilmentOrder): Shipment {
  const known = shipment.fulfilment
  const { fulfilmentOrderId, warehouse, status, updatedAt, packages = [] } = reported
  const packed = packages.length > 0 ? { ...shipment, packages: withHazard(shipment, packages) } : shipment
  if (known && PROGRESS.indexOf(status) < PROGRESS.indexOf(known.status)) return packed
  const shipped = reported.lines.flatMap((line) =>
    line.shipped === undefined ? [] : [{ lineId: line.lineId, shipped: line.shipped }],
  )
  const lines = status === 'shipped' ? withNothingShipped(shipment, shipped) : known?.lines
  return {
    ...packed,
    fulfilment: { fulfilmentOrderId, warehouse, status, ...(lines && { lines }), updatedAt },
  }
}

/** A line that the warehouse does not name was not shipped. */
function withNothingShipped({ lines }: Shipment, shipped: { lineId: string; shipped: number }[]) {
  const missing = lines.filter(({ lineId }) => !shipped.some((line) => line.lineId === lineId))
  return [...shipped, ...missing.map(({ lineId }) => ({ lineId, shipped: 0 }))]
}

/** A warehouse that says nothing of dangerous goods does not take the mark away. */
function withHazard({ packages: known }: Shipment, packages: Shipment['packages']): Shipment['packages'] {
  const isHazardous = known.some(({ hazardous }) => hazardous === true)
  return packages.map((one) => (isHazardous && one.hazardous === undefined ? { ...one, hazardous: true } : one))
}
