import type { Shipment, TimeWindow } from '../canonical/index.ts'
import { zoneFor } from '../promise/reschedule.ts'
import { zoneOfText } from '../promise/zone.ts'
import { html } from './track-html.ts'
import { type Language, LOCALES, WORDS } from './track-words.ts'

const DAY_MS = 86_400_000

/** Says times as a reader at the place of delivery says them, by the clock there; marked UTC where that is not known. */
export interface Clockwork {
  language: Language
  zone: string
  /** Epoch milliseconds. */
  now: number
}

export function clockworkOf(shipment: Shipment, language: Language, now: number): Clockwork {
  return { language, now, zone: intlZone(zoneFor(shipment)) }
}

/** `Tue 3 Mar, 14:45`, as a `time` element. Undefined when it is no time. */
export function momentTag(time: string | undefined, clockwork: Clockwork): string | undefined {
  const at = instant(time)
  const day = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const
  return at === undefined ? undefined : tag(time!, formatted(at, time!, day, clockwork))
}

/** `Today, 14:45`. */
export function expectedTag(time: string | undefined, clockwork: Clockwork): string | undefined {
  const at = instant(time)
  if (at === undefined) return undefined
  return tag(time!, `${dayOf(at, time!, clockwork)}, ${clockOf(at, time!, clockwork)}`)
}

/** `Tomorrow, 12:00 – 16:00`; with no beginning `Tomorrow, by 16:00`. */
export function windowText({ earliest, latest }: Partial<TimeWindow>, clockwork: Clockwork): string | undefined {
  const to = instant(latest)
  const from = instant(earliest)
  if (to === undefined) return undefined
  const end = `${dayOf(to, latest!, clockwork)}, `
  const until = clockOf(to, latest!, clockwork)
  if (from === undefined) return `${end}${WORDS[clockwork.language].by} ${until}`
  const start = `${dayOf(from, earliest!, clockwork)}, `
  const begins = clockOf(from, earliest!, clockwork)
  return start === end ? `${end}${begins}\u00a0–\u00a0${until}` : `${start}${begins} – ${end}${until}`
}

function tag(time: string, shown: string): string {
  return `<time datetime="${html(time)}">${html(shown)}</time>`
}

/** Today and tomorrow by their names. */
function dayOf(at: number, time: string, clockwork: Clockwork): string {
  const { language, now } = clockwork
  const date = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  const named = (moment: number) => formatted(moment, time, date, clockwork, 'en-CA')
  const days = Math.round((Date.parse(named(at)) - Date.parse(named(now))) / DAY_MS)
  if (days < 0 || days > 1) return formatted(at, time, { weekday: 'short', day: 'numeric', month: 'short' }, clockwork)
  const said = new Intl.RelativeTimeFormat(LOCALES[language], { numeric: 'auto' }).format(days, 'day')
  return said.charAt(0).toUpperCase() + said.slice(1)
}

function clockOf(at: number, time: string, clockwork: Clockwork): string {
  return formatted(at, time, { hour: '2-digit', minute: '2-digit' }, clockwork)
}

function formatted(
  at: number,
  time: string,
  options: Intl.DateTimeFormatOptions,
  clockwork: Clockwork,
  locale = LOCALES[clockwork.language],
): string {
  const timeZone = zoneOfTime(time, clockwork)
  const named = timeZone === 'UTC' && options.hour !== undefined && ({ timeZoneName: 'short' } as const)
  return new Intl.DateTimeFormat(locale, { ...options, ...named, timeZone }).format(at)
}

/** A courier that gives its offset has told us the local time. */
function zoneOfTime(time: string, { zone }: Clockwork): string {
  return zone === 'UTC' ? intlZone(zoneOfText(time) ?? 'UTC') : zone
}

/** `UTC+02:00` is `+02:00` there. */
function intlZone(zone: string): string {
  return zone.replace(/^UTC(?=[+-])/, '')
}

function instant(time: string | undefined): number | undefined {
  const at = Date.parse(time ?? '')
  return Number.isNaN(at) ? undefined : at
}
