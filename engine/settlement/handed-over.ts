import type { DeliveredLine, DeliveryEvent, Shipment } from '../canonical/types.ts'

/** What became of a line of the order at the door; quantities in the line's unit. */
export interface HandedOverLine {
  lineId: string
  sku: string
  unit: string
  /** What left the warehouse, where it says so; else what was ordered. */
  sent: number
  delivered: number
  refused: number
}

/** `unclear`: nobody can be billed before a person has looked. `lines` are those that were not handed over whole. */
export type HandedOver =
  | { outcome: 'whole'; lines: HandedOverLine[] }
  | { outcome: 'part'; lines: HandedOverLine[] }
  | { outcome: 'unclear'; lines: HandedOverLine[]; why: string }

/** Quantities may be parts of a unit, whose sums are not exact. */
const SMALLEST = 1e-6

/** What a delivery event says was handed over of a shipment. A line that it does not name was handed over whole. */
export function handedOver(shipment: Shipment, { variant, lines = [] }: DeliveryEvent): HandedOver {
  if (variant === 'damaged') return unclear('goods were handed over damaged')
  if (lines.length === 0)
    return variant === 'partial' ? unclear('nobody says which lines were handed over') : { outcome: 'whole', lines: [] }
  const told = lines.map((line) => lineOf(shipment, line))
  const wrong = told.find((line) => typeof line === 'string')
  if (wrong !== undefined) return unclear(wrong)
  const known = told as HandedOverLine[]
  if (new Set(known.map(({ lineId }) => lineId)).size < known.length) return unclear('a line is told of twice')
  const short = known.filter(({ sent, delivered }) => delivered < sent)
  if (short.length === 0) return { outcome: 'whole', lines: [] }
  const nothing = short.length === shipment.lines.length && short.every(({ delivered }) => delivered === 0)
  return nothing ? unclear('nothing was handed over') : { outcome: 'part', lines: short }
}

/** A line as the order has it, or why the courier's words fit none. */
function lineOf(shipment: Shipment, told: DeliveredLine): HandedOverLine | string {
  const { lineId, sku, delivered, refused = 0 } = told
  const candidates = shipment.lines.filter(
    (line) => (lineId === undefined || line.lineId === lineId) && (sku === undefined || line.sku === sku),
  )
  const [line] = candidates
  if (!line || candidates.length > 1) return 'the courier counts pieces of no line of the order'
  const sent = shipment.fulfilment?.lines?.find((one) => one.lineId === line.lineId)?.shipped ?? line.quantity
  if (delivered + refused > sent + SMALLEST) return `more of line ${line.lineId} is told of than was sent`
  return { lineId: line.lineId, sku: line.sku, unit: line.unit, sent, delivered, refused }
}

function unclear(why: string): HandedOver {
  return { outcome: 'unclear', lines: [], why }
}
