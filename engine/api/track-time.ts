import type { Language } from './track-words.ts'

/** The zone of countries that have one; elsewhere the page says UTC. From the IANA tz database, zone1970.tab. */
const ZONES: Readonly<Record<string, string>> = {
  AT: 'Europe/Vienna',
  BE: 'Europe/Brussels',
  CH: 'Europe/Zurich',
  CZ: 'Europe/Prague',
  DE: 'Europe/Berlin',
  DK: 'Europe/Copenhagen',
  FI: 'Europe/Helsinki',
  FR: 'Europe/Paris',
  GB: 'Europe/London',
  GR: 'Europe/Athens',
  HU: 'Europe/Budapest',
  IE: 'Europe/Dublin',
  IN: 'Asia/Kolkata',
  IT: 'Europe/Rome',
  JP: 'Asia/Tokyo',
  LU: 'Europe/Luxembourg',
  NL: 'Europe/Amsterdam',
  NO: 'Europe/Oslo',
  PL: 'Europe/Warsaw',
  RO: 'Europe/Bucharest',
  SE: 'Europe/Stockholm',
  SG: 'Asia/Singapore',
  SK: 'Europe/Bratislava',
  ZA: 'Africa/Johannesburg',
}

/** A time for people at the place of delivery; marked UTC where that is not known. Undefined when it is no time. */
export function localTime(time: string | undefined, country: string, language: Language): string | undefined {
  const at = time === undefined ? Number.NaN : Date.parse(time)
  if (Number.isNaN(at)) return undefined
  const given = /[+-]\d\d:\d\d$/.exec(time ?? '')?.[0]
  // A courier that gives its offset has told us the local time.
  const offset = given === '+00:00' || given === '-00:00' ? undefined : given
  const timeZone = ZONES[country] ?? offset ?? 'UTC'
  return new Intl.DateTimeFormat(language === 'de' ? 'de-DE' : 'en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
    ...(timeZone === 'UTC' ? { timeZoneName: 'short' } : {}),
  }).format(at)
}
