import { FunctionError, type Given, optionsOf } from './function.ts'

export interface DecimalOptions {
  /** `.` when left out. */
  decimal?: '.' | ','
  /** None when left out. */
  group?: '.' | ',' | ' ' | "'"
}

const OPTIONS = ['decimal', 'group'] as const
const MARKS = { decimal: ['.', ','], group: ['.', ',', ' ', "'"] }
/** Characters of a number. Big integers take time by the square of theirs. */
const LONGEST = 100
/** Digits that a number of JSON can keep. */
const MAX_DIGITS = 15
/** As nearly all of them are written: nothing has to be read out of it. */
const AS_IT_IS = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/

/**
 * A decimal number as text with a point and nothing else, as exact as it was written. Which mark stands before the decimals is
 * declared: 1.234 is a thousand in one country and a little more than one in the next.
 */
export function decimalText(name: string, given: string | number, options: Given<DecimalOptions>): string {
  if (options === undefined && typeof given === 'string' && given.length <= LONGEST && AS_IT_IS.test(given))
    return given
  const { decimal = '.', group } = optionsOf(name, options, OPTIONS)
  if (!MARKS.decimal.includes(decimal)) throw new FunctionError(name, 'decimal is . or ,')
  if (group !== undefined && (!MARKS.group.includes(group) || group === decimal))
    throw new FunctionError(name, "group is one of . , ' and a blank, and another mark than decimal")
  if (typeof given === 'number') return ofNumber(name, given)
  if (typeof given !== 'string' || given.length > LONGEST)
    throw new FunctionError(name, 'the value is no decimal number', given)
  const parts = /^([+-]?)([^a-zA-Z]*)$/.exec(given.trim().replaceAll('\u00a0', ' '))
  const [whole = '', decimals, ...more] = (parts?.[2] ?? '').split(decimal)
  const digits = group === undefined ? whole : withoutGroups(whole, group)
  const plain = /^\d+$/.test(digits) && (decimals === undefined || /^\d+$/.test(decimals)) && more.length === 0
  if (!parts || !plain) throw new FunctionError(name, 'the value is no decimal number as declared', given)
  const sign = parts[1] === '-' ? '-' : ''
  return `${sign}${digits.replace(/^0+(?=\d)/, '')}${decimals === undefined ? '' : `.${decimals}`}`
}

function ofNumber(name: string, given: number): string {
  const text = String(given)
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new FunctionError(name, 'the value is no plain decimal number', given)
  return text
}

/** Groups are of three digits each, but for the first. */
function withoutGroups(whole: string, group: string): string {
  const [first = '', ...others] = whole.split(group)
  if (others.length === 0) return first
  return /^\d{1,3}$/.test(first) && others.every((part) => /^\d{3}$/.test(part)) ? [first, ...others].join('') : ''
}

/** As a number of JSON; refuses more digits than it keeps. */
export function exactNumber(name: string, text: string): number {
  const digits = text
    .replace(/^-/, '')
    .replace(/^0+(?=\d)/, '')
    .replace('.', '')
  if (digits.length > MAX_DIGITS && Number(digits) !== 0)
    throw new FunctionError(name, 'the value has more digits than a number can keep', text)
  return Number(text)
}

/** Rounded half away from zero. */
export function roundTo(value: number, decimals: number): number {
  const [digits, exponent = '0'] = Math.abs(value).toExponential().split('e')
  const rounded = Math.round(Number(`${digits}e${Number(exponent) + decimals}`))
  const result = Number(`${rounded}e${-decimals}`)
  return value < 0 && result !== 0 ? -result : result
}
