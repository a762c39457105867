import { currencyDecimals } from '../canonical/formats.ts'
import { CartageError } from '../errors.ts'
import { shipmentIdOf } from '../lifecycle/shipment.ts'

/** What mappings may call beside JSONata's own functions. None of them guesses: what is ambiguous is an error. */
export function libraryFunctions(): Record<string, (...args: never[]) => unknown> {
  return { money, isoFromEpoch, isoFromEpochMs, decimal, shipmentId }
}

/** `$money(799, "usd")` → `{ "amount": "7.99", "currency": "USD" }`: from minor units, by the currency's own number of decimals. */
function money(minor: number | undefined, currency: string | undefined): unknown {
  if (minor === undefined || minor === null || !currency) return undefined
  if (!Number.isSafeInteger(minor)) throw bad('$money', 'minor units must be a whole number')
  const code = currency.toUpperCase()
  const decimals = currencyDecimals(code)
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0')
  const whole = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return { amount: (minor < 0 ? '-' : '') + whole, currency: code }
}

/** `$isoFromEpoch(1772463422)` → `2026-03-02T14:57:02Z`; seconds. */
function isoFromEpoch(seconds: number | undefined): string | undefined {
  if (seconds === undefined || seconds === null) return undefined
  if (seconds > 1e11) throw bad('$isoFromEpoch', 'the value looks like milliseconds; use $isoFromEpochMs')
  return isoFromEpochMs(seconds * 1000)
}

/** `$isoFromEpochMs(1772463422000)` → `2026-03-02T14:57:02Z`; milliseconds. */
function isoFromEpochMs(milliseconds: number | undefined): string | undefined {
  if (milliseconds === undefined || milliseconds === null) return undefined
  if (!Number.isFinite(milliseconds) || Math.abs(milliseconds) > 8.64e15)
    throw bad('$isoFromEpochMs', 'the value is no time')
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z')
}

/** `$decimal("12.90")` → 12.9. Only digits with a point: `1.234,56` is ambiguous and refused. */
function decimal(text: string | number | undefined): number | undefined {
  if (text === undefined || text === null || text === '') return undefined
  if (typeof text === 'number') return text
  if (!/^-?\d{1,15}(\.\d+)?$/.test(text.trim())) throw bad('$decimal', 'the text is no plain decimal number')
  return Number(text)
}

/** `$shipmentId("SO-10042")`: the hub's id of the shipment of an order, for what names the order only. */
function shipmentId(orderId: string | undefined): string | undefined {
  return orderId === undefined || orderId === null ? undefined : shipmentIdOf(String(orderId))
}

function bad(name: string, message: string): CartageError {
  return new CartageError('invalid', 'mapping.value', `${name}: ${message}`)
}
