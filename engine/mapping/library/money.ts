import { currencyDecimals } from '../../canonical/formats.ts'
import { type DecimalOptions, decimalText } from './decimals.ts'
import { FunctionError, type Given, isBlank, type LibraryFunction, optionsOf } from './function.ts'

/** As the canonical model has it: a decimal text, so that no cent is lost to a float. */
export interface Money {
  amount: string
  currency: string
}

function money(minor: Given<number>, currency: Given<string>): Money | undefined {
  if (isBlank(minor) || isBlank(currency)) return undefined
  if (!Number.isSafeInteger(minor)) throw new FunctionError('$money', 'minor units must be a whole number', minor)
  const code = currencyOf('$money', currency)
  return written(BigInt(minor!), code)
}

interface AmountOptions extends DecimalOptions {
  /** Half away from zero, where the text has more decimals than the currency. */
  round?: boolean
}

function amount(
  text: Given<string | number>,
  currency: Given<string>,
  options?: Given<AmountOptions>,
): Money | undefined {
  if (isBlank(text)) return undefined
  const { round = false, ...marks } = optionsOf('$amount', options, ['decimal', 'group', 'round'])
  if (isBlank(currency)) throw new FunctionError('$amount', 'an amount needs its currency', currency)
  const code = currencyOf('$amount', currency)
  const decimal = decimalText('$amount', text!, options === undefined ? undefined : marks)
  return written(minorOf('$amount', decimal, code, round), code)
}

function sumMoney(list: Given<Money | Money[]>): Money | undefined {
  const all = [list].flat().filter((one) => !isBlank(one))
  if (all.length === 0) return undefined
  return added('$sumMoney', all as Money[])
}

function subtractMoney(from: Given<Money>, less: Given<Money>): Money | undefined {
  if (isBlank(from)) return undefined
  if (isBlank(less)) return added('$subtractMoney', [from!])
  const { currency, minor } = checked('$subtractMoney', less!)
  return added('$subtractMoney', [from!, written(-minor, currency)])
}

function minorUnits(given: Given<Money>): number | undefined {
  return isBlank(given) ? undefined : Number(checked('$minorUnits', given!).minor)
}

function added(name: string, all: Money[]): Money {
  const parts = all.map((one) => checked(name, one))
  const [first] = parts
  if (parts.some(({ currency }) => currency !== first!.currency))
    throw new FunctionError(name, 'the amounts are in different currencies', all)
  return written(
    parts.reduce((sum, { minor }) => sum + minor, 0n),
    first!.currency,
  )
}

function checked(name: string, given: Money): { minor: bigint; currency: string } {
  if (typeof given !== 'object' || typeof given.amount !== 'string')
    throw new FunctionError(name, 'the value is no money', given)
  const currency = currencyOf(name, given.currency)
  return { minor: minorOf(name, decimalText(name, given.amount, undefined), currency, false), currency }
}

function currencyOf(name: string, given: unknown): string {
  const code = typeof given === 'string' ? given.trim().toUpperCase() : ''
  if (!/^[A-Z]{3}$/.test(code)) throw new FunctionError(name, 'the currency must be a code of three letters', given)
  return code
}

function minorOf(name: string, text: string, currency: string, round: boolean): bigint {
  const [whole = '0', decimals = ''] = text.replace('-', '').split('.')
  const places = currencyDecimals(currency)
  const beyond = decimals.slice(places)
  if (beyond !== '' && !round && /[^0]/.test(beyond))
    throw new FunctionError(name, `the amount has more decimals than ${currency}, which has ${places}`, text)
  const minor = BigInt(whole + decimals.slice(0, places).padEnd(places, '0')) + (beyond >= '5' ? 1n : 0n)
  return text.startsWith('-') ? -minor : minor
}

function written(minor: bigint, currency: string): Money {
  const places = currencyDecimals(currency)
  const digits = String(minor < 0n ? -minor : minor).padStart(places + 1, '0')
  const whole = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return { amount: (minor < 0n ? '-' : '') + whole, currency }
}

const group = 'money'
const TWO = '[{"amount": "7.99", "currency": "EUR"}, {"amount": "0.06", "currency": "EUR"}]'

export const MONEY: LibraryFunction[] = [
  {
    name: 'money',
    run: money,
    group,
    signature: '$money(minor, currency)',
    summary:
      'Canonical money from minor units (cents), by the number of decimals that the currency has. One of the two missing gives nothing.',
    examples: [
      { expression: '$money(799, "usd")', result: { amount: '7.99', currency: 'USD' } },
      { expression: '$money(799, "JPY")', result: { amount: '799', currency: 'JPY' } },
      { expression: '$money(7.99, "USD")', error: 'whole number' },
    ],
  },
  {
    name: 'amount',
    run: amount,
    group,
    signature: '$amount(text, currency, {decimal, group, round})',
    summary:
      'Canonical money from a decimal text, never through a float. Marks are declared as in `$parseNumber`. More decimals than the currency has are an error, or with `round` true rounded half away from zero.',
    examples: [
      { expression: '$amount("12.9", "EUR")', result: { amount: '12.90', currency: 'EUR' } },
      {
        expression: '$amount("1.234,56", "EUR", {"decimal": ",", "group": "."})',
        result: { amount: '1234.56', currency: 'EUR' },
      },
      { expression: '$amount("12.905", "EUR")', error: 'more decimals than EUR' },
      { expression: '$amount("12.905", "EUR", {"round": true})', result: { amount: '12.91', currency: 'EUR' } },
    ],
  },
  {
    name: 'sumMoney',
    run: sumMoney,
    group,
    signature: '$sumMoney(list)',
    summary: 'The sum of amounts of one currency, exact. Different currencies are an error.',
    examples: [{ expression: `$sumMoney(${TWO})`, result: { amount: '8.05', currency: 'EUR' } }],
  },
  {
    name: 'subtractMoney',
    run: subtractMoney,
    group,
    signature: '$subtractMoney(from, less)',
    summary: 'The difference of two amounts of one currency, exact; it may be negative.',
    examples: [
      {
        expression: '$subtractMoney({"amount": "7.99", "currency": "EUR"}, {"amount": "8", "currency": "EUR"})',
        result: { amount: '-0.01', currency: 'EUR' },
      },
    ],
  },
  {
    name: 'minorUnits',
    run: minorUnits,
    group,
    signature: '$minorUnits(money)',
    summary: 'The minor units (cents) of canonical money, as a number: what partners mean who count in cents.',
    examples: [{ expression: '$minorUnits({"amount": "7.99", "currency": "USD"})', result: 799 }],
  },
]
