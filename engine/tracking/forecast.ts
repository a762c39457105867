import type { Location, Position } from '../canonical/types.ts'
import type { Load } from './aboard.ts'
import { metresTo } from './fences.ts'

/** Roads are longer than the straight line: the usual factor in and between towns. */
const DETOUR = 1.3
/** What a vehicle does on the average, km/h: slower is a jam or a stop, faster is a motorway that ends. */
const SLOWEST = 10
const FASTEST = 90
/** How much the newest position says of the average. */
const NEWEST_SHARE = 0.3
const MAX_REMEMBERED = 10_000
const MINUTE_MS = 60_000

/** How fast vehicles have been lately, from what they say and from the way between their positions. A hint: a restart forgets it. */
export class Speeds {
  readonly #known = new Map<string, { position: Position; kmh: number }>()

  /** The average with this position in it, km/h. `assumed` while nothing is known. */
  of(position: Position, assumed: number): number {
    const { vehicleId } = position
    const before = this.#known.get(vehicleId)
    const now = position.speedKmh ?? (before && kmhBetween(before.position, position))
    const kmh = now === undefined ? (before?.kmh ?? assumed) : average(before?.kmh ?? assumed, now)
    this.#known.delete(vehicleId)
    this.#known.set(vehicleId, { position, kmh })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
    return kmh
  }
}

function average(before: number, now: number): number {
  return before + NEWEST_SHARE * (Math.min(Math.max(now, SLOWEST), FASTEST) - before)
}

function kmhBetween(from: Position, to: Position): number | undefined {
  const hours = (Date.parse(to.at) - Date.parse(from.at)) / 3_600_000
  return hours > 0 ? metresTo(from, to) / 1000 / hours : undefined
}

export interface Pace {
  kmh: number
  /** Time at a door, minutes. */
  stopMinutes: number
}

export interface Arrival {
  load: Load
  /** RFC 3339, to the minute. */
  eta: string
}

/**
 * When the vehicle will be at the door of what is in it: along the planned stops, in their order. It ends before the first stop that
 * nobody located, since what comes behind it cannot be known.
 */
export function forecast(position: Position, loads: Load[], { kmh, stopMinutes }: Pace): Arrival[] {
  const arrivals: Arrival[] = []
  let here: Location = position
  let at = Date.parse(position.at)
  let stopsBefore = 0
  for (const load of loads.filter(({ pickedUp, waits }) => pickedUp && !waits)) {
    const door = load.stops.find(({ kind }) => kind === 'delivery')?.location
    if (!door) break
    const metres = metresTo(here, door)
    if (arrivals.length > 0 && metres > 0) stopsBefore += 1
    at += ((metres * DETOUR) / 1000 / kmh) * 60 * MINUTE_MS
    const eta = Math.round(at / MINUTE_MS + stopsBefore * stopMinutes) * MINUTE_MS
    arrivals.push({ load, eta: new Date(eta).toISOString() })
    here = door
  }
  return arrivals
}
