import { DAY_MS } from '../delivery/wall-clock.ts'
import { CartageError } from '../errors.ts'
import type { Period } from './figures.ts'

/** Days up to and with today, UTC. */
const NAMED: Readonly<Record<string, number>> = { today: 1, week: 7, month: 28, quarter: 90 }
const LONGEST_DAYS = 400
const USUAL = 'month'
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/

/**
 * A period as people ask for it: `today`, `week`, `month` or `quarter`, or two times (RFC 3339) or dates (UTC), of which the second is no longer
 * part of it; without `to` it goes to the end of today.
 * @throws CartageError invalid `kpi.period`
 */
export function periodOf(asked: unknown, now: number): Period {
  const endOfToday = Math.floor(now / DAY_MS + 1) * DAY_MS
  if (asked === undefined || asked === '' || typeof asked === 'string') return named(asked || USUAL, endOfToday)
  if (asked !== null && typeof asked !== 'object') throw wrong('period', 'must be a name or two times')
  const { from, to } = (asked ?? {}) as { from?: unknown; to?: unknown }
  const end = to === undefined ? endOfToday : instant('to', to)
  const begin = from === undefined ? end - NAMED[USUAL]! * DAY_MS : instant('from', from)
  if (begin >= end) throw wrong('from', 'must be before to')
  if (end - begin > LONGEST_DAYS * DAY_MS) throw wrong('from', `may be at most ${LONGEST_DAYS} days before to`)
  return { from: begin, to: end }
}

function named(name: string, to: number): Period {
  const days = Object.hasOwn(NAMED, name) ? NAMED[name]! : undefined
  if (days === undefined) throw wrong('period', `must be one of ${Object.keys(NAMED).join(', ')}`)
  return { from: to - days * DAY_MS, to }
}

function instant(field: string, value: unknown): number {
  const at = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN
  // a day that the month does not have would be taken for one of the next
  const exists =
    !Number.isNaN(at) &&
    new Date(`${String(value).slice(0, 10)}T00:00:00Z`).toISOString().startsWith(String(value).slice(0, 10))
  if (!exists) throw wrong(field, 'must be a date or a time with its offset (RFC 3339)')
  return at
}

function wrong(field: string, problem: string): CartageError {
  return new CartageError('invalid', 'kpi.period', `${field} ${problem}`, { field })
}
