import { CartageError } from '../../errors.ts'

/** What JSONata throws, and we as it does: a plain object with a code and a place. Its message may quote the data. */
export interface Fault {
  code?: string
  message?: string
  position?: number
  token?: unknown
  value?: unknown
  value2?: unknown
  index?: number
}

/** What JSONata's codes mean, without the data. `{token}` is the operator or the function, `{index}` the argument. */
const MEANINGS: Record<string, string> = {
  D1001: 'a number is infinite',
  D1002: 'only a number can be negated',
  D1004: 'the pattern matches an empty text',
  D1009: 'two keys of an object are the same',
  D1011: 'the mapping is nested or calls itself too deep',
  D1012: 'the mapping takes too long',
  D1013: 'a key is one that the language has for itself',
  D2014: 'a range has more than ten million numbers',
  D2015: 'a sequence is too long',
  D3001: 'a number that is infinite or none has no text',
  D3010: 'an empty text cannot be replaced',
  D3011: 'the number of replacements is negative',
  D3012: 'a match can only be replaced by a text',
  D3020: 'the number of parts is negative',
  D3030: 'the value cannot be read as a number',
  D3040: 'the number of matches is negative',
  D3050: 'the function to reduce with takes two arguments',
  D3060: 'a negative number has no square root',
  D3061: 'the power is out of range',
  D3070: 'only texts, or only numbers, can be sorted without a function',
  D3100: 'the base of a number is between 2 and 36',
  D3110: 'the text is no time in ISO 8601',
  D3136: 'the picture of the time lacks a part',
  D3138: 'more than one item fits',
  D3139: 'no item fits',
  D3140: 'the text is no valid part of an address',
  T0410: 'argument {index} of {token} is not of the kind that it takes',
  T0411: 'the context is not of the kind that {token} takes as its argument {index}',
  T0412: 'argument {index} of {token} has items that are not of the kind that it takes',
  T1003: 'a key of an object must be a text',
  T1005: '{token} is called without the $ of its name',
  T1006: '{token} is called, and is no function',
  T1007: '{token} is called without the $ of its name',
  T1008: '{token} is no function',
  T1010: 'the function to match with does not give a match',
  T2001: 'the left side of {token} must be a number',
  T2002: 'the right side of {token} must be a number',
  T2003: 'the beginning of a range must be a whole number',
  T2004: 'the end of a range must be a whole number',
  T2006: 'the right side of ~> must be a function',
  T2007: 'texts and numbers cannot be brought in one order',
  T2008: 'only texts and numbers have an order',
  T2009: '{token} compares a text with a number',
  T2010: 'the sides of {token} must be numbers or texts',
  T2011: 'a transform sets the fields of an object',
  T2012: 'a transform takes away fields by their names',
}

/** Characters of what an error says: a mapping says what it likes with `$error`, and names can be long. */
const LONGEST = 500

/** An error of a mapping: `mapping.syntax` or `mapping.failed`, always invalid, since trying again changes nothing. */
export function explain(error: unknown, code: 'mapping.syntax' | 'mapping.failed'): CartageError {
  if (error instanceof CartageError) return error
  if (isRangeError(error)) return explain({ code: 'D1011' }, code)
  const fault = (error ?? {}) as Fault
  const at = fault.position === undefined ? '' : ` at position ${fault.position}`
  const known = fault.code === undefined ? undefined : MEANINGS[fault.code]
  const words = known
    ? filled(known, fault)
    : withoutData(fault.message ?? wordsFor(fault), [fault.value, fault.value2])
  return new CartageError('invalid', code, `${fault.code ? `${fault.code}: ` : ''}${words.slice(0, LONGEST)}${at}`, {
    cause: error instanceof Error ? error : undefined,
  })
}

function wordsFor(fault: Fault): string {
  return fault.code === undefined ? String(fault) : 'the picture or the value does not fit'
}

function filled(meaning: string, { token, index }: Fault): string {
  return meaning
    .replace('{token}', token === undefined ? 'it' : String(token))
    .replace('{index}', index === undefined ? '' : String(index))
}

/** Messages go to logs, and the data that they quote may be anybody's address. */
function withoutData(message: string, values: unknown[]): string {
  let text = message
  for (const value of values) {
    // A bare number is a bound of ours or says nothing of anybody.
    if (value === undefined || typeof value === 'number') continue
    for (const quoted of [JSON.stringify(value), String(value)])
      if (quoted && quoted.length > 1) text = text.replaceAll(quoted, '…')
  }
  return text
}

/** Of whatever realm: the stack has been used up, or a text is longer than any can be. */
function isRangeError(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'RangeError'
}

/** A bound of ours was reached: doing it again would cost as much again. */
export function isBound(error: unknown): boolean {
  if (error instanceof CartageError || isRangeError(error)) return true
  return ['D1011', 'D1012', 'D2015'].includes((error as Fault | undefined)?.code ?? '')
}
