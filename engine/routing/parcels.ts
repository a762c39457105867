import type { Package, Shipment } from '../canonical/types.ts'
import { roundTo } from '../mapping/library/decimals.ts'

/** What packages measure together. A size that is not known of one of them is not known of the shipment. */
export interface Measures {
  weightKg: number
  /** Of the heaviest package. */
  parcelKg: number
  /** Longest side of any package. */
  longestCm?: number
  /** Longest side and girth around the others, of the package where that is most. */
  girthCm?: number
  /** Litres, all together. */
  volumeL?: number
  hazardous: boolean
}

/** Decimals kept of sums: grams and tenths of millimetres, without what floats add. */
const DECIMALS = 4

export function measuresOf({ packages }: Pick<Shipment, 'packages'>): Measures {
  const sizes = packages.map(sidesOf)
  const known = sizes.length > 0 && sizes.every((size) => size !== undefined)
  return {
    weightKg: roundTo(sum(packages.map(({ weightKg }) => weightKg)), DECIMALS),
    parcelKg: Math.max(0, ...packages.map(({ weightKg }) => weightKg)),
    hazardous: packages.some(({ hazardous }) => hazardous === true),
    ...(known && {
      longestCm: Math.max(...sizes.map(([longest]) => longest)),
      girthCm: roundTo(Math.max(...sizes.map(([longest, middle, least]) => longest + 2 * (middle + least))), DECIMALS),
      volumeL: roundTo(sum(sizes.map(([a, b, c]) => (a * b * c) / 1000)), DECIMALS),
    }),
  }
}

/** Longest first, whichever was called the length. */
function sidesOf({ lengthCm, widthCm, heightCm }: Package): [number, number, number] | undefined {
  if (lengthCm === undefined || widthCm === undefined || heightCm === undefined) return undefined
  return [lengthCm, widthCm, heightCm].sort((a, b) => b - a) as [number, number, number]
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
