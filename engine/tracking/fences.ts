import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import type { Location } from '../canonical/types.ts'
import { distanceKm } from '../canonical/plausibility.ts'
import { CartageError } from '../errors.ts'
import type { Load } from './aboard.ts'

type Ring = [lon: number, lat: number][]

/** Where a fence runs: a circle around a door, or the border of a yard (rings as in GeoJSON). */
export type Shape = { centre: Location; radiusM: number } | { rings: Ring[] }

/** A place where the arrival of a vehicle means something. */
export interface Fence {
  /** Names it within what is kept of a vehicle. */
  key: string
  kind: 'pickup' | 'delivery' | 'return' | 'yard'
  shape: Shape
  /** Of a yard. */
  name?: string
  /** Of a stop. */
  shipmentId?: string
  stopSequence?: number
}

/** Leaving takes more than a step across the line, or a vehicle at the border would come and go with every position. */
const LEAVE_SHARE = 1.25

export function isInside(place: Location, { shape }: Fence): boolean {
  if ('rings' in shape)
    return booleanPointInPolygon([place.lon, place.lat], { type: 'Polygon', coordinates: shape.rings })
  return metresTo(place, shape.centre) <= shape.radiusM
}

export function hasLeft(place: Location, fence: Fence): boolean {
  const { shape } = fence
  return 'rings' in shape ? !isInside(place, fence) : metresTo(place, shape.centre) > shape.radiusM * LEAVE_SHARE
}

export function metresTo(from: Location, to: Location): number {
  return distanceKm(from, to) * 1000
}

/** The stops that are still to do: the pick-up until it is picked up, from then on the delivery. Places nobody located have no fence. */
export function stopFences(loads: Load[], radiusM: number): Fence[] {
  return loads.flatMap(({ shipmentId, pickedUp, waits, stops }) =>
    stops.flatMap(({ kind, sequence, location }): Fence[] =>
      location === undefined || waits || (kind === 'pickup') === pickedUp
        ? []
        : [
            {
              key: `${shipmentId}/${sequence}`,
              kind,
              shape: { centre: location, radiusM },
              shipmentId,
              stopSequence: sequence,
            },
          ],
    ),
  )
}

interface Feature {
  properties?: { name?: unknown; radiusM?: unknown } | null
  geometry?: { type?: unknown; coordinates?: unknown } | null
}

/**
 * Yards as an analyst draws them: a GeoJSON FeatureCollection of polygons, or of points with a `radiusM`, each with a `name`.
 * @throws CartageError invalid `geofence.yards`
 */
export function readYards(text: string): Fence[] {
  if (text.trim() === '') return []
  const collection = parsed(text) as { type?: unknown; features?: unknown } | null
  if (collection?.type !== 'FeatureCollection' || !Array.isArray(collection.features))
    throw unreadable('is no FeatureCollection')
  const yards = collection.features.map((feature: Feature, index) => yardOf(feature, index + 1))
  if (new Set(yards.map(({ key }) => key)).size < yards.length) throw unreadable('has two places of one name')
  return yards
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable('is no JSON')
  }
}

function yardOf(feature: Feature | null, nth: number): Fence {
  const name = feature?.properties?.name
  if (typeof name !== 'string' || name.trim() === '') throw unreadable(`has no name at place ${nth}`)
  const shape = shapeOf(feature as Feature)
  if (!shape) throw unreadable(`has no polygon, nor a point with a radiusM, at place ${nth}`)
  return { key: `yard/${name}`, kind: 'yard', name, shape }
}

function shapeOf({ geometry, properties }: Feature): Shape | undefined {
  const coordinates = geometry?.coordinates
  if (geometry?.type === 'Point' && isPoint(coordinates) && Number(properties?.radiusM) > 0)
    return { centre: { lon: coordinates[0], lat: coordinates[1] }, radiusM: Number(properties?.radiusM) }
  const isRing = (ring: unknown): ring is Ring => Array.isArray(ring) && ring.length >= 4 && ring.every(isPoint)
  if (geometry?.type === 'Polygon' && Array.isArray(coordinates) && coordinates.length > 0 && coordinates.every(isRing))
    return { rings: coordinates }
  return undefined
}

function isPoint(value: unknown): value is [number, number] {
  if (!Array.isArray(value)) return false
  const [lon, lat] = value as unknown[]
  return isWithin(lon, 180) && isWithin(lat, 90)
}

function isWithin(value: unknown, limit: number): boolean {
  return typeof value === 'number' && Math.abs(value) <= limit
}

function unreadable(why: string): CartageError {
  return new CartageError('invalid', 'geofence.yards', `the list of yards ${why}`, { field: 'yards' })
}
