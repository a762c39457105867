import { createHash } from 'node:crypto'
import { canonicalJson } from '../../json.ts'
import { FunctionError, type Given, isBlank, isNothing, type LibraryFunction, textOf } from './function.ts'

/** Values of what is hashed. */
const MAX_VALUES = 100_000

/** Without characters that break labels and logs, blanks made one. */
export function cleaned(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Zs}]+/gu, ' ')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]/g, '')
    .trim()
}

/** At most so many characters, none cut in half. */
export function limited(text: string, characters: number): string {
  if (text.length <= characters) return text
  const all = [...text]
  return all.length <= characters ? text : all.slice(0, characters).join('').trimEnd()
}

function clean(text: Given<string | number>, characters?: Given<number>): string | undefined {
  if (isBlank(text)) return undefined
  const kept = cleaned(textOf('$clean', text))
  if (kept === '') return undefined
  if (isNothing(characters)) return kept
  if (!Number.isSafeInteger(characters) || characters < 1)
    throw new FunctionError('$clean', 'the length is a whole number from 1')
  return limited(kept, characters)
}

/** OData 4.01, part 2, 5.1.1.6.1: a text stands in single quotes, and each within is doubled. */
function odataText(text: Given<string | number>): string | undefined {
  if (isBlank(text)) return undefined
  return `'${textOf('$odataText', text).replaceAll("'", "''")}'`
}

function present(value: unknown): unknown {
  return isBlank(value) ? undefined : value
}

function first(values: unknown): unknown {
  return [values].flat().find((value) => !isBlank(value))
}

function sha256(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (!isFewValues(value)) throw new FunctionError('$sha256', `the value holds more than ${MAX_VALUES} values`)
  const text = typeof value === 'string' ? value : canonicalJson(value)
  if (text === undefined) throw new FunctionError('$sha256', 'the value cannot be written down')
  return createHash('sha256').update(text).digest('hex')
}

/** A small object can hold itself so often that nobody comes to its end. */
function isFewValues(value: unknown): boolean {
  const open = [value]
  for (let seen = 0; open.length > 0; seen++) {
    const one = open.pop()
    if (seen > MAX_VALUES || open.length > MAX_VALUES) return false
    if (one !== null && typeof one === 'object') for (const inner of Object.values(one)) open.push(inner)
  }
  return true
}

const group = 'texts'

export const TEXTS: LibraryFunction[] = [
  {
    name: 'clean',
    run: clean,
    group,
    signature: '$clean(text, length)',
    summary:
      'A text without control characters, blanks made one and trimmed; with a length cut to so many characters. Blank gives nothing.',
    examples: [
      { expression: '$clean("  Leave at\\n the   door ")', result: 'Leave at the door' },
      { expression: '$clean("Straße des 17. Juni", 10)', result: 'Straße des' },
    ],
  },
  {
    name: 'odataText',
    run: odataText,
    group,
    signature: '$odataText(text)',
    summary:
      'A text as it stands in an OData filter or key: in single quotes, each within doubled. What is in it cannot become part of the filter.',
    examples: [
      { expression: '$odataText("SO-1")', result: "'SO-1'" },
      { expression: '$odataText("O\'Brien\' or 1 eq 1")', result: "'O''Brien'' or 1 eq 1'" },
      { expression: '$odataText(42)', result: "'42'" },
    ],
  },
  {
    name: 'present',
    run: present,
    group,
    signature: '$present(value)',
    summary: 'The value, or nothing where it is null or blank; 0 and false stay.',
    examples: [
      { expression: '$present("x")', result: 'x' },
      { expression: '$present("  ")' },
      { expression: '$present(0)', result: 0 },
    ],
  },
  {
    name: 'first',
    run: first,
    group,
    signature: '$first(list)',
    summary: 'The first of the values that is there: null and blank texts are passed over, 0 and false are not.',
    examples: [{ expression: '$first([null, "", 0, 5])', result: 0 }],
  },
  {
    name: 'sha256',
    run: sha256,
    group,
    signature: '$sha256(value)',
    summary:
      'The SHA-256 of a text in hexadecimal digits; of an object or list that of its JSON with sorted names, so that order does not matter.',
    examples: [
      { expression: '$sha256("a")', result: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb' },
      { expression: '$sha256({"a": 1, "b": 2}) = $sha256({"b": 2, "a": 1})', result: true },
    ],
  },
]
