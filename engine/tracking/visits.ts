import { pointToLineDistance } from '@turf/point-to-line-distance'
import type { Location, Position } from '../canonical/types.ts'
import { type Fence, hasLeft, isInside } from './fences.ts'

/** A place that the vehicle was at, or is at. */
export interface Visit {
  fence: Fence
  /** Counts how often it came here. */
  number: number
  /** RFC 3339; absent once it has left. */
  since?: string
  /** That it waits here longer than it should was told. */
  dwellTold?: boolean
}

/** What is kept of a vehicle between its positions. */
export interface Watch {
  /** Time of the position that changed it last; nothing older counts any more. */
  at: string
  visits: Visit[]
  /** Where it was last: the corridor begins here. */
  left?: Location
  /** How often it left the corridor, and whether it is outside now. */
  detours: number
  astray: boolean
}

export interface Rules {
  /** Waiting at a stop for longer is told, milliseconds; 0: never. */
  dwellMs: number
  /** How far from the straight way between the planned stops, metres; 0: any way is right. */
  deviationM: number
}

/** What a vehicle has to do. */
export interface Tour {
  /** What is in it, or waits for it. */
  shipmentIds: string[]
  /** Where the goods come from. */
  from?: Location | undefined
  /** The planned stops that are ahead, in order. */
  doors: Location[]
}

export type Happening =
  | { what: 'arrived' | 'dwell' | 'departed'; visit: Visit; minutes: number }
  | { what: 'deviated'; number: number }

export interface Seen {
  /** Absent: nothing to keep. */
  watch?: Watch
  happenings: Happening[]
}

/** Faster than this the vehicle drives past a door, whatever the fence says, km/h. */
const PASSING_KMH = 50

/**
 * What a position means for the places that its vehicle has to do with: pure, and by how things stand, not by what came before, so
 * that after positions were lost the next one tells what they would have told.
 * @param tour begins where the vehicle was last, once it has been anywhere
 */
export function see(before: Watch | undefined, position: Position, fences: Fence[], tour: Tour, rules: Rules): Seen {
  const known = before ?? { at: position.at, visits: [], detours: 0, astray: false }
  const { visits, happenings } = movements(known, position, fences, tour, rules)
  const left = happenings.reduce(
    (last, one) => (one.what === 'departed' ? centreOf(one.visit.fence) : last),
    known.left,
  )
  const ahead = { ...tour, from: left ?? tour.from }
  const { astray, detours } = corridor(known, position, visits, ahead, rules)
  if (detours > known.detours) happenings.push({ what: 'deviated', number: detours })
  const changed = happenings.length > 0 || astray !== known.astray || visits.length !== known.visits.length
  if (!changed) return { happenings }
  return { watch: { at: position.at, visits, ...(left && { left }), detours, astray }, happenings }
}

function movements(known: Watch, position: Position, fences: Fence[], { shipmentIds }: Tour, { dwellMs }: Rules) {
  const happenings: Happening[] = []
  // A stop that was done meanwhile is still left; one that was left and is done is forgotten.
  const visits = known.visits
    .filter(({ fence, since }) => since !== undefined || !fence.shipmentId || shipmentIds.includes(fence.shipmentId))
    .map((visit) => {
      if (visit.since === undefined) return visit
      const minutes = minutesBetween(visit.since, position.at)
      if (hasLeft(position, visit.fence)) {
        happenings.push({ what: 'departed', visit, minutes })
        return { fence: visit.fence, number: visit.number }
      }
      if (visit.dwellTold || dwellMs === 0 || minutes * 60_000 < dwellMs) return visit
      happenings.push({ what: 'dwell', visit, minutes })
      return { ...visit, dwellTold: true }
    })
  if ((position.speedKmh ?? 0) > PASSING_KMH) return { visits, happenings }
  for (const fence of fences) {
    const at = visits.findIndex((visit) => visit.fence.key === fence.key)
    if (visits[at]?.since !== undefined || !isInside(position, fence)) continue
    const visit: Visit = { fence, number: (visits[at]?.number ?? 0) + 1, since: position.at }
    happenings.push({ what: 'arrived', visit, minutes: 0 })
    if (at < 0) visits.push(visit)
    else visits[at] = visit
  }
  return { visits, happenings }
}

/** A vehicle that is at a place is where it should be; one that has come back to half the distance is back. */
function corridor(known: Watch, position: Position, visits: Visit[], { from, doors }: Tour, { deviationM }: Rules) {
  const { astray, detours } = known
  const isSomewhere = visits.some(({ since }) => since !== undefined)
  const line = [...(from ? [from] : []), ...doors].filter((place, at, all) => !isSame(place, all[at - 1]))
  if (deviationM === 0 || isSomewhere || line.length < 2) return { astray: false, detours }
  const off = metresOff(position, line)
  if (astray) return { astray: off > deviationM / 2, detours }
  return off > deviationM ? { astray: true, detours: detours + 1 } : { astray, detours }
}

function isSame(place: Location, other: Location | undefined): boolean {
  return place.lat === other?.lat && place.lon === other.lon
}

function metresOff({ lat, lon }: Location, way: Location[]): number {
  const line = { type: 'LineString' as const, coordinates: way.map((place) => [place.lon, place.lat]) }
  return pointToLineDistance([lon, lat], line, { units: 'meters' })
}

function centreOf({ shape }: Fence): Location {
  if ('centre' in shape) return shape.centre
  const corners = shape.rings[0] ?? []
  const mean = (axis: 0 | 1) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length
  return { lon: mean(0), lat: mean(1) }
}

function minutesBetween(from: string, to: string): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / 60_000)
}
