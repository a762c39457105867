import { type DecimalOptions, decimalText, exactNumber } from './decimals.ts'
import { FunctionError, type Given, isBlank, type LibraryFunction } from './function.ts'

/** `1.234,56` is ambiguous here and refused. */
function decimal(text: Given<string | number>): number | undefined {
  if (isBlank(text)) return undefined
  if (typeof text === 'number') return text
  if (typeof text !== 'string' || !/^-?\d{1,15}(\.\d+)?$/.test(text.trim()))
    throw new FunctionError('$decimal', 'the value is no plain decimal number', text)
  return Number(text)
}

function parseNumber(text: Given<string | number>, options?: Given<DecimalOptions>): number | undefined {
  if (isBlank(text)) return undefined
  return exactNumber('$parseNumber', decimalText('$parseNumber', text!, options))
}

function plainDecimal(text: Given<string | number>, options?: Given<DecimalOptions>): string | undefined {
  if (isBlank(text)) return undefined
  return decimalText('$plainDecimal', text!, options)
}

const group = 'numbers'

export const NUMBERS: LibraryFunction[] = [
  {
    name: 'decimal',
    run: decimal,
    group,
    signature: '$decimal(text)',
    summary:
      'A number from a text of digits with a point. Blank gives nothing; anything else, a decimal comma too, is an error.',
    examples: [
      { expression: '$decimal("12.90")', result: 12.9 },
      { expression: '$decimal("1.234,56")', error: 'no plain decimal number' },
    ],
  },
  {
    name: 'parseNumber',
    run: parseNumber,
    group,
    signature: '$parseNumber(text, {decimal, group})',
    summary:
      'A number from a text whose marks are declared: `decimal` is "." (when left out) or ",", `group` is the mark between thousands, none when left out. A mark that was not declared is an error.',
    examples: [
      { expression: '$parseNumber("1.234,56", {"decimal": ",", "group": "."})', result: 1234.56 },
      { expression: '$parseNumber("12,5", {"decimal": ","})', result: 12.5 },
      { expression: '$parseNumber("1,234")', error: 'as declared' },
    ],
  },
  {
    name: 'plainDecimal',
    run: plainDecimal,
    group,
    signature: '$plainDecimal(text, {decimal, group})',
    summary: 'The same as a text with a point, digit by digit as it was written: for amounts and long numbers.',
    examples: [
      { expression: '$plainDecimal("1 234,50", {"decimal": ",", "group": " "})', result: '1234.50' },
      { expression: '$plainDecimal("98765432109876543210.5")', result: '98765432109876543210.5' },
    ],
  },
]
