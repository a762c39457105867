import { DateTime } from 'luxon'
import { CartageError } from '../errors.ts'
import { type CalendarPlan, type ParsedPlan, parsePlan, type Span } from './calendar-plan.ts'
import { DAY_MS, type Interval, MINUTE_MS, WallClock } from './wall-clock.ts'

/** Business hours of one day, or a part of them. */
interface Opening extends Interval {
  /** The day on which it opened: a night shift belongs to its evening. Days are counted from 1970-01-01. */
  day: number
}

const DAY_MINUTES = 1440
/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const FIRST_WEEKDAY = 3
/** A time that is not over after so many days will not be waited for: the calendar is as good as closed. */
const LONGEST_DAYS = 5 * 366

/**
 * Business time by one calendar; times are epoch milliseconds. The clock on the wall decides: an hour that is left out in spring
 * is not open, one that comes twice in autumn is open twice. A day off is one on which nothing opens; a night shift that began
 * the evening before goes on to its end.
 */
export class Calendar {
  readonly plan: CalendarPlan
  readonly #parsed: ParsedPlan
  readonly #clock: WallClock

  /** Throws `invalid` when the plan is unusable. */
  constructor(plan: CalendarPlan) {
    this.#parsed = parsePlan(plan)
    this.#clock = new WallClock(this.#parsed.zone)
    this.plan = plan
  }

  /** Business milliseconds from one instant to another; 0 when it is not the later one. */
  between(from: number, to: number): number {
    let sum = 0
    for (const opening of this.#openings(from, to)) sum += Math.min(opening.to, to) - Math.max(opening.from, from)
    return sum
  }

  /** The earliest instant by which so many business milliseconds have passed. */
  add(from: number, milliseconds: number): number {
    if (milliseconds <= 0) return from
    let left = milliseconds
    for (const opening of this.#openings(from)) {
      const start = Math.max(opening.from, from)
      if (left <= opening.to - start) return start + left
      left -= opening.to - start
    }
    throw tooFar()
  }

  /** `at` itself within opening hours, else when it opens next. */
  nextOpening(at: number): number {
    return Math.max(at, this.#nextOpening(at).from)
  }

  /** When the time of something that came at `at` begins to count: at once, or past the cut-off when the next open day opens. */
  countsFrom(at: number): number {
    const day = this.#businessDay(at)
    const cutOff = this.#cutOffOf(day)
    if (cutOff === undefined || at < cutOff) return at
    for (const opening of this.#openings(at)) if (opening.day > day) return opening.from
    throw tooFar()
  }

  /** As far into the day so many open days later as `from` is into its own, at most to the close. Whole days. */
  addDays(from: number, days: number): number {
    const first = this.#nextOpening(from)
    const openings = this.#dayAfter(first.day, days)
    let left = this.#position(first.day, Math.max(from, first.from))
    for (const opening of openings) {
      if (left <= opening.to - opening.from) return opening.from + left
      left -= opening.to - opening.from
    }
    return openings.at(-1)!.to
  }

  /** The close of the business day of `from`, or of the one so many open days later. Whole days. */
  endOfDay(from: number, days: number): number {
    return this.#dayAfter(this.#nextOpening(from).day, days).at(-1)!.to
  }

  /** Business milliseconds of the day that have passed at an instant. */
  #position(day: number, at: number): number {
    return this.#ofDay(day).reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, at) - from), 0)
  }

  /** The openings of the n-th open day after this one. */
  #dayAfter(day: number, days: number): Opening[] {
    let left = days
    for (let next = day; next < day + LONGEST_DAYS; next += 1) {
      const openings = this.#ofDay(next)
      if (openings.length === 0) continue
      if (left === 0) return openings
      left -= 1
    }
    throw tooFar()
  }

  #nextOpening(at: number): Opening {
    for (const opening of this.#openings(at)) return opening
    throw tooFar()
  }

  /** What is open from an instant on, up to another, in order. */
  *#openings(from: number, until = from + LONGEST_DAYS * DAY_MS): Generator<Opening> {
    const last = this.#clock.dayOf(until)
    for (let day = this.#clock.dayOf(from) - 1; day <= last; day += 1)
      for (const opening of this.#ofDay(day)) if (opening.to > from && opening.from < until) yield opening
  }

  #ofDay(day: number): Opening[] {
    return this.#spansOf(day).flatMap((span) => this.#instantsOf(day, span).map((part) => ({ ...part, day })))
  }

  #spansOf(day: number): Span[] {
    const spans = this.#parsed.week[(((day + FIRST_WEEKDAY) % 7) + 7) % 7] ?? []
    return spans.length === 0 || this.#isHoliday(day) ? [] : spans
  }

  #instantsOf(day: number, span: Span): Interval[] {
    return this.#clock.instants(day * DAY_MS + span.from * MINUTE_MS, day * DAY_MS + span.to * MINUTE_MS)
  }

  #isHoliday(day: number): boolean {
    const { periods, yearly } = this.#parsed.holidays
    if (periods.length === 0 && yearly.size === 0) return false
    const date = DateTime.fromMillis(day * DAY_MS, { zone: 'utc' }).toISODate() ?? ''
    return yearly.has(date.slice(5)) || periods.some(({ first, last }) => first <= date && date <= last)
  }

  /** The day that an instant belongs to: in a night shift that of its evening. */
  #businessDay(at: number): number {
    const today = this.#clock.dayOf(at)
    return this.#ofDay(today - 1).some(({ from, to }) => from <= at && at < to) ? today - 1 : today
  }

  /** The first instant of the day at which its cut-off is reached, in a night shift maybe after midnight. */
  #cutOffOf(day: number): number | undefined {
    const { cutOff } = this.#parsed
    const last = this.#spansOf(day).at(-1)
    if (cutOff === undefined || last === undefined) return undefined
    const inTheNight = cutOff < last.from && cutOff + DAY_MINUTES < last.to
    const at = day * DAY_MS + (cutOff + (inTheNight ? DAY_MINUTES : 0)) * MINUTE_MS
    return this.#clock.instants(at, at + DAY_MS)[0]?.from
  }
}

function tooFar(): CartageError {
  const message = `the calendar is not open for so long within ${LONGEST_DAYS / 366} years`
  return new CartageError('invalid', 'calendar.too-far', message, { field: 'calendar' })
}
