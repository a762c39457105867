import type { DeliveryEvent, ReturnOrder, ReturnReceipt, Shipment } from '../canonical/types.ts'
import { tidy } from './rules.ts'

type Status = ReturnOrder['status']
/** A report that comes late does not lead back. */
const PROGRESS: readonly Status[] = ['requested', 'approved', 'in_transit', 'received', 'inspected', 'credited']
const OVER = new Set<Status>(['credited', 'rejected', 'cancelled'])

/** The return with a courier: label and number. */
export function withBooking(order: ReturnOrder, shipment: Shipment): ReturnOrder {
  const { booking, shipmentId } = shipment
  const { partner, trackingNumber, labelUrl } = booking ?? {}
  return {
    ...moved(order, 'approved'),
    returnShipmentId: shipmentId,
    ...(partner !== undefined && { carrier: partner }),
    ...(trackingNumber !== undefined && { trackingNumber }),
    ...(labelUrl !== undefined && { labelUrl }),
  }
}

/** What a courier tells of the way back. The warehouse says when it has it, not the courier. */
const ON_THE_WAY = /^(pickup\.completed|transit\.|delivery\.out_for_delivery|delivery\.completed|return\.)/

export function withEvent(order: ReturnOrder, { type }: Pick<DeliveryEvent, 'type'>): ReturnOrder {
  if (type === 'shipment.cancelled' && order.status === 'approved') return { ...order, status: 'cancelled' }
  return ON_THE_WAY.test(type) ? moved(order, 'in_transit') : order
}

/** The dock: what came back and how good it is, or that it was not taken in. */
export function withReceipt(order: ReturnOrder, receipt: ReturnReceipt): ReturnOrder {
  const { receiptId, receivedAt, note, outcome } = receipt
  if (OVER.has(order.status)) return order
  const at = { receiptId, receivedAt }
  if (outcome === 'refused')
    return { ...order, ...at, status: 'rejected', ...(note !== undefined && { refusal: note }) }
  const lines = withFound(order.lines, receipt.lines)
  const isGraded = lines.every(({ received = 0, grade }) => received === 0 || grade !== undefined)
  return { ...moved(order, isGraded ? 'inspected' : 'received'), ...at, lines }
}

/** The warehouse counts by item. Of an item with several lines each piece is counted once, to the first line that still has room for it. */
function withFound(lines: ReturnOrder['lines'], found: ReturnReceipt['lines']): ReturnOrder['lines'] {
  const left = new Map<string, number>()
  for (const { sku, received } of found) left.set(sku, tidy((left.get(sku) ?? 0) + received))
  return lines.map((line) => {
    const received = Math.min(left.get(line.sku) ?? 0, line.quantity)
    left.set(line.sku, tidy((left.get(line.sku) ?? 0) - received))
    const grade = found.find(({ sku, grade }) => sku === line.sku && grade !== undefined)?.grade
    return { ...line, received, ...(grade !== undefined && { grade }) }
  })
}

export function withCredit(order: ReturnOrder, creditDocument: string): ReturnOrder {
  return { ...moved(order, 'credited'), creditDocument }
}

function moved(order: ReturnOrder, to: Status): ReturnOrder {
  if (OVER.has(order.status) || PROGRESS.indexOf(to) < PROGRESS.indexOf(order.status)) return order
  return { ...order, status: to }
}
