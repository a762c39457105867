import type { Json } from '../../json.ts'
import { createRedactor } from '../../security/redact.ts'
import type { CheckMessage } from './types.ts'

/** Characters of one text, entries of one list and levels that are shown. */
const TEXT = 2_000
const ENTRIES = 100
const DEEPEST = 12

/** As it is kept and shown: secrets redacted, and no longer than somebody would read. */
export function shownMessage(message: CheckMessage, secrets: Iterable<string>): CheckMessage {
  const redactor = createRedactor({ secrets })
  const shown = Object.entries(message)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, cut(redactor.value(value) as Json, 0)])
  return Object.fromEntries(shown) as CheckMessage
}

function cut(value: Json, depth: number): Json {
  if (typeof value === 'string') return value.length > TEXT ? `${value.slice(0, TEXT)} …` : value
  if (value === null || typeof value !== 'object') return value
  if (depth > DEEPEST) return '…'
  if (Array.isArray(value)) return value.slice(0, ENTRIES).map((item) => cut(item, depth + 1))
  const entries = Object.entries(value).slice(0, ENTRIES)
  return Object.fromEntries(entries.map(([key, item]) => [key, cut(item, depth + 1)]))
}
