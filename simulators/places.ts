import { chance } from './json.ts'

export interface Place {
  lat: number
  lon: number
}

/** Where every route of the simulated fleet begins. */
export const DEPOT: Place = { lat: 40.7099, lon: -74.0131 }

/** A door some 500 m to 5 km from the depot, always the same for the same name. */
export function placeOf(name: string): Place {
  const angle = chance('angle', name) * 2 * Math.PI
  const radius = 0.005 + 0.04 * chance('radius', name)
  return {
    lat: round(DEPOT.lat + radius * Math.sin(angle)),
    lon: round(DEPOT.lon + radius * Math.cos(angle)),
  }
}

/** The point at `share` (0..1) of the straight way between two places. */
export function between(from: Place, to: Place, share: number): Place {
  return { lat: round(from.lat + (to.lat - from.lat) * share), lon: round(from.lon + (to.lon - from.lon) * share) }
}

/** Degrees clockwise from north. */
export function heading(from: Place, to: Place): number {
  const degrees = (Math.atan2(to.lon - from.lon, to.lat - from.lat) * 180) / Math.PI
  return Math.round((degrees + 360) % 360)
}

/** Metres on the sphere. */
export function metres(from: Place, to: Place): number {
  const rad = Math.PI / 180
  const a =
    Math.sin(((to.lat - from.lat) * rad) / 2) ** 2 +
    Math.cos(from.lat * rad) * Math.cos(to.lat * rad) * Math.sin(((to.lon - from.lon) * rad) / 2) ** 2
  return 12_742_000 * Math.asin(Math.sqrt(a))
}

const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6
