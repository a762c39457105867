import { createRequire } from 'node:module'
import countries from 'i18n-iso-countries'
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { FunctionError, type Given, isBlank, type LibraryFunction, optionsOf, textOf, wordOf } from './function.ts'
import { cleaned } from './texts.ts'

/** Characters of a country, a number, a line. */
const LONGEST = 300
/** Characters of one part of an address, and parts of one. */
const LONGEST_ADDRESS = 1000
const ENGLISH = createRequire(import.meta.url)('i18n-iso-countries/langs/en.json') as {
  locale: string
  countries: Record<string, string | string[]>
}
countries.registerLocale(ENGLISH)

function country(given: Given<string | number>): string | undefined {
  return countryFor('$country', given)
}

function countryFor(name: string, given: Given<string | number>): string | undefined {
  if (isBlank(given)) return undefined
  const text = textOf(name, given, LONGEST).trim()
  const code = /^\d{1,3}$/.test(text) ? countries.numericToAlpha2(text.padStart(3, '0')) : alpha2Of(text)
  if (code === undefined) throw new FunctionError(name, 'the country is not known', given)
  return code
}

function alpha2Of(text: string): string | undefined {
  const upper = text.toUpperCase()
  // Carriers use XK for Kosovo; no standard has it.
  if (upper === 'XK' || (/^[A-Z]{2}$/.test(upper) && countries.isValid(upper))) return upper
  if (/^[A-Z]{3}$/.test(upper) && countries.alpha3ToAlpha2(upper)) return countries.alpha3ToAlpha2(upper)
  return countries.getAlpha2Code(text, 'en')
}

function countryAlpha3(given: Given<string>): string | undefined {
  const code = countryFor('$countryAlpha3', given)
  if (code === undefined) return undefined
  const alpha3 = code === 'XK' ? 'XKX' : countries.alpha2ToAlpha3(code)
  if (!alpha3) throw new FunctionError('$countryAlpha3', 'the country has no code of three letters', given)
  return alpha3
}

function phone(given: Given<string | number>, from?: Given<string>): string | undefined {
  if (isBlank(given)) return undefined
  const text = textOf('$phone', given, LONGEST).trim()
  const national = !text.startsWith('+')
  if (national && isBlank(from)) throw new FunctionError('$phone', 'a number without + needs its country', given)
  const code = countryFor('$phone', from)
  if (code !== undefined && !isSupportedCountry(code))
    throw new FunctionError('$phone', 'the country has no numbers of its own', from)
  const number = parsePhoneNumberFromString(text, {
    ...(code && { defaultCountry: code as CountryCode }),
    extract: false,
  })
  if (!number?.isValid() || number.ext)
    throw new FunctionError('$phone', 'the value is no telephone number there', given)
  return number.number
}

interface LineOptions {
  /** Lines at most; 4 when left out. */
  max?: number
  /** Characters in a line at most; 120 when left out. */
  width?: number
}

function addressLines(given: Given<string | (string | null)[]>, options?: Given<LineOptions>): string[] | undefined {
  const { max = 4, width = 120 } = optionsOf('$addressLines', options, ['max', 'width'])
  for (const bound of [max, width])
    if (!Number.isSafeInteger(bound) || bound < 1)
      throw new FunctionError('$addressLines', 'max and width are whole numbers')
  const parts = [given]
    .flat()
    .flatMap((part) => (isBlank(part) ? [] : textOf('$addressLines', part, LONGEST_ADDRESS).split(/\r?\n/)))
  if (parts.length > LONGEST_ADDRESS) throw new FunctionError('$addressLines', 'the address has too many parts')
  const lines = parts
    .map((part) => cleaned(part))
    .filter((part) => part !== '')
    .flatMap((part) => wrapped(part, width))
  if (lines.length > max)
    throw new FunctionError('$addressLines', `the address needs more than ${max} lines of ${width} characters`, given)
  return lines.length === 0 ? undefined : lines
}

