import type { DeadLetter } from './hub.ts'
import type { Judgement } from './judge.ts'

export interface Restarts {
  /** Milliseconds from each kill until the hub was ready again. */
  restartMs: number[]
}

export interface RunFacts extends Restarts {
  seed: string
  seconds: number
}

/** The result as readable lines. */
export function table(judgement: Judgement, facts: RunFacts): string {
  const { erp, latencyMs, outcomes, forgeries } = judgement
  const { orderToBooking, eventToErp } = latencyMs
  const { restartMs, seconds, seed } = facts
  const rows: [string, string][] = [
    ['orders', `${judgement.orders}, accepted ${judgement.accepted} (seed ${seed})`],
    ['bookings', `${judgement.booked}, missing ${judgement.bookings.missing}, doubled ${judgement.bookings.doubled}`],
    ['delivered', `${judgement.delivered} (${breakdown(outcomes, ['delivered', 'second-attempt', 'partial'])})`],
    ['failed', `${judgement.failed} (${breakdown(outcomes, ['refused', 'failed'])}), returned ${judgement.returned}`],
    ['cancelled', `${judgement.cancelled} by the courier`],
    ['cases', `${judgement.cases}, doubled ${judgement.casesDoubled}`],
    ['dead letters', String(judgement.deadLetters)],
    ['kills', `${restartMs.length}${restartMs.length > 0 ? `, ready again after ${spread(restartMs)}` : ''}`],
    ['forgeries', `${forgeries.refused} refused, ${forgeries.accepted} accepted`],
    ['order to booking', `p50 ${orderToBooking.p50} ms, p99 ${orderToBooking.p99} ms`],
    ['event to ERP', `p50 ${eventToErp.p50} ms, p99 ${eventToErp.p99} ms`],
    ['time', `${seconds.toFixed(1)} s, ${(judgement.orders / seconds).toFixed(1)} orders/s`],
  ]
  const kinds = Object.entries(erp.byKind).map(([kind, { expected, present, missing, doubled }]) =>
    columns(kind, expected, present, missing, doubled),
  )
  return [
    ...rows.map(([name, words]) => `${name.padEnd(18)} ${words}`),
    '',
    columns('ERP postings', 'expected', 'present', 'missing', 'doubled'),
    ...kinds,
    columns('all expected', erp.expected, erp.present, erp.missing, erp.doubled),
  ].join('\n')
}

const columns = (name: string, ...cells: (string | number)[]) =>
  [name.padEnd(22), ...cells.map((cell) => String(cell).padStart(9))].join('')

const breakdown = (outcomes: Record<string, number>, names: string[]) =>
  names.map((name) => `${name} ${outcomes[name] ?? 0}`).join(', ')

function spread(milliseconds: number[]): string {
  const seconds = (value: number) => (value / 1000).toFixed(1)
  return `${seconds(Math.min(...milliseconds))} to ${seconds(Math.max(...milliseconds))} s`
}

/** The result as one JSON object. */
export function summaryOf(judgement: Judgement, facts: RunFacts): Record<string, unknown> {
  const { faults, ...counts } = judgement
  const { restartMs, seconds, seed } = facts
  return {
    ...counts,
    kills: restartMs.length,
    restartMs: restartMs.map(Math.round),
    seconds: Math.round(seconds * 10) / 10,
    ordersPerSecond: Math.round((judgement.orders / seconds) * 10) / 10,
    seed,
    ...(faults.length > 0 ? { faults: faults.slice(0, 20) } : {}),
  }
}

/** What is wrong, at most `most` lines, the dead letters' reasons among them. */
export function complaints(judgement: Judgement, deadLetters: DeadLetter[], most = 40): string[] {
  const dead = deadLetters.map(
    ({ subscription, key, code, message }) => `dead letter ${key} in ${subscription}: ${code} ${message}`,
  )
  const lines = [...judgement.faults, ...dead]
  return lines.length > most ? [...lines.slice(0, most), `… and ${lines.length - most} more`] : lines
}
