import { DateTime } from 'luxon'
import { CartageError } from '../errors.ts'
import { WallClock } from './wall-clock.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** A business calendar as people write it down. JSON: it is kept with the timers that count by it. */
export interface CalendarPlan {
  /** IANA name, such as Europe/Paris. */
  zone: string
  /** `08:00-12:00, 13:00-17:30`; to 24:00, or past midnight (`22:00-06:00`). Empty: closed. */
  hours: Record<Weekday, string>
  /** Days on which nothing opens, one a line: `2026-12-24`, `12-25` (each year), `2026-08-03/2026-08-21`, and what it is called. */
  holidays: string
  /** `16:00`: what comes later counts from the opening of the next open day. Empty: none. */
  cutOff: string
}

/** Minutes since midnight of the day on which it opens; `to` may lie in the next day. */
export interface Span {
  from: number
  to: number
}

export interface Holidays {
  /** From the first to the last day, as `2026-08-03`. */
  periods: { first: string; last: string }[]
  /** Each year, as `12-25`. */
  yearly: Set<string>
}

export interface ParsedPlan {
  zone: string
  /** Monday first. */
  week: Span[][]
  holidays: Holidays
  /** Minutes since midnight. */
  cutOff: number | undefined
}

const DAY_MINUTES = 1440
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/
const LONGEST_TEXT = 20_000

/** Reads a plan of any origin. Throws `invalid` with the field and the part of it that is wrong. */
export function parsePlan(plan: unknown): ParsedPlan {
  const fields = record(plan)
  const zone = text(fields, 'zone')
  if (!WallClock.isZone(zone))
    throw wrong('calendar.zone', `"${shown(zone)}" is no time zone like Europe/Paris`, 'zone')
  const hours = record(fields['hours'])
  const week = WEEKDAYS.map((day) => spans(text(hours, day), day))
  apart(week)
  if (week.every((day) => day.length === 0))
    throw wrong('calendar.never-open', 'the calendar has no opening hours: no time would ever pass', 'hours')
  return { zone, week, holidays: holidays(text(fields, 'holidays')), cutOff: cutOff(text(fields, 'cutOff'), week) }
}

function spans(said: string, day: Weekday): Span[] {
  const parts = said.split(',').map((part) => part.trim())
  if (parts.length === 1 && parts[0] === '') return []
  const found = parts.map((part) => span(part, day)).sort((a, b) => a.from - b.from)
  for (const [index, one] of found.entries())
    if (one.from < (found[index - 1]?.to ?? 0)) throw hoursWrong(day, said, 'has hours that overlap')
  return found
}

function span(part: string, day: Weekday): Span {
  const [from, to, more] = part.split('-').map((end) => end.trim())
  const opens = minutes(from)
  const closes = to === '24:00' ? DAY_MINUTES : minutes(to)
  if (opens === undefined || closes === undefined || more !== undefined || opens === closes)
    throw hoursWrong(day, part, 'is no span like 08:00-17:30')
  return { from: opens, to: closes > opens ? closes : closes + DAY_MINUTES }
}

/** A night that runs into the next day's hours would count twice. */
function apart(week: Span[][]): void {
  for (const [index, day] of week.entries()) {
    const end = (day.at(-1)?.to ?? 0) - DAY_MINUTES
    const next = (index + 1) % 7
    const opens = week[next]?.[0]?.from ?? DAY_MINUTES
    if (end > opens)
      throw hoursWrong(WEEKDAYS[index]!, clock(end), `runs past midnight into the hours of ${WEEKDAYS[next]}`)
  }
}

function holidays(said: string): Holidays {
  const found: Holidays = { periods: [], yearly: new Set() }
  for (const line of said.split('\n').map((one) => one.trim())) {
    if (line === '') continue
    const [date = ''] = line.split(/\s/, 1)
    const [first = '', last = first, more] = date.split('/')
    // 2024 was a leap year: 02-29 is a day that can be meant.
    if (/^\d\d-\d\d$/.test(date) && isDate(`2024-${date}`)) found.yearly.add(date)
    else if (isDate(first) && isDate(last) && first <= last && more === undefined) found.periods.push({ first, last })
    else
      throw wrong(
        'calendar.holiday',
        `"${shown(line)}" is no holiday like 2026-12-24, 12-25 or 2026-08-03/2026-08-21`,
        'holidays',
      )
  }
  return found
}

function cutOff(said: string, week: Span[][]): number | undefined {
  if (said === '') return undefined
  const at = minutes(said)
  const inside = (one: number) => week.flat().some(({ from, to }) => one > from && one < to)
  if (at === undefined || !(inside(at) || inside(at + DAY_MINUTES)))
    throw wrong('calendar.cut-off', `the cut-off "${shown(said)}" is no time within any opening hours`, 'cutOff')
  return at
}

function minutes(said: string | undefined): number | undefined {
  const [, hours, rest] = TIME.exec(said ?? '') ?? []
  return hours === undefined ? undefined : Number(hours) * 60 + Number(rest)
}

function clock(at: number): string {
  return `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`
}

function isDate(said: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(said) && DateTime.fromISO(said, { zone: 'utc' }).isValid
}

function record(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw wrong('calendar.invalid', 'a calendar has a zone, hours, holidays and a cut-off', 'calendar')
  return value as Record<string, unknown>
}

/** A field that is not there is empty. */
function text(fields: Record<string, unknown>, field: string): string {
  const value = Object.hasOwn(fields, field) ? fields[field] : ''
  if (typeof value !== 'string' || value.length > LONGEST_TEXT)
    throw wrong('calendar.invalid', `${field} must be a text of at most ${LONGEST_TEXT} characters`, field)
  return value.trim()
}

function hoursWrong(day: Weekday, part: string, what: string): CartageError {
  return wrong('calendar.hours', `${day}: "${shown(part)}" ${what}`, `hours.${day}`)
}

function wrong(code: string, message: string, field: string): CartageError {
  return new CartageError('invalid', code, message, { field })
}

function shown(said: string): string {
  return said.length > 60 ? `${said.slice(0, 60)}…` : said
}