/** At blanks; a word that is longer than a line is cut. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((one) => pieces(one, width))) {
    const longer = line === '' ? word : `${line} ${word}`
    if ([...longer].length <= width) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

function pieces(word: string, width: number): string[] {
  const characters = [...word]
  const count = Math.ceil(characters.length / width)
  return Array.from({ length: count }, (_, index) => characters.slice(index * width, (index + 1) * width).join(''))
}

function houseNumber(line: Given<string>, place: string): { street: string; number?: string } | undefined {
  if (isBlank(line)) return undefined
  const at = wordOf('$houseNumber', 'where the number stands', place, ['first', 'last'] as const)
  const text = cleaned(textOf('$houseNumber', line, LONGEST))
  const parts =
    at === 'first' ? /^(\d\S*) (.+)$/.exec(text) : /^(.+?),? (\d+(?: ?[a-zA-Z])?(?:[-/]\d+ ?[a-zA-Z]?)?)$/.exec(text)
  if (!parts) return { street: text }
  const [number, street] = at === 'first' ? [parts[1]!, parts[2]!] : [parts[2]!, parts[1]!]
  return { street, number }
}

const group = 'places'

export const PLACES: LibraryFunction[] = [
  {
    name: 'country',
    run: country,
    group,
    signature: '$country(code or name)',
    summary:
      'The country’s code of two letters, from two or three letters, from its number (ISO 3166-1) or from its English name. An unknown one is an error.',
    examples: [
      { expression: '$country("DEU")', result: 'DE' },
      { expression: '$country("276")', result: 'DE' },
      { expression: '$country("Germany")', result: 'DE' },
      { expression: '$country("Old Prussia")', error: 'not known' },
    ],
  },
  {
    name: 'countryAlpha3',
    run: countryAlpha3,
    group,
    signature: '$countryAlpha3(code or name)',
    summary: 'The country’s code of three letters, for partners who want it.',
    examples: [{ expression: '$countryAlpha3("US")', result: 'USA' }],
  },
  {
    name: 'phone',
    run: phone,
    group,
    signature: '$phone(number, country)',
    summary:
      'A telephone number as +491701234567 (E.164). A number without + is read as one of the country; without a country, or where no such number can exist, it is an error.',
    examples: [
      { expression: '$phone("0170 1234567", "DE")', result: '+491701234567' },
      { expression: '$phone("+1 (212) 555-0142")', result: '+12125550142' },
      { expression: '$phone("0170 1234567")', error: 'needs its country' },
    ],
  },
  {
    name: 'addressLines',
    run: addressLines,
    group,
    signature: '$addressLines(parts, {max, width})',
    summary:
      'Lines of an address: blank parts left out, texts cleaned, lines longer than `width` (120) wrapped at blanks. More lines than `max` (4) are an error, not cut off.',
    examples: [
      { expression: '$addressLines(["12 High St", "", " Flat 2 "])', result: ['12 High St', 'Flat 2'] },
      {
        expression: '$addressLines("Industriestrasse 12 Gebaeude 7 Tor 3", {"width": 20})',
        result: ['Industriestrasse 12', 'Gebaeude 7 Tor 3'],
      },
      { expression: '$addressLines(["a", "b", "c"], {"max": 2})', error: 'more than 2 lines' },
    ],
  },
  {
    name: 'houseNumber',
    run: houseNumber,
    group,
    signature: '$houseNumber(line, "first" or "last")',
    summary:
      'Street and house number of a line, the number where it is declared to stand. A line without one there is all street.',
    examples: [
      { expression: '$houseNumber("Lange Str. 12a", "last")', result: { street: 'Lange Str.', number: '12a' } },
      { expression: '$houseNumber("221B Baker Street", "first")', result: { street: 'Baker Street', number: '221B' } },
      { expression: '$houseNumber("Hafen", "last")', result: { street: 'Hafen' } },
    ],
  },
]
