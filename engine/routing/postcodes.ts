/** Postcodes as a table of rules names them: single ones, beginnings (`80*`) and ranges, each of one country or of any. */
export interface PostcodeSet {
  has(country: string, postcode: string): boolean
}

interface Pattern {
  country: string | undefined
  matches(code: string): boolean
}

/** `DE 10115, 80*, 10000-14999; GB SW1, SW1A*`: a country holds until the next one is named. */
const ENTRY = /^(?:([A-Z]{2})(?:\s+|$))?(.*)$/
const LONGEST_TEXT = 20_000

/**
 * Reads a list, apart by commas, semicolons or lines. Ranges go by their beginnings, so `10-14` takes 10115 too, and are written
 * with `..` where the codes themselves have a hyphen. In Great Britain a code without its inward part is a district: SW1 is
 * SW1 and SW1A, never SW10.
 * @throws Error for people, with the part that is wrong
 */
export function readPostcodes(text: string): PostcodeSet {
  if (text.length > LONGEST_TEXT) throw new Error(`the list is longer than ${LONGEST_TEXT} characters`)
  const patterns: Pattern[] = []
  let country: string | undefined
  for (const part of text.toUpperCase().split(/[,;\n]/)) {
    const [, named, rest = ''] = ENTRY.exec(part.trim()) ?? []
    if (named !== undefined) country = named
    if (rest.trim() === '') continue
    patterns.push({ country, matches: patternOf(rest.trim(), country) })
  }
  return {
    has(inCountry, postcode) {
      const code = compact(postcode)
      return patterns.some((pattern) => (pattern.country ?? inCountry) === inCountry && pattern.matches(code))
    },
  }
}

function patternOf(written: string, country: string | undefined): (code: string) => boolean {
  if (written.endsWith('*')) {
    const start = checked(written.slice(0, -1), written)
    return (code) => code.startsWith(start)
  }
  const [from, to] = rangeOf(written)
  if (to === undefined) {
    const only = checked(written, written)
    return country === 'GB' ? (code) => isOf(code, only) : (code) => code === only
  }
  const [first, last] = [checked(from, written), checked(to, written)]
  if (country === 'GB') return districts(first, last, written)
  if (first > last) throw new Error(`"${written}" ends before it begins`)
  return (code) =>
    code.slice(0, first.length) >= first && code.slice(0, last.length) <= last && code.length >= first.length
}

/** A hyphen is a range only between two codes of one shape: 00-950 and 1000-001 are codes. */
function rangeOf(written: string): [string, string?] {
  const explicit = written.split(/\.\.|\s+[-–]\s+|–/)
  if (explicit.length === 2) return [explicit[0]!, explicit[1]!]
  const parts = written.split('-')
  if (parts.length !== 2) return [written]
  const [from, to] = [parts[0]!, parts[1]!]
  return shape(compact(from)) === shape(compact(to)) || /^[A-Z]{1,2}\d+$/.test(from.trim()) ? [from, to] : [written]
}

interface British {
  area: string
  district: number
  letter: string
  inward: string
}

function british(code: string): British | undefined {
  const [, area, district, letter = '', inward = ''] = /^([A-Z]{1,2})(\d{1,2}?)([A-Z]?)(\d[A-Z]{2})?$/.exec(code) ?? []
  return area === undefined ? undefined : { area, district: Number(district), letter, inward }
}

/** Whether a full code lies in a code, a district or a part of one. */
function isOf(code: string, written: string): boolean {
  const [given, wanted] = [british(code), british(written)]
  if (!given || !wanted) return code === written
  if (given.area !== wanted.area || given.district !== wanted.district) return false
  return (wanted.letter === '' || wanted.letter === given.letter) && (wanted.inward === '' || code === written)
}

function districts(first: string, last: string, written: string): (code: string) => boolean {
  const [from, to] = [british(first), british(last)]
  if (!from || !to || from.area !== to.area || from.district > to.district)
    throw new Error(`"${written}" is no range of districts of one area`)
  return (code) => {
    const given = british(code)
    return given?.area === from.area && from.district <= given.district && given.district <= to.district
  }
}

function checked(text: string, written: string): string {
  const code = compact(text)
  if (!/^[A-Z0-9]{1,12}$/.test(code)) throw new Error(`"${written}" is no postcode like 10115, 80* or 10000-14999`)
  return code
}

const compact = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '')
const shape = (code: string): string => code.replaceAll(/[A-Z]/g, 'A').replaceAll(/\d/g, '9')
