import { IANAZone } from 'luxon'
import { FunctionError, wordOf } from './function.ts'
import { Place } from './place.ts'

export interface Changes {
  /** What to do with a time that the clocks leave out in spring. */
  gap?: Choice
  /** What to do with a time that the clocks show twice in autumn. */
  overlap?: Choice
}

export type Choice = 'refuse' | 'earlier' | 'later'
const CHOICES: readonly Choice[] = ['refuse', 'earlier', 'later']

const MINUTE = 60_000
/** No place is further from UTC, and no place changes its clocks twice within that time. */
const AROUND = 16 * 60 * MINUTE

/** Where clocks may be set, or the one offset that always holds, in minutes. */
export type Clock = Place | number

/** X12 time codes (data element 623) that say which clock is meant; `LT`, local time, does not. */
// biome-ignore format: a table
const X12: Readonly<Record<string, string>> = {
  UT: 'Z', GM: 'Z',
  ES: '-05:00', ED: '-04:00', ET: 'America/New_York',
  CS: '-06:00', CD: '-05:00', CT: 'America/Chicago',
  MS: '-07:00', MD: '-06:00', MT: 'America/Denver',
  PS: '-08:00', PD: '-07:00', PT: 'America/Los_Angeles',
}

/** A zone of the tz database (`Europe/Berlin`), an offset (`+01:00`, `-0530`, `Z`), or an X12 time code (`ET`). */
export function clockOf(name: string, given: unknown): Clock {
  const text = typeof given === 'string' ? given.trim() : ''
  const zone = Object.hasOwn(X12, text) ? X12[text]! : text
  if (zone === 'Z' || zone === 'UTC') return 0
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(zone)
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0)
    if (minutes > 14 * 60 || Number(offset[3] ?? 0) > 59)
      throw new FunctionError(name, 'no place has that offset', given)
    return offset[1] === '-' ? -minutes : minutes
  }
  // Names without a region (EST, CET) are abbreviations, and several places share them.
  const known = PLACES.get(zone)
  if (known) return known
  if (zone.includes('/') && IANAZone.isValidZone(zone)) return new Place(zone)
  throw new FunctionError(
    name,
    'the zone is none: it is a place such as Europe/Berlin, an offset such as +01:00, or an X12 code such as ET',
    given,
  )
}

/** Zones by the names that they have today: to find out whether another is one takes as long as a whole mapping. */
const PLACES: ReadonlyMap<string, Place> = new Map(
  Intl.supportedValuesOf('timeZone')
    .filter((zone) => zone.includes('/'))
    .map((zone) => [zone, new Place(zone)]),
)

export function offsetAt(clock: Clock, instant: number): number {
  return typeof clock === 'number' ? clock : clock.offset(instant)
}

/**
 * The instant at which the clock shows a time, in epoch milliseconds. `wall` is that time counted as if the place were on UTC.
 * In a gap `earlier` reads the time by the clock after the change and `later` by the one before it, so that 02:30 becomes 01:30
 * or 03:30; of two instants `earlier` is the first.
 */
export function instantOf(
  name: string,
  wall: number,
  clock: Clock,
  { gap = 'refuse', overlap = 'refuse' }: Changes,
): number {
  const onGap = wordOf(name, 'gap', gap, CHOICES)
  const onOverlap = wordOf(name, 'overlap', overlap, CHOICES)
  if (typeof clock === 'number') return wall - clock * MINUTE
  const offsets = [...new Set([clock.offset(wall - AROUND), clock.offset(wall + AROUND)])]
  // no clock is set anywhere near
  if (offsets.length === 1) return wall - offsets[0]! * MINUTE
  const candidates = offsets.map((offset) => wall - offset * MINUTE).sort((one, other) => one - other)
  const shown = candidates.filter((instant) => clock.offset(instant) * MINUTE === wall - instant)
  if (shown.length === 1) return shown[0]!
  const [choice, what] =
    shown.length === 0 ? [onGap, 'the clocks leave this time out'] : [onOverlap, 'the clocks show this time twice']
  const option = shown.length === 0 ? 'gap' : 'overlap'
  if (choice === 'refuse') throw new FunctionError(name, `${what}: say ${option} "earlier" or "later"`, wall)
  return choice === 'earlier' ? candidates[0]! : candidates.at(-1)!
}

/** RFC 3339 with the offset that holds there; decimals only where there are some. */
export function written(instant: number, clock: Clock): string {
  const offset = offsetAt(clock, instant)
  const local = new Date(instant + offset * MINUTE).toISOString().replace('Z', '').replace('.000', '')
  if (clock === 0) return `${local}Z`
  const minutes = Math.abs(offset)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
