/** Where a value stands in the text of a JSON document. */
export interface Span {
  start: number
  end: number
}

/**
 * The value of a field (`data.id`) of a JSON object before anybody has vouched for it: a text as it is, anything else exactly as
 * it is written, since that is what was signed. Undefined when the bytes are no JSON in UTF-8, the field is not there, or a name
 * on the way to it stands twice: then the one that is signed need not be the one that is read.
 */
export function fieldOf(bytes: Uint8Array, path: string): string | undefined {
  const text = jsonText(bytes)
  const span = text === undefined ? undefined : fieldSpan(text, path)
  if (text === undefined || span === undefined) return undefined
  const raw = text.slice(span.start, span.end)
  return raw.startsWith('"') ? (JSON.parse(raw) as string) : raw
}

/** As `fieldOf`: where the value stands in the text, which must be JSON. */
export function fieldSpan(text: string, path: string): Span | undefined {
  let span: Span | undefined = { start: skipSpace(text, 0), end: text.length }
  for (const name of path.split('.')) {
    span = text[span.start] === '{' ? memberOf(text, span.start, name) : undefined
    if (span === undefined) return undefined
  }
  return span
}

function jsonText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}

/** The value of the member `name` of the object that begins at `open`. */
function memberOf(text: string, open: number, name: string): Span | undefined {
  let found: Span | undefined
  let at = skipSpace(text, open + 1)
  while (text[at] === '"') {
    const end = endOfString(text, at)
    const key: unknown = JSON.parse(text.slice(at, end))
    const start = skipSpace(text, skipSpace(text, end) + 1)
    const after = endOfValue(text, start)
    if (key === name) {
      if (found) return undefined
      found = { start, end: after }
    }
    at = skipSpace(text, after)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return found
}

function endOfValue(text: string, start: number): number {
  const first = text[start]
  if (first === '"') return endOfString(text, start)
  if (first !== '{' && first !== '[') {
    const rest = /[\s,\]}]/g
    rest.lastIndex = start
    return rest.exec(text)?.index ?? text.length
  }
  let depth = 0
  for (let at = start; ; at++) {
    const sign = text[at]
    if (sign === '"') at = endOfString(text, at) - 1
    else if (sign === '{' || sign === '[') depth++
    else if (sign === '}' || sign === ']') {
      depth--
      if (depth === 0) return at + 1
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return at
}
