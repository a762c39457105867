import type { Json } from '../../json.ts'
import { isDate, isTime } from './dates.ts'
import type { Fault } from './faults.ts'
import type { Segment } from './loops.ts'
import type { Group } from './x12-read.ts'

/**
 * What the elements of a segment are, by position (release 004010): `M` must be there, `O` may; then the kind and the least and
 * most length. `-`: not looked at. ID and AN are texts, DT a date, TM a time, N a whole number, R a decimal. Only what every
 * sender has to keep to stands here; what is one partner's own agreement is for its mapping.
 */
const SEGMENTS: Record<string, string> = {
  B1: 'O:ID2-4 M:AN1-30 O:DT8-8 O:ID1-1',
  B2: '- O:ID2-4 - O:AN1-30 - M:ID2-2',
  B2A: 'M:ID2-2 O:ID2-2',
  B3: '- M:AN1-22 O:AN1-30 M:ID2-2 - M:DT8-8 M:N1-12 - - - M:ID2-4',
  B10: 'O:AN1-30 O:AN1-30 M:ID2-4',
  BSN: 'M:ID2-2 M:AN2-30 M:DT8-8 M:TM4-8',
  W05: 'M:ID1-1 M:AN1-22',
  W06: 'M:ID1-1 O:AN1-22 O:DT8-8',
  AT7: 'O:ID2-2 O:ID2-2 O:ID2-2 O:ID2-2 O:DT8-8 O:TM4-8 O:ID2-2',
  DTM: 'M:ID3-3 O:DT8-8 O:TM4-8',
  G62: 'O:ID2-2 O:DT8-8 O:ID1-2 O:TM4-8 O:ID2-2',
  HL: 'M:AN1-12 O:AN1-12 M:ID1-2',
  L1: 'O:N1-3 O:R1-9 - O:N1-12',
  L11: 'O:AN1-30 O:ID2-3',
  LX: 'M:N1-6',
  N1: 'M:ID2-3 O:AN1-60 O:ID1-2 O:AN2-80',
  N3: 'M:AN1-55 O:AN1-55',
  N4: 'O:AN2-30 O:ID2-2 O:ID3-15 O:ID2-3',
  N9: 'M:ID2-3 O:AN1-30',
  POD: 'M:DT8-8 O:TM4-8 O:AN1-35',
  S5: 'M:N1-3 M:ID2-2',
  SN1: 'O:AN1-20 M:R1-10 M:ID2-2',
  W01: 'M:R1-15 M:ID2-2',
  W12: 'M:ID2-2',
  AK1: 'M:ID2-2 M:N1-9',
  AK2: 'M:ID3-3 M:AN4-9',
  AK5: 'M:ID1-1 O:ID1-3',
  AK9: 'M:ID1-1 M:N1-6 M:N1-6 M:N1-6',
}

/** The segment that a set begins with. */
const FIRST: Record<string, string> = {
  204: 'B2',
  990: 'B1',
  214: 'B10',
  210: 'B3',
  856: 'BSN',
  940: 'W05',
  945: 'W06',
  997: 'AK1',
}

/** What is wrong within the segments of the sets that we know, with the code that AK304 or AK403 has for it. */
export function x12ElementFaults(groups: Group[]): Fault[] {
  return groups.flatMap(({ transactions }) =>
    transactions.flatMap(({ set, at, segments }) => {
      const first = FIRST[set]
      const missing: Fault[] =
        first === undefined || segments[0]?.tag === first
          ? []
          : [{ what: `${first} is missing`, at: at + 1, place: first, level: 'segment', code: '3' }]
      return [...missing, ...segments.flatMap(inSegment)]
    }),
  )
}

function inSegment(segment: Segment): Fault[] {
  const { tag, at } = segment
  return (SEGMENTS[tag] ?? '').split(' ').flatMap((rule, index) => {
    const place = `${tag}${String(index + 1).padStart(2, '0')}`
    const wrong = judged(rule, segment[place])
    return wrong ? [{ ...wrong, at, place, level: 'element' as const }] : []
  })
}

function judged(rule: string, value: Json | undefined): { what: string; code: string } | undefined {
  const [, needed, kind = '', least, most] = /^([MO]):([A-Z]+)(\d+)-(\d+)$/.exec(rule) ?? []
  if (needed === undefined) return undefined
  if (value === undefined) return needed === 'M' ? { what: 'this must be there', code: '1' } : undefined
  if (typeof value !== 'string') return { what: 'this is one value', code: '6' }
  // Signs and points do not count (X12.6).
  const length = kind === 'N' || kind === 'R' ? value.replace(/[-.]/g, '').length : value.length
  if (length < Number(least)) return { what: `this has at least ${least} characters`, code: '4' }
  if (length > Number(most)) return { what: `this has at most ${most} characters`, code: '5' }
  return KINDS[kind]?.(value)
}

const KINDS: Record<string, (value: string) => { what: string; code: string } | undefined> = {
  N: (value) => (/^-?\d+$/.test(value) ? undefined : { what: 'this is a whole number', code: '6' }),
  R: (value) => (/^-?(\d+\.?\d*|\.\d+)$/.test(value) ? undefined : { what: 'this is a number', code: '6' }),
  DT: (value) => (isDate(value) ? undefined : { what: 'this is no date', code: '8' }),
  TM: (value) => (isTime(value) ? undefined : { what: 'this is no time', code: '9' }),
}
