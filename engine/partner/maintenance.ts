import { CartageError } from '../errors.ts'

/** A weekly window in which nothing is sent, in the partner's local time. Minutes since midnight; `to` may be past midnight. */
export interface MaintenanceWindow {
  /** 0 = Sunday; undefined: every day. */
  day: number | undefined
  from: number
  to: number
  zone: string
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const FORM = /^(?:(\w{3})\s+)?(\d{2}):(\d{2})-(\d{2}):(\d{2})\s+(\S+)$/
const DAY_MINUTES = 1440
const MINUTE_MS = 60_000
/** Most minutes by which a place sets its clocks. */
const LARGEST_SHIFT = 60

/** Reads `22:00-23:30 Europe/Berlin; Sun 00:00-06:00 Europe/Berlin`. Throws `invalid` naming the part that is wrong. */
export function parseWindows(text: string): MaintenanceWindow[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseWindow)
}

function parseWindow(part: string): MaintenanceWindow {
  const match = FORM.exec(part)
  const day = match?.[1] === undefined ? undefined : DAYS.indexOf(match[1].toLowerCase())
  const [from, to] = match ? [clock(match[2], match[3]), clock(match[4], match[5])] : []
  const zone = match?.[6] ?? ''
  if (from === undefined || to === undefined || from === to || day === -1 || !isZone(zone))
    throw new CartageError(
      'invalid',
      'maintenance.window',
      `"${part}" is no window like "Sun 22:00-23:30 Europe/Berlin"`,
      { field: 'window' },
    )
  return { day, from, to: to > from ? to : to + DAY_MINUTES, zone }
}

/** Milliseconds until the partner may be called again; 0 when it may be now. */
export function closedFor(windows: MaintenanceWindow[], now: number): number {
  return Math.max(0, ...windows.map((window) => closedForOne(window, now)))
}

function closedForOne(window: MaintenanceWindow, now: number): number {
  const left = minutesLeft(window, now)
  if (left === 0) return 0
  // The clocks may change before the end, by an hour at most: look for the minute in which the window really is over.
  const start = now - (now % MINUTE_MS)
  let minutes = Math.max(1, left - LARGEST_SHIFT)
  while (minutesLeft(window, start + minutes * MINUTE_MS) > 0) minutes += 1
  return start + minutes * MINUTE_MS - now
}

/** By the local clock; 0 outside the window. */
function minutesLeft({ day, from, to, zone }: MaintenanceWindow, now: number): number {
  const local = localTime(now, zone)
  // A window that runs past midnight may have begun yesterday.
  for (const [today, minute] of [
    [local.day, local.minute],
    [(local.day + 6) % 7, local.minute + DAY_MINUTES],
  ] as const) {
    const inside = (day === undefined || day === today) && minute >= from && minute < to
    if (inside) return to - minute
  }
  return 0
}

function localTime(now: number, zone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return {
    day: DAYS.indexOf(part('weekday').toLowerCase()),
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  }
}

function clock(hours: string | undefined, minutes: string | undefined): number | undefined {
  const value = Number(hours) * 60 + Number(minutes)
  return Number(hours) <= 23 && Number(minutes) <= 59 ? value : undefined
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined
  } catch {
    return false
  }
}
