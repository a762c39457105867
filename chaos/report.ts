import type { Verdict } from './check.ts'
import type { ChaosEvidence } from './evidence.ts'
import type { RunFacts } from './run.ts'

const LINES_PER_PROMISE = 12

/** The result as readable lines. */
export function table(verdict: Verdict, evidence: ChaosEvidence, facts: RunFacts): string {
  const { judgement } = verdict
  const made = Object.entries(facts.faults).map(([kind, times]) => `${kind} ${times}`)
  const rows: [string, string][] = [
    ['rounds', `${facts.rounds} (seed ${facts.seed}, ${facts.store}), ${facts.seconds.toFixed(0)} s`],
    ['faults', made.join(', ')],
    ['acknowledged', kinds(evidence.acknowledged)],
    ['orders', `${judgement.orders}, booked ${judgement.booked}, delivered ${judgement.delivered}`],
    ['ERP postings', `${judgement.erp.present} of ${judgement.erp.expected}`],
    [
      'witness',
      `told ${evidence.told.length} times; the latest agreement ${verdict.timerLateSeconds.toFixed(1)} s late`,
    ],
    ['forgeries', `${judgement.forgeries.refused} refused, ${judgement.forgeries.accepted} accepted`],
    ['memory', `at most ${Math.round(facts.maxRssMb)} MB`],
    ['drained in', `${facts.drainSeconds.toFixed(1)} s`],
    ['lost, doubled, regressed', `${verdict.lost}, ${verdict.doubled}, ${verdict.regressed}`],
  ]
  const broken = Object.entries(verdict.broken).flatMap(([promise, lines]) => [
    '',
    `BROKEN: ${promise} (${lines.length})`,
    ...lines.slice(0, LINES_PER_PROMISE).map((line) => `  ${line}`),
    ...(lines.length > LINES_PER_PROMISE ? [`  … and ${lines.length - LINES_PER_PROMISE} more`] : []),
  ])
  return [...rows.map(([name, words]) => `${name.padEnd(25)} ${words}`), ...broken].join('\n')
}

function kinds(names: string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name.split('/')[0] ?? '', (counts.get(name.split('/')[0] ?? '') ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${count} ${kind}s`).join(', ')
}

/** The result as one JSON object. */
export function summaryOf(verdict: Verdict, evidence: ChaosEvidence, facts: RunFacts): Record<string, unknown> {
  const { lost, doubled, regressed, judgement, broken } = verdict
  const { rounds, seed, store } = facts
  return {
    rounds,
    seed,
    store,
    acked: evidence.acknowledged.length,
    lost,
    doubled,
    regressed,
    maxRssMb: Math.round(facts.maxRssMb),
    drainSeconds: Math.round(facts.drainSeconds * 10) / 10,
    seconds: Math.round(facts.seconds),
    orders: judgement.orders,
    postings: judgement.erp.present,
    told: evidence.told.length,
    timerLateSeconds: Math.round(verdict.timerLateSeconds * 10) / 10,
    faults: facts.faults,
    broken: Object.keys(broken),
  }
}
