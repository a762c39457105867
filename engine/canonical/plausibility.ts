import { distance } from '@turf/distance'
import type { Location, Position } from './types.ts'

export type PositionFlag = NonNullable<Position['flags']>[number]

const HOUR = 3_600_000
/** Devices keep positions while they have no network, for days; a clock that was reset says 1970 or 1980. */
const OLDEST_MS = 30 * 24 * HOUR
/** Clocks drift; nobody reports from tomorrow. */
const NEWEST_MS = HOUR
/** A tour does not leave this circle around the places that it is about. */
const FAR_KM = 1000

/**
 * What looks wrong with a position although each field is in range. A flagged position is kept, but decides nothing: no
 * milestone, no promise, no breach.
 * @param now epoch milliseconds
 * @param near places that the vehicle should be around: its stops, its last position
 */
export function positionFlags(
  { at, lat, lon }: Pick<Position, 'at' | 'lat' | 'lon'>,
  now: number,
  near: Location[] = [],
): PositionFlag[] {
  const flags: PositionFlag[] = []
  const time = Date.parse(at)
  if (time < now - OLDEST_MS) flags.push('time.past')
  if (time > now + NEWEST_MS) flags.push('time.future')
  if (lat === 0 && lon === 0) flags.push('location.null_island')
  else if (near.length > 0 && nearestKm({ lat, lon }, near) > FAR_KM) {
    const swapped = Math.abs(lon) <= 90 && nearestKm({ lat: lon, lon: lat }, near) <= FAR_KM
    flags.push(swapped ? 'location.swapped' : 'location.far')
  }
  return flags
}

function nearestKm(from: Location, places: Location[]): number {
  return Math.min(...places.map((place) => distanceKm(from, place)))
}

/** Great-circle distance in kilometres. */
export function distanceKm(a: Location, b: Location): number {
  return distance([a.lon, a.lat], [b.lon, b.lat])
}
