import { DateTime } from 'luxon'
import { isDateTime } from '../../canonical/formats.ts'
import { Formats, LOCALE, type Parser } from './formats.ts'
import { FunctionError, type Given, isBlank, type LibraryFunction, optionsOf, textOf } from './function.ts'
import { type Changes, clockOf, instantOf, offsetAt, written } from './zones.ts'

interface LocalOptions extends Changes {
  /** Luxon's tokens: `dd.MM.yyyy HH:mm`. */
  format?: string
}

const OPTIONS = ['gap', 'overlap', 'format'] as const
/** Characters of a time, and of a format. */
const LONGEST = 100
const MAX_FIELDS = 14
const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?$/
/** Years that a delivery can be in: anything else is a field that nobody filled in, such as 0001-01-01. */
const YEARS = { first: 1970, last: 2200 }

function localTime(text: Given<string>, zone: Given<string>, options?: Given<LocalOptions>): string | undefined {
  if (isBlank(text)) return undefined
  const { format, ...changes } = optionsOf('$localTime', options, OPTIONS)
  const wall = format === undefined ? isoWall('$localTime', text) : wallOf('$localTime', text, format)
  return placed('$localTime', wall, zone, changes)
}

function dateAndTime(
  date: Given<string | number>,
  time: Given<string | number>,
  zone: Given<string>,
  options?: Given<LocalOptions>,
): string | undefined {
  if (isBlank(date)) return undefined
  const { format, ...changes } = optionsOf('$dateAndTime', options, OPTIONS)
  if (isBlank(time)) throw new FunctionError('$dateAndTime', 'there is a date and no time', date)
  const both = `${textOf('$dateAndTime', date)} ${textOf('$dateAndTime', time)}`
  const wall = wallOf('$dateAndTime', both, format ?? digitsFormat(both))
  return placed('$dateAndTime', wall, zone, changes)
}

function date(text: Given<string | number>, format: string): string | undefined {
  if (isBlank(text)) return undefined
  return new Date(wallOf('$date', textOf('$date', text), format)).toISOString().slice(0, 10)
}

function instant(text: Given<string>, format: string): string | undefined {
  if (isBlank(text)) return undefined
  const read = DateTime.fromFormatParser(textOf('$instant', text, LONGEST).trim(), parserOf('$instant', format), {
    setZone: true,
    locale: LOCALE,
  })
  if (!/Z/.test(format)) throw new FunctionError('$instant', 'the format has no offset (ZZ): use $localTime')
  if (!read.isValid) throw new FunctionError('$instant', 'the value is no time in that format', text)
  return written(read.toMillis(), read.offset)
}

function inZone(time: Given<string>, zone: Given<string>, format?: Given<string>): string | undefined {
  if (isBlank(time)) return undefined
  if (typeof time !== 'string' || !isDateTime(time))
    throw new FunctionError('$inZone', 'the value is no time with an offset', time)
  const clock = clockOf('$inZone', zone)
  const at = Date.parse(time)
  if (isBlank(format)) return written(at, clock)
  return DateTime.fromMillis(at + offsetAt(clock, at) * 60_000, { zone: 'utc', locale: LOCALE }).toFormat(
    formatOf('$inZone', format),
  )
}

function placed(name: string, wall: number, zone: Given<string>, changes: Changes): string {
  if (isBlank(zone)) throw new FunctionError(name, 'a local time needs its zone')
  const clock = clockOf(name, zone)
  return written(instantOf(name, wall, clock, changes), clock)
}

function isoWall(name: string, given: unknown): number {
  const text = typeof given === 'string' && given.length <= LONGEST ? given.trim() : ''
  if (isDateTime(text)) throw new FunctionError(name, 'the value has an offset of its own, so it needs no zone', given)
  const parts = ISO.exec(text)
  const iso = parts ? `${parts[1]}T${parts[2]}${parts[3] ?? ':00'}Z` : ''
  if (!isDateTime(iso)) throw new FunctionError(name, 'the value is no local time such as 2026-03-02T14:47:02', given)
  return plausible(name, Date.parse(iso))
}

