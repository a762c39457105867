/**
 * Formats of our own: `ajv-formats` takes 23:59:60 and leaves the calendar to `Date`, which turns 30 February into
 * 2 March. A time that no calendar has must be refused, not moved.
 */
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** The widest offset that any place on earth keeps is +14:00 (Kiribati). */
const WIDEST_OFFSET_MINUTES = 14 * 60

export function isDate(text: string): boolean {
  const parts = DATE.exec(text)
  if (parts === null) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (month < 1 || month > 12 || day < 1) return false
  const leap = month === 2 && (year % 4 === 0 ? year % 100 !== 0 || year % 400 === 0 : false)
  return day <= DAYS[month - 1]! + (leap ? 1 : 0)
}

/** RFC 3339 with an offset and a date that exists; no 24:00, no leap second (clocks and databases cannot hold one). */
export function isDateTime(text: string): boolean {
  const parts = DATE_TIME.exec(text)
  if (parts === null || !isDate(parts[1]!)) return false
  if (Number(parts[2]) > 23 || Number(parts[3]) > 59 || Number(parts[4]) > 59) return false
  const [hours, minutes] = [Number(parts[5] ?? 0), Number(parts[6] ?? 0)]
  return minutes <= 59 && hours * 60 + minutes <= WIDEST_OFFSET_MINUTES
}

/** An absolute http(s) address without user and password in it. Whether it may be called is decided at the call. */
export function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:\/\//i.test(text)) return false
  return url.username === '' && url.password === ''
}

/** One @ with something on both sides and no blank: whether the mailbox exists, only a mail can tell. */
export function isEmail(text: string): boolean {
  const at = text.indexOf('@')
  return at > 0 && at < text.length - 1 && text.indexOf('@', at + 1) < 0 && !/[\s<>,;]/.test(text)
}

/**
 * A business key that ends in its separator was put together without what tells one fact from another (`courier|` and an id
 * that the payload does not have): under it all facts would be one, and all but the first be lost.
 */
export function isFactKey(text: string): boolean {
  return !/\|(\|status\.unmapped)?$/.test(text)
}

/** Decimals of currencies that do not have two (ISO 4217 minor units). */
const DECIMALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' ').map((c) => [c, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((c) => [c, 3])),
}

/** How many decimals an amount in this currency may have. */
export function currencyDecimals(currency: string): number {
  return DECIMALS[currency] ?? 2
}
