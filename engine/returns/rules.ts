import type { Item, ReturnOrder, Shipment } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'

const DAY_MS = 86_400_000

export interface WantedLine {
  lineId: string
  quantity: number
}

export interface Known {
  /** Returns of the same shipment. */
  before: readonly ReturnOrder[]
  /** Of its lines, as far as master data know them. */
  items: readonly Item[]
  /** How many days after the delivery goods may be sent back; 0: for ever. */
  days: number
  /** Epoch milliseconds. */
  now: number
}

/** Of a line that many pieces may still be sent back: what was shipped, less what came or comes back already. */
export function returnable(shipment: Shipment, before: readonly ReturnOrder[]): WantedLine[] {
  const open = before.filter(({ status }) => status !== 'rejected' && status !== 'cancelled')
  return shipment.lines.map(({ lineId, quantity }) => {
    const shipped = shipment.fulfilment?.lines?.find((line) => line.lineId === lineId)?.shipped ?? quantity
    const back = open.flatMap(({ lines }) => lines).filter((line) => line.lineId === lineId)
    return { lineId, quantity: Math.max(0, tidy(shipped - back.reduce((sum, line) => sum + line.quantity, 0))) }
  })
}

/** Quantities may be parts of a unit: 0.3 less 0.1 is 0.2. */
export function tidy(quantity: number): number {
  return Math.round(quantity * 1e6) / 1e6
}

/** Why a customer may not send these lines back; undefined when it may. Pure. */
export function objectionTo(shipment: Shipment, wanted: readonly WantedLine[], known: Known): CartageError | undefined {
  const { days, now, before, items } = known
  if (shipment.returnOrderId !== undefined) return refused('return.of-a-return', 'A return is not sent back again.')
  if (shipment.status !== 'delivery.completed') return refused('return.not-delivered', 'It has not been delivered.')
  if (days > 0 && now > Date.parse(shipment.statusAt) + days * DAY_MS)
    return refused('return.too-late', `Goods may be sent back for ${days} days after the delivery.`)
  const left = returnable(shipment, before)
  for (const [index, { lineId, quantity }] of wanted.entries()) {
    const place = `lines.${index}`
    const line = left.find((one) => one.lineId === lineId)
    if (line === undefined) return invalid('return.unknown-line', 'is no line of the order', `${place}.lineId`)
    if (quantity > line.quantity) {
      const words = `is more than can be sent back: ${line.quantity}`
      return invalid('return.too-many', words, `${place}.quantity`)
    }
    const sku = shipment.lines.find((one) => one.lineId === lineId)?.sku
    if (items.some((item) => item.sku === sku && item.returnable === false))
      return invalid('return.not-returnable', 'is an item that is not taken back', `${place}.lineId`)
  }
  if (wanted.length === 0) return refused('return.nothing-left', 'All of it has been sent back already.')
  return undefined
}

function refused(code: string, message: string): CartageError {
  return new CartageError('refused', code, message)
}

function invalid(code: string, message: string, field: string): CartageError {
  return new CartageError('invalid', code, message, { field })
}
