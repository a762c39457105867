import { DateTime } from 'luxon'
import { isDateTime } from '../canonical/formats.ts'
import type { EventType, ServiceLevel, Shipment } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { zoneOf, zoneOfText } from './zone.ts'

/** When somebody wants to have it. RFC 3339. */
export interface Window {
  from: string
  to: string
}

/** For how many days ahead a service is kept, today not counted. */
const DAYS_AHEAD: Readonly<Record<ServiceLevel, number>> = {
  same_day: 3,
  express: 3,
  next_day: 7,
  standard: 14,
  economy: 14,
}
/** Hours of the day between which couriers ring, by the clock of the place. */
const OPENS = 6
const CLOSES = 22
const SHORTEST_MS = 60 * 60_000
const LONGEST_MS = 12 * 60 * 60_000
/** What is offered of a day, hours. Sundays nobody drives. */
const OFFERED: readonly [from: number, to: number][] = [
  [8, 12],
  [12, 16],
  [16, 20],
]
const SUNDAY = 7
const MOST_OFFERED = 12

/** With one of these the goods are at the door, gone, or on the way back. A failed attempt is none: another follows. */
const TOO_LATE: ReadonlySet<EventType> = new Set([
  'delivery.out_for_delivery',
  'delivery.approaching',
  'delivery.arrived',
  'delivery.ready_for_collection',
  'delivery.completed',
  'delivery.failed',
  'return.started',
  'return.completed',
  'shipment.lost',
  'shipment.cancelled',
])

/**
 * Why the shipment cannot be delivered in that window; undefined when the courier may be asked. The status counts that it had at
 * `now` (epoch milliseconds), so that a step that runs again later comes to the same decision.
 */
export function mayReschedule(shipment: Shipment, window: Window, now: number): CartageError | undefined {
  return tooLate(shipment, now) ?? unusable(shipment, window, { now, zone: zoneFor(shipment) })
}

/** Why it is too late to change anything about the delivery: refused `shipment.too-late`. */
export function tooLate(shipment: Shipment, now: number): CartageError | undefined {
  if (!TOO_LATE.has(statusAt(shipment, now))) return undefined
  return new CartageError('refused', 'shipment.too-late', 'The shipment is too far along for that.')
}

/** Windows that a customer may choose from, earliest first; none when it is too late. */
export function offeredWindows(shipment: Shipment, now: number): Window[] {
  if (tooLate(shipment, now)) return []
  const zone = zoneFor(shipment)
  const today = DateTime.fromMillis(now, { zone }).startOf('day')
  const days = Array.from({ length: DAYS_AHEAD[shipment.serviceLevel] }, (_, index) => today.plus({ days: index + 1 }))
  const windows = days.flatMap((day) =>
    OFFERED.map(([from, to]) => ({ from: isoText(day.set({ hour: from })), to: isoText(day.set({ hour: to })) })),
  )
  return windows.filter((window) => !unusable(shipment, window, { now, zone })).slice(0, MOST_OFFERED)
}

/** By which clock the consignee lives. */
export function zoneFor({ consignee, promise }: Pick<Shipment, 'consignee' | 'promise'>): string {
  return zoneOf(consignee.address, zoneOfText(promise?.latest) ?? 'UTC')
}

/** The newest of what was known at that time decided the status. */
function statusAt({ timeline, status }: Shipment, now: number): EventType {
  const known = timeline.filter(({ receivedAt }) => Date.parse(receivedAt) <= now)
  const last = known.reduce<(typeof known)[number] | undefined>(
    (newest, entry) => (newest === undefined || entry.sequence > newest.sequence ? entry : newest),
    undefined,
  )
  return last?.to ?? status
}

function unusable(
  { serviceLevel }: Shipment,
  { from, to }: Window,
  { now, zone }: { now: number; zone: string },
): CartageError | undefined {
  const [start, end] = [from, to].map((time) => DateTime.fromISO(time, { zone, setZone: false }))
  if (!start?.isValid || !isDateTime(from)) return wrong('window.from', 'is no time with its zone')
  if (!end?.isValid || !isDateTime(to)) return wrong('window.to', 'is no time with its zone')
  const length = end.toMillis() - start.toMillis()
  if (length < SHORTEST_MS || length > LONGEST_MS) return wrong('window.to', 'must be 1 to 12 hours after window.from')
  if (start.toMillis() <= now) return wrong('window.from', 'must be in the future')
  const last = DateTime.fromMillis(now, { zone }).plus({ days: DAYS_AHEAD[serviceLevel] })
  if (start > last.endOf('day'))
    return wrong('window.from', `must be within ${DAYS_AHEAD[serviceLevel]} days for this service`)
  const sameDay = start.hasSame(end, 'day') && start.hour >= OPENS && end <= start.startOf('day').set({ hour: CLOSES })
  if (start.weekday === SUNDAY || !sameDay)
    return wrong('window.from', `must be on one day from Monday to Saturday, ${OPENS}:00 to ${CLOSES}:00 local time`)
  return undefined
}

function wrong(field: string, message: string): CartageError {
  return new CartageError('invalid', 'reschedule.window', `${field} ${message}`, { field })
}

function isoText(time: DateTime): string {
  return time.toISO({ suppressMilliseconds: true }) ?? ''
}
