import { DateTime } from 'luxon'
import { CartageError } from '../errors.ts'

/** Hours in which nobody is told anything, by a clock: `21:00` to `08:00`. */
export interface QuietHours {
  from: string
  until: string
  /** IANA name. */
  zone: string
}

/**
 * When the quiet hours end in which that time lies; undefined when it lies in none. Times are epoch milliseconds. Where the clock is put
 * forward or back meanwhile, it is the clock that counts.
 * @throws CartageError invalid `notice.quiet-hours`
 */
export function quietUntil(at: number, { from, until, zone }: QuietHours): number | undefined {
  const now = DateTime.fromMillis(at, { zone })
  if (!now.isValid) throw wrong(`"${zone.slice(0, 40)}" is no time zone`)
  const [starts, ends] = [clock(from), clock(until)]
  if (starts === ends) return undefined
  const minute = now.hour * 60 + now.minute
  const overnight = starts > ends
  const quiet = overnight ? minute >= starts || minute < ends : minute >= starts && minute < ends
  if (!quiet) return undefined
  const day = overnight && minute >= starts ? now.plus({ days: 1 }) : now
  return day
    .startOf('day')
    .set({ hour: Math.floor(ends / 60), minute: ends % 60 })
    .toMillis()
}

/** Minutes since midnight. */
function clock(text: string): number {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  if (hours === undefined) throw wrong(`"${text.slice(0, 20)}" is no time of day like 21:00`)
  return Number(hours) * 60 + Number(minutes)
}

function wrong(message: string): CartageError {
  return new CartageError('invalid', 'notice.quiet-hours', message, { field: 'quietFrom' })
}
