import { CartageError } from '../../errors.ts'

/** A token of JSONata with its place in the text; `end` is where the next character stands. */
export interface Token {
  type: 'operator' | 'string' | 'number' | 'value' | 'name' | 'variable' | 'regex' | 'end'
  /** What it says: operators as written, names and texts without their quotes. */
  text: string
  start: number
  end: number
}

const DOUBLE = ['..', ':=', '!=', '>=', '<=', '**', '~>', '?:', '??']
const SINGLE = new Set('.[]{}(),@#;:?+-*/%|=<>^&!~')
const BLANK = new Set(' \t\n\r\v')
const WORDS: Readonly<Record<string, Token['type']>> = {
  and: 'operator',
  or: 'operator',
  in: 'operator',
  true: 'value',
  false: 'value',
  null: 'value',
}
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][-+]?\d+)?/y

/** Reads one token from `position` on. Whether a slash divides or begins a regular expression, only the reader knows. */
export function nextToken(source: string, position: number, afterValue: boolean): Token {
  const start = skipBlanks(source, position)
  if (start >= source.length) return { type: 'end', text: '', start: source.length, end: source.length }
  const first = source[start]!
  const token = (type: Token['type'], text: string, end: number): Token => ({ type, text, start, end })
  if (first === '/' && !afterValue) return regex(source, start)
  const two = source.slice(start, start + 2)
  if (DOUBLE.includes(two)) return token('operator', two, start + 2)
  if (SINGLE.has(first)) return token('operator', first, start + 1)
  if (first === '"' || first === "'") {
    const end = closing(source, start, first)
    return token('string', unquoted(source.slice(start + 1, end)), end + 1)
  }
  NUMBER.lastIndex = start
  const number = NUMBER.exec(source)
  if (number) return token('number', number[0], start + number[0].length)
  if (first === '`') {
    const end = source.indexOf('`', start + 1)
    if (end < 0) throw wrong('a quoted name is not closed', start)
    return token('name', source.slice(start + 1, end), end + 1)
  }
  return word(source, start)
}

/** Where a token can begin: behind blanks and comments. */
export function skipBlanks(source: string, from: number): number {
  let position = from
  for (;;) {
    while (position < source.length && BLANK.has(source[position]!)) position++
    if (!source.startsWith('/*', position)) return position
    const end = source.indexOf('*/', position + 2)
    if (end < 0) throw wrong('a comment is not closed', position)
    position = end + 2
  }
}

function word(source: string, start: number): Token {
  let end = start
  while (end < source.length && !BLANK.has(source[end]!) && !SINGLE.has(source[end]!)) end++
  const text = source.slice(start, end)
  if (text.startsWith('$')) return { type: 'variable', text: text.slice(1), start, end }
  const type = Object.hasOwn(WORDS, text) ? WORDS[text]! : 'name'
  return { type, text, start, end }
}

function closing(source: string, start: number, quote: string): number {
  for (let end = start + 1; end < source.length; end++) {
    if (source[end] === '\\') end++
    else if (source[end] === quote) return end
  }
  throw wrong('a text is not closed', start)
}

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function unquoted(inside: string): string {
  return inside.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_all, hex?: string, one?: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPED[one!] ?? one!),
  )
}

/** Up to the slash that is neither escaped nor inside brackets, and the flags behind it. */
function regex(source: string, start: number): Token {
  let depth = 0
  for (let end = start + 1; end < source.length; end++) {
    const one = source[end]!
    if (one === '\\') end++
    else if ('([{'.includes(one)) depth++
    else if (')]}'.includes(one)) depth--
    else if (one === '/' && depth === 0) {
      let after = end + 1
      while (source[after] === 'i' || source[after] === 'm') after++
      return { type: 'regex', text: source.slice(start, after), start, end: after }
    }
  }
  throw wrong('a regular expression is not closed', start)
}

/** `mapping.syntax`: the text is no JSONata at this position. */
export function wrong(message: string, position: number): CartageError {
  return new CartageError('invalid', 'mapping.syntax', `${message} at position ${position}`)
}
