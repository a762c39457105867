import type { Target } from './targets.ts'

/** A partner's field and what stands there in a sample. */
export interface SourceField {
  /** As the mapping names it. */
  path: string
  /** A few of its values. */
  values: (boolean | number | string)[]
}

/** What writes a source into a target as it needs to be, or why none can be told. */
export type Fit = { expression: string; why: string[]; fit: number } | { refused: string }

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/
const ISO_LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/
const DECIMAL = /^-?\d{1,15}(\.\d+)?$/
/** Seconds and milliseconds of the years 2001 to 2286. */
const isSeconds = (value: number) => value >= 1e9 && value < 1e10
const isMilliseconds = (value: number) => value >= 1e12 && value < 1e13
/** Canonical fields that a code table gives. */
const FROM_CODES = new Set(['type', 'reason', 'variant'])
/** Those that a payload may tell by itself, too. */
const ALSO_FROM_CODES = new Set(['attempt', 'actionRequired'])

/** The expression for a field, by the types of both sides and what the value looks like. What is not clear is not guessed. */
export function fitted({ path, values }: SourceField, target: Target, codes: ReadonlySet<string> = new Set()): Fit {
  const [value] = values
  if (target.type === 'object') return { refused: hintFor(target) }
  if (value === undefined) return { expression: path, why: [], fit: 0.5 }
  if (ALSO_FROM_CODES.has(target.path) && codes.has(String(value)) && !/attempt|count/i.test(path))
    return codeFrom({ path, values }, target, codes)
  const type = target.type === 'list' ? (target.items ?? 'any') : target.type
  if (target.format === 'date-time') return forTime(path, value)
  if (target.format === 'country') return forCountry(path, value)
  if (target.values) return forChoice({ path, values }, value, target, codes)
  if (type === 'number' || type === 'integer') return forNumber(path, value, type)
  if (type === 'boolean')
    return typeof value === 'boolean'
      ? plain(path, 'both are yes or no')
      : { refused: 'the field is yes or no, the value is not' }
  if (typeof value === 'number') return { expression: `$string(${path})`, why: ['a number, written as text'], fit: 0.8 }
  if (typeof value === 'boolean' && type === 'text') return { refused: 'the field is a text, the value yes or no' }
  return { expression: path, why: [], fit: 1 }
}

function plain(expression: string, why: string): Fit {
  return { expression, why: [why], fit: 1 }
}

function forTime(path: string, value: SourceField['values'][number]): Fit {
  const digits = typeof value === 'string' && /^\d{10,13}$/.test(value) ? Number(value) : value
  if (typeof digits === 'number') {
    if (isSeconds(digits)) return plain(`$isoFromEpoch(${path})`, 'seconds since 1970')
    if (isMilliseconds(digits)) return plain(`$isoFromEpochMs(${path})`, 'milliseconds since 1970')
    return { refused: 'the number is no time: neither seconds nor milliseconds since 1970' }
  }
  if (typeof value !== 'string') return { refused: 'the value is no time' }
  if (ISO_INSTANT.test(value)) return plain(path, 'a time with its offset')
  if (ISO_LOCAL.test(value)) return { refused: `the time has no zone: say which, $localTime(${path}, "Europe/Berlin")` }
  return { refused: `the value is no time of ISO 8601: say its format, $instant(${path}, format)` }
}

function forCountry(path: string, value: unknown): Fit {
  if (typeof value === 'string' && /^[A-Z]{2}$/.test(value)) return plain(path, 'a country of two letters')
  return { expression: `$country(${path})`, why: ['made a country of two letters'], fit: 0.8 }
}

/** One of few values: as it is where it is one of them; else it takes a code table to say which. */
function forChoice(source: SourceField, value: unknown, target: Target, codes: ReadonlySet<string>): Fit {
  const { values = [] } = target
  if (values.some((one) => one.value === value)) return plain(source.path, 'one of the values that the field may have')
  if (FROM_CODES.has(target.path)) return codeFrom(source, target, codes)
  const some = values.slice(0, 5).map((one) => one.value)
  return { refused: `the field is one of ${some.join(', ')} …; say which with a condition` }
}

/** What the partner's table says of a code. What can be none is refused, unless the table has it. */
export function codeFrom({ path, values }: SourceField, { path: target }: Target, codes: ReadonlySet<string>): Fit {
  const [other] = values.flatMap((value) => (codes.has(String(value)) ? [] : (notCode(value) ?? [])))
  if (other !== undefined)
    return {
      refused: `the value is ${other}, no code: write $code(…).${target} with the field that has the partner's status`,
    }
  return { expression: `$code(${path}).${target}`, why: ["by the partner's code table"], fit: 0.7 }
}

/** What a value is that can be no code. */
function notCode(value: SourceField['values'][number]): string | undefined {
  if (typeof value === 'boolean') return 'yes or no'
  const number = typeof value === 'number' || /^\d{10,13}$/.test(value) ? Number(value) : 0
  if (isSeconds(number) || isMilliseconds(number)) return 'a time'
  if (!Number.isInteger(number)) return 'a number with a fraction'
  return typeof value === 'string' && (ISO_LOCAL.test(value) || ISO_DATE.test(value)) ? 'a time' : undefined
}

function forNumber(path: string, value: SourceField['values'][number], type: 'number' | 'integer'): Fit {
  if (typeof value === 'number') {
    if (type === 'integer' && !Number.isInteger(value))
      return { refused: 'the field is a whole number, the value is not' }
    return plain(path, 'both are numbers')
  }
  if (typeof value === 'string' && DECIMAL.test(value.trim()))
    return { expression: `$decimal(${path})`, why: ['a number written as text'], fit: 0.9 }
  if (typeof value === 'string' && /\d/.test(value) && /^[-\d.,\s']+$/.test(value.trim()))
    return { refused: `say what the marks in the number mean: $parseNumber(${path}, {"decimal": ","})` }
  return { refused: 'the field is a number, the value is not' }
}

function hintFor({ name, children = [] }: Target): string {
  const fields = children.map((one) => one.name)
  if (fields.includes('amount') && fields.includes('currency'))
    return `${name} is an amount with its currency: take $amount(text, currency), or $money(minor units, currency)`
  return `${name} has fields of its own: ${fields.slice(0, 6).join(', ')}`
}
