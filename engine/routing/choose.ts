import type { Candidate, Selection } from '../canonical/types.ts'
import type { Allowance, Capacity } from './capacity.ts'
import { type Decision, type DecisionDeps, decide, type Question, type Ranked } from './decide.ts'
import { fullWords } from './judge.ts'
import type { ReadTable } from './read-table.ts'

export interface Choice {
  decision: Decision
  /** Undefined: nobody can carry it. */
  chosen?: Ranked
}

/** Decides and takes a place with whom it chooses; who has given its last one away meanwhile is passed by. */
export async function choose(
  read: ReadTable,
  question: Question,
  deps: DecisionDeps & { capacity: Pick<Capacity, 'take'> },
): Promise<Choice> {
  let decision = await decide(read, question, deps)
  for (const one of decision.ranked) {
    const full = await deps.capacity.take(one.allowances, question.shipment.shipmentId)
    if (full === undefined) return { decision, chosen: one }
    decision = without(decision, one, full)
  }
  return { decision }
}

/** As the shipment keeps it. */
export function selectionOf({ decision, chosen }: Choice, now: number): Selection {
  return {
    ...(chosen && { partner: chosen.partner, row: chosen.row }),
    explanation: decision.candidates,
    chosenAt: new Date(now).toISOString(),
  }
}

function without({ rows, candidates, ranked }: Decision, { partner, row }: Ranked, full: Allowance): Decision {
  const left = ranked.filter((one) => one.partner !== partner || one.row !== row)
  const place = (one: Candidate) => left.findIndex((other) => other.partner === one.partner && other.row === one.row)
  return {
    rows,
    ranked: left,
    candidates: candidates.map(({ rank, ...one }) => {
      if (one.partner === partner && one.row === row) return { ...one, eligible: false, reasons: [fullWords(full)] }
      return rank === undefined ? one : { ...one, rank: place(one) + 1 }
    }),
  }
}
