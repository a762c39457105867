import type { Item, ServiceTerms, Shipment } from '../canonical/types.ts'
import { promiseOf } from './promise.ts'

/** What master data know of a shipment. */
interface Known {
  /** Of its lines, as far as they are known. */
  items: Item[]
  terms?: ServiceTerms | undefined
}

/**
 * The shipment with what its order left open: dangerous goods are marked on every package, for nobody knows which one they are in;
 * the one package of a single piece gets that piece's size; where nothing was promised, the service level promises. What the order
 * says itself stays. Pure, and the same however often it is done.
 */
export function enriched(shipment: Shipment, { items, terms }: Known): Shipment {
  const isHazardous = items.some(({ hazardous }) => hazardous === true)
  const single = onlyPiece(shipment, items)
  const packages = shipment.packages.map((one) => ({
    ...(single && sizeOf(single)),
    ...one,
    ...(isHazardous && one.hazardous === undefined && { hazardous: true }),
  }))
  const promise = shipment.promise ?? (terms && promiseOf(terms, Date.parse(shipment.createdAt)))
  if (promise === undefined) return { ...shipment, packages }
  const stops = shipment.stops.map((stop) =>
    stop.kind === 'delivery' ? { ...stop, window: stop.window ?? promise } : stop,
  )
  return { ...shipment, packages, promise, stops }
}

function onlyPiece({ lines, packages }: Shipment, items: Item[]): Item | undefined {
  const [line] = lines
  if (lines.length !== 1 || packages.length !== 1 || line?.quantity !== 1) return undefined
  return items.find(({ sku }) => sku === line.sku)
}

function sizeOf({ lengthCm, widthCm, heightCm }: Item) {
  return lengthCm && widthCm && heightCm ? { lengthCm, widthCm, heightCm } : {}
}
