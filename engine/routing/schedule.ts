import type { ServiceLevel } from '../canonical/types.ts'
import { Calendar } from '../delivery/calendar.ts'
import { type CalendarPlan, WEEKDAYS } from '../delivery/calendar-plan.ts'
import { DAY_MS, WallClock } from '../delivery/wall-clock.ts'
import type { CutOff } from '../partner/profile-types.ts'
import { localTime, minutesOf } from './facts.ts'

/** When a courier would come, and when it would be there. Days are those of the site's clock. */
export interface Schedule {
  zone: string
  /** Epoch milliseconds. */
  pickUpAt: number
  /** `2026-03-02`. */
  pickUpOn: string
  arrivesOn?: string
  /** Why nothing can go today, where it must. */
  objection?: string
}

interface Asked {
  now: number
  serviceLevel: ServiceLevel
  cutOff: CutOff | undefined
  /** Of the site; every day is a working day without one. */
  calendar: Calendar | undefined
  /** Working days on the way. */
  transitDays: number | undefined
}

const OPEN_ALWAYS = Object.fromEntries(WEEKDAYS.map((day) => [day, '00:00-24:00'])) as CalendarPlan['hours']

/** Past the courier's cut-off it comes on the next day on which the site is open; days on the way are days of the calendar. */
export function scheduleOf({ now, serviceLevel, cutOff, calendar, transitDays }: Asked): Schedule {
  const zone = calendar?.plan.zone ?? cutOff?.timeZone ?? 'UTC'
  const site = calendar ?? new Calendar({ zone, hours: OPEN_ALWAYS, holidays: '', cutOff: '' })
  const clock = new WallClock(zone)
  const late = cutOff !== undefined && isLate(now, cutOff)
  const from = late ? startOfTomorrow(clock, now) : site.countsFrom(now)
  const pickUpAt = site.nextOpening(from)
  const schedule: Schedule = { zone, pickUpAt, pickUpOn: dateOf(clock, pickUpAt) }
  if (transitDays !== undefined) schedule.arrivesOn = dateOf(clock, site.endOfDay(pickUpAt, transitDays) - 1)
  if (serviceLevel !== 'same_day') return schedule
  if (late) return { ...schedule, objection: `cut-off for today was at ${cutOff?.time}` }
  return schedule.pickUpOn === dateOf(clock, now)
    ? schedule
    : { ...schedule, objection: 'nothing is picked up today any more' }
}

/** Whether a day is past what was promised; the promise's day is that of the site's clock. */
export function missesPromise({ arrivesOn, zone }: Schedule, latest: string | undefined): boolean {
  return arrivesOn !== undefined && latest !== undefined && arrivesOn > dateOf(new WallClock(zone), Date.parse(latest))
}

function isLate(now: number, { time, timeZone = 'UTC' }: CutOff): boolean {
  return localTime(now, timeZone).minute > minutesOf(time)
}

function startOfTomorrow(clock: WallClock, now: number): number {
  const midnight = (clock.dayOf(now) + 1) * DAY_MS
  return clock.instants(midnight, midnight + DAY_MS)[0]?.from ?? now + DAY_MS
}

function dateOf(clock: WallClock, at: number): string {
  return new Date(clock.read(at)).toISOString().slice(0, 10)
}
