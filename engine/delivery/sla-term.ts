import { CartageError } from '../errors.ts'
import { Calendar } from './calendar.ts'
import type { CalendarPlan } from './calendar-plan.ts'
import { DAY_MS, MINUTE_MS } from './wall-clock.ts'

const TERM_UNITS = ['minutes', 'hours', 'days', 'end-of-day'] as const

/**
 * How long something may take. By a calendar minutes and hours are business time, and days are open days; without one all of them
 * simply pass. `end-of-day`: by the close of the business day, or of so many open days later.
 */
export interface Term {
  amount: number
  unit: (typeof TERM_UNITS)[number]
}

export interface TermDates {
  /** When the time begins to count; past a cut-off that is later than the start. */
  countsFrom: number
  warnAt: number
  dueAt: number
}

const UNIT_MS = { minutes: MINUTE_MS, hours: 60 * MINUTE_MS, days: DAY_MS }

/** When to warn and when the time is over. `warnShare` (0..1) is a share of the time that counts. Epoch milliseconds. */
export function termDates(startedAt: number, term: Term, warnShare: number, calendar: Calendar | undefined): TermDates {
  checkTerm(term, calendar)
  if (!calendar) {
    const length = term.amount * UNIT_MS[term.unit as keyof typeof UNIT_MS]
    const warnAt = startedAt + Math.round(length * warnShare)
    return { countsFrom: startedAt, warnAt, dueAt: startedAt + Math.round(length) }
  }
  const countsFrom = calendar.countsFrom(startedAt)
  const dueAt = dueBy(calendar, countsFrom, term)
  const length = calendar.between(countsFrom, dueAt)
  return { countsFrom, warnAt: calendar.add(countsFrom, Math.round(length * warnShare)), dueAt }
}

function dueBy(calendar: Calendar, from: number, { amount, unit }: Term): number {
  if (unit === 'days') return calendar.addDays(from, amount)
  if (unit === 'end-of-day') return calendar.endOfDay(from, amount)
  return calendar.add(from, Math.round(amount * UNIT_MS[unit]))
}

/** Refuses a time that is none. A year is the longest that somebody waits for. */
function checkTerm({ amount, unit }: Term, calendar: Calendar | undefined): void {
  const byDays = unit === 'end-of-day' || (unit === 'days' && calendar !== undefined)
  const least = unit === 'end-of-day' ? 0 : Number.MIN_VALUE
  const most = unit === 'minutes' ? 527_040 : unit === 'hours' ? 8_784 : 366
  if (!TERM_UNITS.includes(unit)) throw wrong(`"${String(unit).slice(0, 20)}" is no unit of time`)
  if (!(amount >= least && amount <= most) || (byDays && !Number.isInteger(amount)))
    throw wrong(
      `the time must be ${unit} ${least === 0 ? 'from' : 'above'} 0 to ${most}${byDays ? ', whole' : ''}, not ${amount}`,
    )
  if (unit === 'end-of-day' && !calendar) throw wrong('the end of a business day needs a business calendar')
}

function wrong(message: string): CartageError {
  return new CartageError('invalid', 'sla.duration', message, { field: 'minutes' })
}

/** What a time started at `now` would come to. `asked` is of any shape: `amount`, `unit`, `warnAt` (percent), maybe a `calendar`. */
export function previewTerm(asked: unknown, now: number): TermDates & { startedAt: number } {
  const { amount, unit, warnAt, calendar } = (asked ?? {}) as Record<string, unknown>
  const term = { amount: Number(amount), unit } as Term
  const share = Math.min(Math.max(Number(warnAt) / 100 || 0, 0), 1)
  const plan = calendar === undefined ? undefined : new Calendar(calendar as CalendarPlan)
  return { startedAt: now, ...termDates(now, term, share, plan) }
}
