import type { JsonObject } from '../json.ts'
import { array, chance, text } from '../json.ts'

/** A shift of one driver on one day, in minutes since midnight. */
export interface Shift {
  serial: number
  from: number
  until: number
}

export const DRIVERS = 4
/** Parcels that a van takes. */
const CAPACITY = 60
/** Drivers with the papers for dangerous goods. */
const QUALIFIED = [1, 2]
const SKILL = 'ADR'
const FIRST_STOP = 30
const BETWEEN_STOPS = 15

/** What a driver has to do on a day. */
export interface Tour {
  /** Minutes since midnight at which he is at a stop. */
  minutes: number[]
  load: number
}

/** A job's place. */
export interface Place {
  serial: number
  minute: number
}

/** Where a job fits: a driver with the papers, room in the van, and an hour in the shift and in the window. Undefined: nowhere. */
export function placeFor(order: JsonObject, tours: Record<string, Tour>, shifts: readonly Shift[]): Place | undefined {
  const first = 1 + Math.floor(chance('driver', text(order['orderNo'])) * DRIVERS)
  const turn = ({ serial }: Shift) => (serial - first + DRIVERS) % DRIVERS
  for (const shift of shifts.toSorted((a, b) => turn(a) - turn(b))) {
    const { minutes, load } = tours[shift.serial] ?? { minutes: [], load: 0 }
    if (needsPapers(order) && !QUALIFIED.includes(shift.serial)) continue
    if (load + loadOf(order) > CAPACITY) continue
    const minute = freeMinute(order, minutes, shift)
    if (minute !== undefined) return { serial: shift.serial, minute }
  }
  return undefined
}

function freeMinute(order: JsonObject, taken: readonly number[], shift: Shift): number | undefined {
  const closes = Math.min(minutesOf(order['twTo']) ?? shift.until, shift.until)
  const start = Math.max(shift.from + FIRST_STOP, minutesOf(order['twFrom']) ?? 0)
  for (let minute = start; minute <= closes; minute += BETWEEN_STOPS) if (!taken.includes(minute)) return minute
  return undefined
}

/** The tours with one job more, or one less. */
export function withJob(
  tours: Record<string, Tour>,
  { serial, minute }: Place,
  order: JsonObject,
): Record<string, Tour> {
  const { minutes, load } = tours[serial] ?? { minutes: [], load: 0 }
  return { ...tours, [serial]: { minutes: [...minutes, minute], load: load + loadOf(order) } }
}

export function withoutJob(
  tours: Record<string, Tour>,
  { serial, minute }: Place,
  order: JsonObject,
): Record<string, Tour> {
  const { minutes, load } = tours[serial] ?? { minutes: [], load: 0 }
  return { ...tours, [serial]: { minutes: minutes.filter((one) => one !== minute), load: load - loadOf(order) } }
}

export const loadOf = (order: JsonObject): number => Number(order['load1'] ?? 0)
const needsPapers = (order: JsonObject): boolean => array(order['skills']).map(text).includes(SKILL)

/** `14:30` as minutes since midnight. */
export function minutesOf(time: unknown): number | undefined {
  const parts = typeof time === 'string' ? /^(\d{2}):(\d{2})$/.exec(time) : null
  return parts ? Number(parts[1]) * 60 + Number(parts[2]) : undefined
}
