/** So many of so many, and the share; null where there is nothing to share. */
export interface Ratio {
  count: number
  of: number
  /** 0..1, four decimals. */
  share: number | null
}

/** How long something took, minutes; null where it never happened. */
export interface Spread {
  count: number
  median: number | null
  /** Nine of ten took no longer. */
  p90: number | null
  average: number | null
}

export function ratio(count: number, of: number): Ratio {
  return { count, of, share: of === 0 ? null : Math.round((count / of) * 10_000) / 10_000 }
}

/** @param durations milliseconds */
export function spread(durations: readonly number[]): Spread {
  const sorted = [...durations].sort((a, b) => a - b)
  const count = sorted.length
  const sum = sorted.reduce((total, ms) => total + ms, 0)
  return {
    count,
    median: count === 0 ? null : minutes((at(sorted, (count - 1) >> 1) + at(sorted, count >> 1)) / 2),
    p90: count === 0 ? null : minutes(at(sorted, Math.ceil(count * 0.9) - 1)),
    average: count === 0 ? null : minutes(sum / count),
  }
}

function at(sorted: readonly number[], index: number): number {
  return sorted[index] ?? 0
}

function minutes(ms: number): number {
  return Math.round(ms / 600) / 100
}
