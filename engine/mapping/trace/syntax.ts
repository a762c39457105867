import { nextToken, type Token, wrong } from './tokens.ts'

/** A place in the text of a mapping; `end` is where the next character stands. */
export interface Span {
  start: number
  end: number
}

export interface Pair extends Span {
  key: Node
  value: Node
}

/** The tree of an expression, with the exact place of every part: JSONata's own knows where tokens end, no more. */
export type Node = Span &
  (
    | { kind: 'literal'; value: string | number | boolean | null }
    | { kind: 'regex' | 'wildcard' | 'descendant' | 'parent' | 'placeholder' }
    | { kind: 'name' | 'variable'; name: string }
    | Sided<'path'>
    | Sided<'filter'>
    | Sided<'chain'>
    | { kind: 'operation'; operator: string; left: Node; right: Node }
    | { kind: 'order'; left: Node; terms: Node[] }
    | { kind: 'object'; pairs: Pair[]; left?: Node }
    | { kind: 'list' | 'block'; parts: Node[] }
    | { kind: 'call'; callee: Node; given: Node[] }
    | { kind: 'lambda'; names: string[]; body: Node }
    /** Without `test` what is tested is `yes` itself. */
    | { kind: 'condition'; test?: Node; yes: Node; otherwise?: Node }
    | { kind: 'negation'; operand: Node }
    | { kind: 'bind'; name: string; value: Node }
    | { kind: 'focus'; left: Node; name: string; by: '@' | '#' }
    | { kind: 'transform'; pattern: Node; update: Node }
  )

export type NodeOf<Kind extends Node['kind']> = Extract<Node, { kind: Kind }>

interface Sided<Kind> {
  kind: Kind
  left: Node
  right: Node
}

/** How strongly an operator holds on to what stands on its left, as in the language. */
const POWER: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({
    80: '[ ( @ #',
    75: '.',
    70: '{',
    60: '* / %',
    50: '+ - &',
    40: '= < > != <= >= ~> ?: ?? in ^',
    30: 'and',
    25: 'or',
    20: '?',
    10: ':=',
  }).flatMap(([power, operators]) => operators.split(' ').map((operator) => [operator, Number(power)])),
)
/** Deeper than anybody writes. */
const MAX_DEPTH = 300

/** Reads JSONata. Throws `mapping.syntax` (invalid) where a text is none. */
export function parse(source: string): Node {
  const reader = new Reader(source)
  const node = reader.expression(0)
  if (reader.token.type !== 'end') throw wrong(`unexpected ${reader.token.text}`, reader.token.start)
  return node
}

/** Top-down operator precedence, as the language's own parser does it. */
class Reader {
  token: Token
  #last: Span = { start: 0, end: 0 }
  #depth = 0
  readonly #source: string

  constructor(source: string) {
    this.#source = source
    this.token = nextToken(source, 0, false)
  }

  expression(power: number): Node {
    if (++this.#depth > MAX_DEPTH) throw wrong('the mapping is nested too deeply', this.token.start)
    const first = this.#take(undefined, true)
    let left = this.#begin(first)
    while (this.token.type === 'operator' && power < (POWER[this.token.text] ?? 0))
      left = this.#continue(left, this.#take(undefined, false))
    this.#depth--
    return left
  }

  #take(expected: string | undefined, afterValue: boolean): Token {
    const token = this.token
    if (expected !== undefined && !this.#sees(expected)) {
      const found = token.type === 'end' ? 'the end' : token.text
      throw wrong(`expected ${expected} but found ${found}`, token.start)
    }
    this.#last = token
    this.token = nextToken(this.#source, token.end, afterValue)
    return token
  }

  #sees(operator: string): boolean {
    return this.token.type === 'operator' && this.token.text === operator
  }

  /** Takes a comma if one is there: whether the enumeration goes on. */
  #more(separator = ','): boolean {
    if (!this.#sees(separator)) return false
    this.#take(separator, false)
    return true
  }

  #since(start: number): Span {
    return { start, end: this.#last.end }
  }

  #begin({ type, text, start, end }: Token): Node {
    const span = { start, end }
    if (type === 'string') return { kind: 'literal', value: text, ...span }
    if (type === 'number') return { kind: 'literal', value: Number(text), ...span }
    if (type === 'value') return { kind: 'literal', value: text === 'null' ? null : text === 'true', ...span }
    if (type === 'regex') return { kind: 'regex', ...span }
    if (type === 'variable') return { kind: 'variable', name: text, ...span }
    if (type === 'name' || text === 'and' || text === 'or' || text === 'in')
      return { kind: 'name', name: text, ...span }
    if (text === '*') return { kind: 'wildcard', ...span }
    if (text === '**') return { kind: 'descendant', ...span }
    if (text === '%') return { kind: 'parent', ...span }
    if (text === '-') return { kind: 'negation', operand: this.expression(70), ...this.#since(start) }
    if (text === '(') return this.#block(start)
    if (text === '[') return this.#list(start)
    if (text === '{') return this.#object(start)
    if (text === '|') return this.#transform(start)
    throw wrong(type === 'end' ? 'the mapping ends too early' : `unexpected ${text}`, start)
  }

