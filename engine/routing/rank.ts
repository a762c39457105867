import { type Micros, micros, times } from './amount.ts'
import type { JudgedCandidate } from './judge.ts'
import { USUAL_SCORE } from './scorecard.ts'
import type { RoutingRow, RoutingTable } from './table.ts'

/**
 * Those that can carry it, the best first. Who does not answer comes last and who would come late before that, whatever they cost;
 * then the row's strategy decides, and what is equal stays in the order of the list.
 */
export function ranked(
  judged: readonly JudgedCandidate[],
  { strategy }: RoutingRow,
  table: RoutingTable,
): JudgedCandidate[] {
  const fit = judged.filter(({ candidate }) => candidate.eligible)
  const basis = table.currency ?? fit.find(({ price }) => price?.currency !== undefined)?.price?.currency
  const costs = new Map(fit.map((one) => [one, costIn(one, basis, table)]))
  const better = (a: JudgedCandidate, b: JudgedCandidate): number => {
    if (strategy === 'cheapest') return cheaper(costs.get(a), costs.get(b))
    if (strategy === 'scorecard') return scoreOf(b) - scoreOf(a)
    return 0
  }
  return fit.toSorted((a, b) => Number(a.unwell) - Number(b.unwell) || Number(a.late) - Number(b.late) || better(a, b))
}

/** In the currency of the table; undefined where there is no price or no rate of exchange for it. */
function costIn({ price }: JudgedCandidate, basis: string | undefined, table: RoutingTable): Micros | undefined {
  if (price?.currency === undefined || price.currency === basis) return price?.amount
  const rate = micros(table.exchange?.[price.currency] ?? '')
  return rate === undefined ? undefined : times(price.amount, rate)
}

/** One without a cost comes last. */
function cheaper(a: Micros | undefined, b: Micros | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return a < b ? -1 : Number(a > b)
}

function scoreOf({ candidate }: JudgedCandidate): number {
  return candidate.score ?? USUAL_SCORE
}
