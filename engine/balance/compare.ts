/** How much of an item somebody says is there. */
export interface Position {
  sku: string
  onHand: number
  unit?: string
}

/** An item of which warehouse and books say different things. */
export interface StockDifference {
  sku: string
  unit: string
  /** What lies in the warehouse, by its own report. */
  warehouse: number
  /** What the ERP's books say. */
  books: number
  /** What would have to be booked for the books to be right: the warehouse's report less the books. */
  quantity: number
}

const UNIT = 'EA'
/** Quantities have so many decimals at most: what differs by less is the same number, written otherwise. */
const TOLERANCE = 0.0005

/** Item by item, by item number; several positions of an item are added up, and one that a side does not name is none. Pure. */
export function differencesOf(warehouse: readonly Position[], books: readonly Position[]): StockDifference[] {
  const [there, booked] = [totals(warehouse), totals(books)]
  const units = new Map([...books, ...warehouse].map(({ sku, unit }) => [sku, unit ?? UNIT]))
  return [...new Set([...there.keys(), ...booked.keys()])].sort().flatMap((sku) => {
    const [inWarehouse, inBooks] = [there.get(sku) ?? 0, booked.get(sku) ?? 0]
    const quantity = Math.round((inWarehouse - inBooks) * 1000) / 1000
    if (Math.abs(quantity) < TOLERANCE) return []
    return [{ sku, unit: units.get(sku) ?? UNIT, warehouse: inWarehouse, books: inBooks, quantity }]
  })
}

function totals(positions: readonly Position[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { sku, onHand } of positions) sums.set(sku, (sums.get(sku) ?? 0) + onHand)
  return sums
}
