import { listElements } from './list.ts'
import { type SignedRequest, valueAt } from './request.ts'
import type { SignatureTimestamp } from './types.ts'
import type { Refusal } from './verification.ts'

export type Timestamp = { text: string | undefined } | { reason: Refusal }

/** The time that the sender says and signs, when it is one and inside the tolerance. */
export function readTimestamp(timestamp: SignatureTimestamp | undefined, request: SignedRequest): Timestamp {
  if (!timestamp) return { text: undefined }
  const { prefix } = timestamp
  const value = valueAt(request, timestamp)
  const text = prefix === undefined ? value : onlyElement(value ?? '', prefix)
  if (text === undefined || text === '') return { reason: 'signature.timestamp-missing' }
  const at = parseTimestamp(text, timestamp.unit)
  if (at === undefined) return { reason: 'signature.timestamp-malformed' }
  const inside = Math.abs(request.now - at) <= timestamp.toleranceSeconds * 1000
  return inside ? { text } : { reason: 'signature.timestamp-outside' }
}

function onlyElement(value: string, prefix: string): string | undefined {
  const found = listElements(value, prefix).filter((element) => element.startsWith(prefix))
  return found.length === 1 ? found[0]!.slice(prefix.length) : undefined
}

/**
 * Epoch milliseconds of exactly the stated form: ten digits for seconds, thirteen for milliseconds, RFC 3339 for ISO. No parseInt,
 * no Date.parse leniency: `1e9`, `1614265330abc`, a negative or a 30th of February are undefined.
 */
export function parseTimestamp(text: string, unit: SignatureTimestamp['unit']): number | undefined {
  if (unit === 's') return /^[1-9]\d{9}$/.test(text) ? Number(text) * 1000 : undefined
  if (unit === 'ms') return /^[1-9]\d{12}$/.test(text) ? Number(text) : undefined
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (!parts) return undefined
  const local = Date.parse(`${parts[1]}Z`)
  const at = Date.parse(`${parts[1]}${(parts[2] ?? '').slice(0, 4)}${parts[3]}`)
  const real = !Number.isNaN(local) && new Date(local).toISOString().startsWith(parts[1]!)
  return real && !Number.isNaN(at) ? at : undefined
}

/** The same the other way round, as a sender writes it. */
export function formatTimestamp(now: number, unit: SignatureTimestamp['unit']): string {
  if (unit === 'iso') return new Date(now).toISOString()
  return String(unit === 's' ? Math.floor(now / 1000) : now)
}
