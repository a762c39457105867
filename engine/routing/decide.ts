import type { Candidate, PassedOver, Shipment } from '../canonical/types.ts'
import type { Calendar } from '../delivery/calendar.ts'
import type { Profile } from '../partner/profile-types.ts'
import type { Evaluate } from '../partner/template.ts'
import type { Allowance } from './capacity.ts'
import { factsOf } from './facts.ts'
import { judgeCandidate, type JudgedCandidate } from './judge.ts'
import type { PricingDeps } from './price.ts'
import { ranked } from './rank.ts'
import type { ReadTable } from './read-table.ts'
import { judgeRows, type RowVerdict } from './rows.ts'
import type { Score } from './scorecard.ts'

/** How a partner is at the moment. */
export interface Standing {
  /** Nothing may be booked there, for this reason. */
  closed?: string
  /** It does not answer, or somebody holds it back: taken only when no other fits, since an accepted order can wait for it. */
  unwell?: string
}

export interface DecisionDeps extends PricingDeps {
  profiles: ReadonlyMap<string, Profile>
  evaluate: Evaluate
  standing: (partner: string) => Promise<Standing>
  score: (partner: string) => Promise<Pick<Score, 'score' | 'ended'>>
  /** How many places others than this shipment have taken. */
  taken: (allowance: Allowance, shipmentId: string) => Promise<{ others: number }>
  /** Of the site that goods are picked up from. */
  calendar: Calendar | undefined
}

export interface Question {
  shipment: Shipment
  /** Epoch milliseconds. */
  now: number
  /** Couriers that have said no to this shipment, or could not be had. */
  passedOver?: readonly PassedOver[]
}

/** What the rules say about a shipment: every row, every candidate of those that match, and in which order they are asked. */
export interface Decision {
  rows: RowVerdict[]
  candidates: Candidate[]
  /** Those that can carry it, the best first, each once. */
  ranked: Ranked[]
}

export interface Ranked {
  partner: string
  row: string
  pickUpOn: string
  allowances: Allowance[]
}

/**
 * Decide, and say why. The first row that matches decides; where nobody of it can carry the shipment, or could after those that can have
 * said no, the next one does, unless the row wants it otherwise. The same question under the same circumstances has the same answer.
 */
export async function decide(read: ReadTable, question: Question, deps: DecisionDeps): Promise<Decision> {
  const facts = factsOf(question.shipment, question.now)
  const rows = await judgeRows(read, facts, deps.evaluate)
  const candidates: Candidate[] = []
  const order: Ranked[] = []
  for (const { row, verdict } of rows) {
    if (!verdict.matched) continue
    const judged = await Promise.all(
      row.candidates.map((candidate) => judgeCandidate({ candidate, row, facts, table: read.table, question }, deps)),
    )
    const best = ranked(judged, row, read.table).filter(({ partner }) => order.every((one) => one.partner !== partner))
    for (const { partner, pickUpOn, allowances } of best) order.push({ partner, row: row.name, pickUpOn, allowances })
    candidates.push(...judged.map((one) => shown(one, row.name, order)))
    if (row.otherwise === 'none') break
  }
  return { rows: rows.map(({ verdict }) => verdict), candidates, ranked: order }
}

function shown({ candidate }: JudgedCandidate, row: string, order: Ranked[]): Candidate {
  const place = order.findIndex((one) => one.partner === candidate.partner && one.row === row)
  return { ...candidate, row, ...(candidate.eligible && place >= 0 && { rank: place + 1 }) }
}
