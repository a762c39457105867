import { currencyDecimals } from '../canonical/formats.ts'
import { CartageError } from '../errors.ts'
import { shipmentIdOf } from '../lifecycle/shipment.ts'

/** What mappings may call beside JSONata's own functions. None of them guesses: what is ambiguous is an error. */
export function libraryFunctions(): Record<string, (...args: never[]) => unknown> {
  return { money, isoFromEpoch, isoFromEpochMs, decimal, shipmentId, eval: noEval }
}

type Given<T> = T | null | undefined

/** `$money(799, "usd")` → `{ "amount": "7.99", "currency": "USD" }`: from minor units, by the currency's own number of decimals. */
function money(minor: Given<number>, currency: Given<string>): unknown {
  if (isNothing(minor) || isNothing(currency) || currency === '') return undefined
  if (!Number.isSafeInteger(minor)) throw bad('$money', 'minor units must be a whole number')
  const code = typeof currency === 'string' ? currency.toUpperCase() : ''
  if (!/^[A-Z]{3}$/.test(code)) throw bad('$money', 'the currency must be a code of three letters')
  const decimals = currencyDecimals(code)
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0')
  const whole = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return { amount: (minor < 0 ? '-' : '') + whole, currency: code }
}

/** `$isoFromEpoch(1772463422)` → `2026-03-02T14:57:02Z`; seconds, as a number or as digits. */
function isoFromEpoch(seconds: Given<number | string>): string | undefined {
  const value = epoch('$isoFromEpoch', seconds)
  if (value === undefined) return undefined
  if (Math.abs(value) > SECONDS_BELOW) throw bad('$isoFromEpoch', 'the value looks like milliseconds')
  return isoOf('$isoFromEpoch', value * 1000)
}

/** `$isoFromEpochMs(1772463422000)` → `2026-03-02T14:57:02Z`; milliseconds, as a number or as digits. */
function isoFromEpochMs(milliseconds: Given<number | string>): string | undefined {
  const value = epoch('$isoFromEpochMs', milliseconds)
  if (value === undefined) return undefined
  if (Math.abs(value) < SECONDS_BELOW && value !== 0) throw bad('$isoFromEpochMs', 'the value looks like seconds')
  return isoOf('$isoFromEpochMs', value)
}

/** As seconds the year 5138, as milliseconds March 1973: no parcel of ours has either. */
const SECONDS_BELOW = 1e11

function epoch(name: string, given: Given<number | string>): number | undefined {
  if (isNothing(given) || given === '') return undefined
  const value = typeof given === 'string' && /^-?\d{1,16}$/.test(given) ? Number(given) : given
  if (typeof value !== 'number' || !Number.isFinite(value)) throw bad(name, 'the value is no time')
  return value
}

function isoOf(name: string, milliseconds: number): string {
  if (Math.abs(milliseconds) > 8.64e15) throw bad(name, 'the value is no time')
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z')
}

/** `$decimal("12.90")` → 12.9. Only digits with a point: `1.234,56` is ambiguous and refused. */
function decimal(text: Given<string | number>): number | undefined {
  if (isNothing(text) || text === '') return undefined
  if (typeof text === 'number') return text
  if (typeof text !== 'string' || !/^-?\d{1,15}(\.\d+)?$/.test(text.trim()))
    throw bad('$decimal', 'the value is no plain decimal number')
  return Number(text)
}

/** `$shipmentId("SO-10042")`: the hub's id of the shipment of an order, for what names the order only. */
function shipmentId(orderId: Given<string>): string | undefined {
  if (isNothing(orderId) || orderId === '') return undefined
  if (typeof orderId !== 'string') throw bad('$shipmentId', 'an order id is a text')
  return shipmentIdOf(orderId)
}

/** JSONata's own `$eval` would run what a partner sends. */
function noEval(): never {
  throw bad('$eval', 'is not available')
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

function bad(name: string, message: string): CartageError {
  return new CartageError('invalid', 'mapping.value', `${name}: ${message}`)
}
