import { PartnerFailure } from './failure.ts'

/** The guarded JSONata evaluator of `engine/mapping`. */
export type Evaluate = (source: string, input: unknown, bindings?: Record<string, unknown>) => Promise<unknown>

/** Fill each `{name}` from `values`; a name without a value is a missing setting. */
export function fillNames(text: string, values: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/\{([a-zA-Z][a-zA-Z0-9]*)\}/g, (_all, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) {
      throw new PartnerFailure(
        'none',
        'unauthorised',
        'partner.setting-missing',
        `credential or parameter "${name}" is not set`,
        { field: name },
      )
    }
    return value
  })
}

/** Fill each `{…}` with the value of its JSONata, URI-encoded, so that data can never become another path. */
export async function fillPath(template: string, evaluate: Evaluate, input: unknown): Promise<string> {
  let path = ''
  for (const piece of pieces(template)) {
    path +=
      piece.code === undefined
        ? piece.text
        : encodeSegment(scalar(await evaluate(piece.code, input), piece.code), piece.code)
  }
  return path
}

/** Fill a query value; undefined when the whole of it is one `{…}` that gives nothing. */
export async function fillQuery(template: string, evaluate: Evaluate, input: unknown): Promise<string | undefined> {
  const parts = pieces(template)
  if (parts.length === 1 && parts[0]!.code !== undefined) {
    const value = await evaluate(parts[0]!.code, input)
    return value === undefined || value === null ? undefined : scalar(value, parts[0]!.code)
  }
  let text = ''
  for (const piece of parts)
    text += piece.code === undefined ? piece.text : scalar(await evaluate(piece.code, input), piece.code)
  return text
}

/** A header value, refused when it could begin another header (CWE-113). */
export function headerValue(name: string, value: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value
  throw new PartnerFailure(
    'none',
    'invalid',
    'partner.header',
    `header ${name} would hold a character that headers cannot`,
    { field: name },
  )
}

function scalar(value: unknown, code: string): string {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new PartnerFailure('none', 'invalid', 'partner.path', `{${code}} gives no value for the address`, {
    field: code,
  })
}

function encodeSegment(value: string, code: string): string {
  if (value === '.' || value === '..') {
    throw new PartnerFailure('none', 'invalid', 'partner.path', `{${code}} would leave its place in the address`, {
      field: code,
    })
  }
  // encodeURIComponent leaves the quote alone, which ends a key in OData addresses.
  return encodeURIComponent(value).replaceAll("'", '%27')
}

export type Piece = { text: string; code?: undefined } | { text?: undefined; code: string }

/** Cut a template at its `{…}`; braces may nest inside, and strings of JSONata may hold braces. */
export function pieces(template: string): Piece[] {
  const found: Piece[] = []
  let text = ''
  for (let at = 0; at < template.length; at += 1) {
    if (template[at] !== '{') {
      text += template[at]
      continue
    }
    const end = closing(template, at)
    if (text !== '') found.push({ text })
    text = ''
    found.push({ code: template.slice(at + 1, end) })
    at = end
  }
  return text === '' ? found : [...found, { text }]
}

function closing(template: string, start: number): number {
  let depth = 0
  let quote = ''
  for (let at = start; at < template.length; at += 1) {
    const char = template[at]!
    if (quote !== '') {
      if (char === '\\') at += 1
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'" || char === '`') quote = char
    else if (char === '{') depth += 1
    else if (char === '}') {
      depth -= 1
      if (depth === 0) return at
    }
  }
  throw new PartnerFailure('none', 'invalid', 'partner.path', `a { is not closed in "${template}"`)
}
