import type { EventType, Position, Shipment } from '../canonical/index.ts'
import { html } from './track-html.ts'
import { type Language, LOCALES, WORDS } from './track-words.ts'
import { type Clockwork, expectedTag } from './track-when.ts'

/** Somebody is on the way to this door, or stands at it. */
const UNDER_WAY: ReadonlySet<EventType> = new Set([
  'delivery.out_for_delivery',
  'delivery.approaching',
  'delivery.arrived',
])
/** Further away the van is with other people, and where it is there is none of this reader's business. */
const NEAR_KM = 10
/** An older position says where the van was. */
const FRESH_MS = 15 * 60_000
/** A place is never shown more exactly: it may be at somebody's door. */
const GRID_KM = 0.25
const RADII_KM = [1, 2, 5, 10]

const WIDTH = 320
const HEIGHT = 200
const CENTRE = { x: WIDTH / 2, y: HEIGHT / 2 }
const OUTER = 88

/** Kilometres to the east and to the north of the door. */
interface Offset {
  east: number
  north: number
}

/** The vehicle that the page may ask after: the delivery's own, while it is on its way there. */
export function vehicleToShow({ status, route }: Shipment): string | undefined {
  return UNDER_WAY.has(status) ? route?.vehicleId : undefined
}

/**
 * Where the van is, seen from the door: a drawing with distances, since a map of streets would come from elsewhere, and they would
 * learn who waits where. Empty where there is nothing to show or it may not be shown.
 */
export function map(shipment: Shipment, position: Position | undefined, clockwork: Clockwork): string {
  const door = shipment.consignee.address.location
  if (!position || !door || vehicleToShow(shipment) !== position.vehicleId || (position.flags ?? []).length > 0)
    return ''
  if (Math.abs(clockwork.now - Date.parse(position.at)) > FRESH_MS) return ''
  const offset = offsetOf(door, position)
  const distance = Math.hypot(offset.east, offset.north)
  if (distance > NEAR_KM) return ''
  const { language } = clockwork
  const words = WORDS[language]
  const told = words.away(distanceText(distance, language), words.directions[directionOf(offset)] ?? '')
  return `<section aria-label="${html(words.map)}">${drawing(offset, distance, told, language)}
<p class="note">${html(told)} ${html(words.seen)} ${expectedTag(position.at, clockwork) ?? ''}</p></section>`
}

function drawing(offset: Offset, distance: number, told: string, language: Language): string {
  const radius = RADII_KM.find((km) => km >= distance) ?? NEAR_KM
  const scale = OUTER / radius
  const van = { x: CENTRE.x + offset.east * scale, y: CENTRE.y - offset.north * scale }
  const ring = (km: number) =>
    `<circle class="ring" cx="${CENTRE.x}" cy="${CENTRE.y}" r="${km * scale}"/><text x="${CENTRE.x + 3}" y="${CENTRE.y - km * scale + 11}">${html(kilometres(km, language))}</text>`
  const at = ({ x, y }: { x: number; y: number }) => `${x.toFixed(1)},${y.toFixed(1)}`
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${html(told)}">${ring(radius / 2)}${ring(radius)}
<path class="way" d="M${at(van)} L${at(CENTRE)}"/><path class="home" d="M${CENTRE.x} ${CENTRE.y - 10}l10 8v10h-20v-10z"/>
<circle class="van" cx="${van.x.toFixed(1)}" cy="${van.y.toFixed(1)}" r="7"/><text x="12" y="20">↑ ${html(WORDS[language].north)}</text></svg>`
}

function offsetOf(door: { lat: number; lon: number }, { lat, lon }: Position): Offset {
  // A degree of latitude is 110.57 km; one of longitude 111.32 km at the equator, and less by the cosine away from it.
  const across = ((lon - door.lon + 540) % 360) - 180
  const snapped = (km: number) => Math.round(km / GRID_KM) * GRID_KM
  return {
    east: snapped(across * 111.32 * Math.cos((door.lat * Math.PI) / 180)),
    north: snapped((lat - door.lat) * 110.57),
  }
}

/** Eighths of a turn from north, clockwise. */
function directionOf({ east, north }: Offset): number {
  return (Math.round((Math.atan2(east, north) / Math.PI) * 4) + 8) % 8
}

function distanceText(km: number, language: Language): string {
  if (km < 1) return WORDS[language].under(kilometres(1, language))
  return kilometres(Math.round(km * 2) / 2, language)
}

function kilometres(km: number, language: Language): string {
  return new Intl.NumberFormat(LOCALES[language], { style: 'unit', unit: 'kilometer' }).format(km)
}