  #continue(left: Node, { text }: Token): Node {
    const { start } = left
    if (text === '(') return this.#call(left)
    if (text === '[') return this.#filter(left)
    if (text === '{') return this.#object(start, left)
    if (text === '^') return this.#order(left)
    if (text === '?') return this.#condition(left)
    if (text === '@' || text === '#') {
      const name = this.#take(undefined, true)
      if (name.type !== 'variable') throw wrong(`expected a variable behind ${text}`, name.start)
      return { kind: 'focus', left, name: name.text, by: text, ...this.#since(start) }
    }
    if (text === ':=') {
      if (left.kind !== 'variable') throw wrong('only a variable can be set', start)
      return { kind: 'bind', name: left.name, value: this.expression(9), ...this.#since(start) }
    }
    if (text === '?:' || text === '??')
      return { kind: 'condition', yes: left, otherwise: this.expression(0), ...this.#since(start) }
    const right = this.expression(POWER[text]!)
    const span = this.#since(start)
    if (text === '.') return { kind: 'path', left, right, ...span }
    if (text === '~>') return { kind: 'chain', left, right, ...span }
    return { kind: 'operation', operator: text, left, right, ...span }
  }

  #block(start: number): Node {
    const parts: Node[] = []
    while (!this.#sees(')')) {
      parts.push(this.expression(0))
      if (!this.#more(';')) break
    }
    this.#take(')', true)
    return { kind: 'block', parts, ...this.#since(start) }
  }

  #list(start: number): Node {
    const parts: Node[] = []
    if (!this.#sees(']'))
      do parts.push(this.#item())
      while (this.#more())
    this.#take(']', true)
    return { kind: 'list', parts, ...this.#since(start) }
  }

  #item(): Node {
    const left = this.expression(0)
    if (!this.#more('..')) return left
    return { kind: 'operation', operator: '..', left, right: this.expression(0), ...this.#since(left.start) }
  }

  #object(start: number, left?: Node): Node {
    const pairs: Pair[] = []
    if (!this.#sees('}'))
      do pairs.push(this.#pair())
      while (this.#more())
    this.#take('}', true)
    return { kind: 'object', pairs, ...(left && { left }), ...this.#since(start) }
  }

  #pair(): Pair {
    const key = this.expression(0)
    this.#take(':', false)
    const value = this.expression(0)
    return { key, value, ...this.#since(key.start) }
  }

  #filter(left: Node): Node {
    if (this.#more(']'))
      return { kind: 'filter', left, right: { kind: 'placeholder', ...this.#last }, ...this.#since(left.start) }
    const right = this.expression(0)
    this.#take(']', true)
    return { kind: 'filter', left, right, ...this.#since(left.start) }
  }

  #order(left: Node): Node {
    this.#take('(', false)
    const terms: Node[] = []
    do {
      if (!this.#more('<')) this.#more('>')
      terms.push(this.expression(0))
    } while (this.#more())
    this.#take(')', false)
    return { kind: 'order', left, terms, ...this.#since(left.start) }
  }

  #condition(test: Node): Node {
    const yes = this.expression(0)
    const otherwise = this.#more(':') ? this.expression(0) : undefined
    return { kind: 'condition', test, yes, ...(otherwise && { otherwise }), ...this.#since(test.start) }
  }

  #transform(start: number): Node {
    const pattern = this.expression(0)
    this.#take('|', false)
    const update = this.expression(0)
    if (this.#more()) this.expression(0)
    this.#take('|', false)
    return { kind: 'transform', pattern, update, ...this.#since(start) }
  }

  #call(callee: Node): Node {
    const given: Node[] = []
    if (!this.#sees(')'))
      do given.push(this.#argument())
      while (this.#more())
    this.#take(')', true)
    const { start } = callee
    if (callee.kind !== 'name' || (callee.name !== 'function' && callee.name !== 'λ'))
      return { kind: 'call', callee, given, ...this.#since(start) }
    while (!this.#sees('{') && this.token.type !== 'end') this.#take(undefined, false)
    this.#take('{', false)
    const body = this.expression(0)
    this.#take('}', false)
    const names = given.map((one) => (one.kind === 'variable' ? one.name : ''))
    return { kind: 'lambda', names, body, ...this.#since(start) }
  }

  #argument(): Node {
    if (!this.#sees('?')) return this.expression(0)
    this.#take('?', false)
    return { kind: 'placeholder', ...this.#last }
  }
}
