import { currencyDecimals } from '../canonical/formats.ts'
import type { Money } from '../canonical/types.ts'

/** Decimals kept while prices are put together: percentages of cents included, and no float among them. */
const PLACES = 6
const ONE = 10n ** BigInt(PLACES)
const DECIMAL = /^(-?)(\d{1,15})(?:\.(\d{1,6}))?$/

/** Millionths of a unit of currency. */
export type Micros = bigint

/** A decimal text; undefined when it is none, or finer than millionths. */
export function micros(text: string): Micros | undefined {
  const [, sign, whole, decimals = ''] = DECIMAL.exec(text.trim()) ?? []
  if (whole === undefined) return undefined
  const value = BigInt(whole) * ONE + BigInt(decimals.padEnd(PLACES, '0'))
  return sign === '-' ? -value : value
}

/** A number of an expression or of a weight, as exact as it is written; what lies beyond millionths is rounded off. */
export function microsOf(value: number): Micros | undefined {
  return Number.isFinite(value) && Math.abs(value) < 1e15 ? micros(value.toFixed(PLACES)) : undefined
}

/** One amount times another, rounded half away from zero. */
export function times(amount: Micros, factor: Micros): Micros {
  return divided(amount * factor, ONE)
}

export function percentOf(amount: Micros, percent: Micros): Micros {
  return divided(amount * percent, ONE * 100n)
}

/** Rounded half away from zero to what the currency can pay. */
export function moneyOf(amount: Micros, currency: string): Money {
  const places = currencyDecimals(currency)
  const minor = divided(amount, 10n ** BigInt(PLACES - places))
  const digits = String(minor < 0n ? -minor : minor).padStart(places + 1, '0')
  const sign = minor < 0n ? '-' : ''
  const whole = digits.slice(0, digits.length - places)
  return { amount: `${sign}${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`, currency }
}

/** For people and old readers only: never compare by it. */
export function asNumber(amount: Micros): number {
  return Number(amount) / Number(ONE)
}

function divided(value: bigint, by: bigint): bigint {
  const half = by / 2n
  return value < 0n ? -((-value + half) / by) : (value + half) / by
}
