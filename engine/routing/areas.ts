import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import type { Location } from '../canonical/types.ts'

type Ring = number[][]
type Polygon = Ring[]

/** A part of the earth, as one or more polygons of GeoJSON. */
export interface Area {
  has(place: Location): boolean
}

/** Corners of one area: more is a coastline, and a line of it can be left out. */
const MOST_CORNERS = 20_000

/**
 * Reads a Polygon, a MultiPolygon, or features of them (RFC 7946: longitude first).
 * @throws Error for people
 */
export function readArea(geoJson: unknown): Area {
  const polygons = polygonsOf(geoJson)
  if (polygons.length === 0) throw new Error('there is no polygon in it')
  if (polygons.flat(1).reduce((sum, ring) => sum + ring.length, 0) > MOST_CORNERS)
    throw new Error(`it has more than ${MOST_CORNERS} corners`)
  for (const ring of polygons.flat(1)) checkRing(ring)
  const shape = { type: 'MultiPolygon' as const, coordinates: polygons }
  const box = boxOf(polygons)
  return {
    has({ lat, lon }) {
      const near = lon >= box.west && lon <= box.east && lat >= box.south && lat <= box.north
      return near && booleanPointInPolygon([lon, lat], shape)
    },
  }
}

function polygonsOf(value: unknown): Polygon[] {
  if (value === null || typeof value !== 'object') throw new Error('it is no GeoJSON')
  const { type, geometry, features, geometries, coordinates } = value as Record<string, unknown>
  if (type === 'Polygon') return [coordinates as Polygon].map(checkPolygon)
  if (type === 'MultiPolygon') return listOf(coordinates).map((one) => checkPolygon(one as Polygon))
  if (type === 'Feature') return polygonsOf(geometry)
  if (type === 'FeatureCollection') return listOf(features).flatMap(polygonsOf)
  if (type === 'GeometryCollection') return listOf(geometries).flatMap(polygonsOf)
  throw new Error('it is no Polygon, MultiPolygon or Feature of GeoJSON')
}

function checkPolygon(polygon: Polygon): Polygon {
  if (!Array.isArray(polygon) || polygon.length === 0 || !polygon.every(Array.isArray))
    throw new Error('a polygon has no rings')
  return polygon
}

function checkRing(ring: Ring): void {
  const isCorner = (corner: unknown) =>
    Array.isArray(corner) && corner.length >= 2 && Math.abs(corner[0]) <= 180 && Math.abs(corner[1]) <= 90
  if (ring.length < 4 || !ring.every(isCorner))
    throw new Error('a ring has less than four corners [longitude, latitude]')
  const [first, last] = [ring[0]!, ring.at(-1)!]
  if (first[0] !== last[0] || first[1] !== last[1]) throw new Error('a ring does not end where it begins')
}

function boxOf(polygons: Polygon[]): { west: number; east: number; south: number; north: number } {
  const box = { west: 180, east: -180, south: 90, north: -90 }
  for (const [lon = 0, lat = 0] of polygons.flat(2)) {
    box.west = Math.min(box.west, lon)
    box.east = Math.max(box.east, lon)
    box.south = Math.min(box.south, lat)
    box.north = Math.max(box.north, lat)
  }
  return box
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error('it is no GeoJSON')
  return value
}
