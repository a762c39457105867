import { isDate, isTime } from './dates.ts'
import type { Message } from './edifact-read.ts'
import type { Fault } from './faults.ts'
import type { Segment } from './loops.ts'

/** Messages that begin with a BGM. */
const BEGIN = new Set(['IFTMIN', 'IFTSTA', 'DESADV'])

/** Components without which a segment says nothing (directory D.96A). */
const NEEDED: Record<string, string[]> = {
  BGM: ['BGM0101'],
  DTM: ['DTM0101'],
  NAD: ['NAD0101'],
  CNI: ['CNI0101'],
  GID: ['GID0101'],
  CPS: ['CPS0101'],
  LIN: ['LIN0101'],
  RFF: ['RFF0101'],
  UCI: ['UCI0101', 'UCI0401'],
  UCM: ['UCM0101', 'UCM0301'],
}

/** What is wrong within the segments of the messages that we know, with the code that UCD (0085) has for it. */
export function edifactElementFaults(messages: Message[]): Fault[] {
  return messages.flatMap(({ type, at, segments }) => {
    const isMissing = BEGIN.has(type) && segments[0]?.tag !== 'BGM'
    const missing: Fault[] = isMissing
      ? [{ what: 'BGM is missing', at: at + 1, place: 'BGM', level: 'segment', code: '13' }]
      : []
    return [...missing, ...segments.flatMap(inSegment)]
  })
}

function inSegment(segment: Segment): Fault[] {
  const { tag, at } = segment
  const missing = (NEEDED[tag] ?? [])
    .filter((name) => segment[name] === undefined)
    .map((place): Fault => ({ what: 'this must be there', at, place, level: 'element', code: '13' }))
  const value = tag === 'DTM' ? segment.DTM0102 : undefined
  if (typeof value !== 'string' || fits(value, String(segment.DTM0103 ?? ''))) return missing
  return [...missing, { what: 'this is no time in its format', at, place: 'DTM0102', level: 'element', code: '12' }]
}

/** Of the formats (2379) that are read here; what else a partner uses is for its mapping. */
function fits(value: string, format: string): boolean {
  if (format === '102') return isDate(value)
  if (format === '203' || format === '204')
    return value.length === (format === '203' ? 12 : 14) && isDate(value.slice(0, 8)) && isTime(value.slice(8))
  if (format === '303') return isDate(value.slice(0, 8)) && isTime(value.slice(8, 12))
  return true
}
