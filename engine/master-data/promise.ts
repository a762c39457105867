import { DateTime } from 'luxon'
import type { ServiceTerms, TimeWindow } from '../canonical/types.ts'

const LAST_HOUR = '20:00'

/**
 * What a service level promises for goods that are released now, in RFC 3339 with the offset of its zone: so many working days
 * (Monday to Friday) on, counted from the next one when it is past the cut-off or a weekend. Pure.
 * @param now epoch milliseconds
 */
export function promiseOf(terms: ServiceTerms, now: number): TimeWindow {
  const { transitDays, cutOff, deliverFrom, deliverUntil = LAST_HOUR, timeZone = 'UTC' } = terms
  const released = DateTime.fromMillis(now, { zone: timeZone })
  const isLate = cutOff !== undefined && released > at(released, cutOff)
  let day = isLate || released > at(released, deliverUntil) ? released.plus({ days: 1 }) : released
  while (day.isWeekend) day = day.plus({ days: 1 })
  for (let left = transitDays; left > 0; left -= day.isWeekend ? 0 : 1) day = day.plus({ days: 1 })
  const text = (time: string) => at(day, time).toISO({ suppressMilliseconds: true }) ?? ''
  const from = deliverFrom === undefined ? undefined : at(day, deliverFrom)
  const isAhead = from !== undefined && from > released
  return { ...(isAhead && { earliest: text(deliverFrom!) }), latest: text(deliverUntil) }
}

function at(day: DateTime, time: string): DateTime {
  const [hour, minute] = time.split(':').map(Number)
  return day.set({ hour: hour!, minute: minute!, second: 0, millisecond: 0 })
}