function wallOf(name: string, given: unknown, format: unknown): number {
  const text = textOf(name, given, LONGEST).trim()
  const parser = parserOf(name, format)
  if (/Z/.test(String(format).replace(/'[^']*'/g, '')))
    throw new FunctionError(name, 'the format has an offset: use $instant')
  const read = DateTime.fromFormatParser(text, parser, { zone: 'utc', locale: LOCALE })
  if (!read.isValid) throw new FunctionError(name, 'the value does not fit the format', given)
  return plausible(name, read.toMillis())
}

function plausible(name: string, wall: number): number {
  const year = new Date(wall).getUTCFullYear()
  if (year < YEARS.first || year > YEARS.last)
    throw new FunctionError(name, `the year is not between ${YEARS.first} and ${YEARS.last}`, wall)
  return wall
}

/** Letters side by side read digits in as many ways as they are many: a format has no more fields than a time has. */
function formatOf(name: string, given: unknown): string {
  const fields = typeof given === 'string' ? given.match(/([a-zA-Z])\1*/g)?.length : undefined
  if (typeof given === 'string' && given.length <= LONGEST && fields !== undefined && fields <= MAX_FIELDS) return given
  throw new FunctionError(name, 'the format is a text such as dd.MM.yyyy HH:mm')
}

const FORMATS = new Formats()

function parserOf(name: string, given: unknown): Parser {
  return FORMATS.parser(formatOf(name, given))
}

/** X12 and EDIFACT write digits only: six or eight of the date, four or more of the time. */
function digitsFormat(both: string): string {
  const [date = '', time = ''] = both.split(' ')
  const known: Record<string, string> = { 4: 'HHmm', 6: 'HHmmss' }
  const [dates, times] = [date.length === 8 ? 'yyyyMMdd' : undefined, known[time.length]]
  if (/^\d+ \d+$/.test(both) && dates && times) return `${dates} ${times}`
  throw new FunctionError('$dateAndTime', 'the fields are not yyyyMMdd and HHmm or HHmmss: declare their format', both)
}

const group = 'times'

export const TIMES: LibraryFunction[] = [
  {
    name: 'localTime',
    run: localTime,
    group,
    signature: '$localTime(text, zone, {format, gap, overlap})',
    summary:
      'A time without an offset, read by the clock of `zone`: a place (Europe/Berlin), an offset (+01:00) or an X12 code (ET). `format` is for other than 2026-03-02T14:47:02, in the letters yyyy MM dd HH mm ss. A time that the clocks leave out in spring (`gap`) or show twice in autumn (`overlap`) is an error, or with "earlier" or "later" the one or the other instant.',
    examples: [
      { expression: '$localTime("2026-03-02T14:47:02", "Europe/Berlin")', result: '2026-03-02T14:47:02+01:00' },
      {
        expression: '$localTime("02.03.2026 14:47", "Europe/Berlin", {"format": "dd.MM.yyyy HH:mm"})',
        result: '2026-03-02T14:47:00+01:00',
      },
      { expression: '$localTime("2026-03-29T02:30:00", "Europe/Berlin")', error: 'leave this time out' },
      {
        expression: '$localTime("2026-03-29T02:30:00", "Europe/Berlin", {"gap": "later"})',
        result: '2026-03-29T03:30:00+02:00',
      },
      { expression: '$localTime("2026-10-25T02:30:00", "Europe/Berlin")', error: 'show this time twice' },
      {
        expression: '$localTime("2026-10-25T02:30:00", "Europe/Berlin", {"overlap": "earlier"})',
        result: '2026-10-25T02:30:00+02:00',
      },
    ],
  },
  {
    name: 'dateAndTime',
    run: dateAndTime,
    group,
    signature: '$dateAndTime(date, time, zone, {format, gap, overlap})',
    summary:
      'A time from two fields and a third that names the clock, as in EDI: digits as yyyyMMdd and HHmm or HHmmss; other ones with `format`, which has a blank between date and time. Zones, gaps and overlaps as in `$localTime`.',
    examples: [
      { expression: '$dateAndTime("20260302", "1447", "ET")', result: '2026-03-02T14:47:00-05:00' },
      { expression: '$dateAndTime("20260302", "144702", "+0100")', result: '2026-03-02T14:47:02+01:00' },
      { expression: '$dateAndTime("260302", "1447", "Z", {"format": "yyMMdd HHmm"})', result: '2026-03-02T14:47:00Z' },
      { expression: '$dateAndTime("20260302", "1447", "LT")', error: 'the zone is none' },
    ],
  },
  {
    name: 'date',
    run: date,
    group,
    signature: '$date(text, format)',
    summary:
      'A calendar date as yyyy-MM-dd, from a text in the declared format. A date that does not exist is an error.',
    examples: [
      { expression: '$date("03/02/2026", "MM/dd/yyyy")', result: '2026-03-02' },
      { expression: '$date("31.02.2026", "dd.MM.yyyy")', error: 'does not fit the format' },
    ],
  },
  {
    name: 'instant',
    run: instant,
    group,
    signature: '$instant(text, format)',
    summary: 'A time that has its own offset, in the declared format; ZZ stands for +01:00, ZZZ for +0100.',
    examples: [
      { expression: '$instant("02.03.2026 14:47 +0100", "dd.MM.yyyy HH:mm ZZZ")', result: '2026-03-02T14:47:00+01:00' },
    ],
  },
  {
    name: 'inZone',
    run: inZone,
    group,
    signature: '$inZone(time, zone, format)',
    summary: 'What the clocks of a zone show at a time: with offset, or in a format of the partner’s.',
    examples: [
      { expression: '$inZone("2026-03-02T14:47:02Z", "Europe/Berlin")', result: '2026-03-02T15:47:02+01:00' },
      { expression: '$inZone("2026-03-02T14:47:02Z", "Europe/Berlin", "yyyyMMdd HHmm")', result: '20260302 1547' },
    ],
  },
]
