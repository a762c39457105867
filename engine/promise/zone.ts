import { DateTime, IANAZone } from 'luxon'
import type { Address } from '../canonical/types.ts'

/**
 * The time zone of an address: its country's, and where a country has several, the one by whose clock noon is nearest to the
 * sun's there. IANA name; `fallback` where neither the country nor the place says it.
 */
export function zoneOf({ country, location }: Pick<Address, 'country' | 'location'>, fallback = 'UTC'): string {
  const zones = zonesOf(country)
  const offsets = new Set(zones.map(standardOffset))
  if (zones.length > 0 && offsets.size === 1) return zones[0]!
  if (location === undefined || zones.length === 0) return fallback
  const wanted = location.lon * 4
  const distance = (zone: string) => Math.abs(standardOffset(zone) - wanted)
  return zones.reduce((best, zone) => (distance(zone) < distance(best) ? zone : best))
}

/** The offset that a time is written with, as a zone; undefined for UTC, which most writers use for want of knowing. */
export function zoneOfText(time: string | undefined): string | undefined {
  const offset = /[+-]\d\d:\d\d$/.exec(time ?? '')?.[0]
  return offset === undefined || /^[+-]00:00$/.test(offset) ? undefined : `UTC${offset}`
}

export function isZone(name: string): boolean {
  return IANAZone.isValidZone(name)
}

/** ECMA-402 has it as getTimeZones(); the compiler's library does not know it yet. */
function zonesOf(country: string): string[] {
  try {
    const locale = new Intl.Locale(`und-${country}`) as Intl.Locale & { getTimeZones?(): string[] | undefined }
    return locale.getTimeZones?.() ?? []
  } catch {
    return []
  }
}

/** Minutes east of Greenwich without summer time. */
function standardOffset(zone: string): number {
  const [winter, summer] = ['2026-01-15', '2026-07-15'].map((day) => DateTime.fromISO(day, { zone }).offset)
  return Math.min(winter!, summer!)
}
