import type { CalendarPlan } from '../../engine/delivery/calendar-plan.ts'

const CLOSED = { mon: '', tue: '', wed: '', thu: '', fri: '', sat: '', sun: '' }

/** The same hours on each weekday, none at the weekend, unless `hours` says otherwise. */
export function weekdays(
  hours: string,
  more: Partial<Omit<CalendarPlan, 'hours'>> & { hours?: object } = {},
): CalendarPlan {
  const week = { ...CLOSED, mon: hours, tue: hours, wed: hours, thu: hours, fri: hours }
  return { zone: 'Europe/Paris', holidays: '', cutOff: '', ...more, hours: { ...week, ...more.hours } }
}

/** The same hours on every day of the week. */
export function daily(hours: string, more: Partial<Omit<CalendarPlan, 'hours'>> = {}): CalendarPlan {
  return weekdays(hours, { ...more, hours: { sat: hours, sun: hours } })
}
