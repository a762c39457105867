import { HttpProblem } from './problem.ts'

const MAX_PARAMETERS = 20
const MAX_VALUE = 256

/** The query of a request. A parameter that the operation does not know, or that is given twice, is 400: a typo must not widen a search. */
export function readQuery<Name extends string>(url: string, known: readonly Name[]): Partial<Record<Name, string>> {
  const at = url.indexOf('?')
  const text = at === -1 ? '' : url.slice(at + 1)
  const values: Partial<Record<Name, string>> = {}
  if (text === '') return values
  const pairs = text.split('&')
  if (pairs.length > MAX_PARAMETERS) throw bad('The query has too many parameters.')
  for (const pair of pairs) {
    const [name, value] = pair.replaceAll('+', '%20').split(/=(.*)/s, 2).map(decode) as [string, string | undefined]
    const parameter = known.find((candidate) => candidate === name)
    if (parameter === undefined) throw bad(`The query takes only: ${known.join(', ') || 'nothing'}.`)
    if (Object.hasOwn(values, parameter)) throw bad(`The parameter ${parameter} is given twice.`, parameter)
    if (value === undefined || value === '' || value.length > MAX_VALUE) {
      throw bad(`The parameter ${parameter} must have 1 to ${MAX_VALUE} characters.`, parameter)
    }
    values[parameter] = clean(value, parameter)
  }
  return values
}

/** `limit` as a number from 1 to `most`. */
export function readLimit(value: string | undefined, fallback: number, most: number): number {
  if (value === undefined) return fallback
  const limit = /^[1-9][0-9]{0,5}$/.test(value) ? Number(value) : 0
  if (limit < 1 || limit > most) throw bad(`limit must be a whole number from 1 to ${most}.`, 'limit')
  return limit
}

/** One decoded segment of a path: NFC, no control characters. */
export function pathSegment(text: string): string {
  return clean(decode(text), 'path')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad('The address is not validly percent-encoded.')
  }
}

function clean(value: string, field: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f\u007f]/.test(value)) throw bad('Control characters are not allowed here.', field)
  return value.normalize('NFC')
}

function bad(message: string, field?: string): HttpProblem {
  return new HttpProblem(400, 'request.query', message, field === undefined ? {} : { field })
}
