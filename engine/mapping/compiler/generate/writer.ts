import type { Ast } from '../ast.ts'

/** JavaScript for an expression, and what is known of its value. */
export interface Code {
  js: string
  kind?: 'text' | 'number' | 'truth' | 'object' | undefined
  /** It may be a sequence that is to be taken as nothing, or as its only item. */
  raw?: boolean
  /** It is never nothing. */
  sure?: boolean | undefined
}

/** Names that live as long as one call of the JavaScript function that is being written. */
export type Body = string[]

export interface Variable {
  js: string
  /** It has its value wherever code that is written from now on runs. */
  sure: boolean
  /** What is known of that value, where it is the only one that the variable can have. */
  value?: Pick<Code, 'kind' | 'sure'>
  /** The lambda that it is bound to, to be called without looking. */
  lambda?: string
}

/** Variables that JSONata keeps together. `tuple`: the tuple whose values are variables too. */
export interface Frame {
  parent?: Frame | undefined
  variables: Map<string, Variable>
  tuple?: string
}

export interface Scope {
  body: Body
  frame: Frame
  /** The context value, `$`. */
  context: string
  /** The context is no list. */
  single: boolean
  /** Context of who called the lambda: what its calls in tail position see. */
  caller: string
  /** How deep in its function JSONata would be. */
  deep: number
}

/** The compiler does not take this; the reference does. */
export class Unsupported extends Error {
  readonly node: Ast
  constructor(why: string, node: Ast) {
    super(why)
    this.name = 'Unsupported'
    this.node = node
  }
}

/** An expression that is left to the reference. */
export interface Left {
  node: Ast
  why: string
}

/** What the functions that write JavaScript share. Text of a mapping gets in only by `quote`. */
export class Writer {
  readonly constants: unknown[] = []
  /** Accessors of fields, by what is written before everything else. */
  readonly fields = new Map<string, string>()
  /** Names that no frame of the mapping binds, with the JavaScript name of their value. */
  readonly free = new Map<string, string>()
  /** Functions of the language that are called as such: a binding of that name changes everything. */
  readonly natives = new Set<string>()
  readonly left: Left[] = []
  readonly expr: (node: Ast, scope: Scope) => Code
  readonly context: Context
  #names = 0
  readonly #metas = new Map<string, string>()

  constructor(context: Context, expr: (writer: Writer, node: Ast, scope: Scope) => Code) {
    this.context = context
    this.expr = (node, scope) => expr(this, node, scope)
  }

  name(prefix: string): string {
    this.#names += 1
    return `${prefix}${this.#names}`
  }

  temp(scope: Scope, prefix = 't'): string {
    const name = this.name(prefix)
    scope.body.push(name)
    return name
  }

  constant(value: unknown): string {
    this.constants.push(value)
    return `K[${this.constants.length - 1}]`
  }

  /** What is known of one of the language's functions. */
  native(name: string): string {
    const known = this.#metas.get(name)
    if (known) return known
    const made = this.constant(this.context.native(name))
    this.#metas.set(name, made)
    return made
  }

  /** A function that reads a field: its value as such, within a path, or at its end. */
  field(name: string, use: 'own' | 'inner' | 'final'): string {
    const key = `${use}:${name}`
    const known = this.fields.get(key)
    if (known) return known
    const own = use === 'own' ? '' : this.field(name, 'own')
    const made = `${use}${this.fields.size}`
    this.fields.set(key, made)
    const [key_, list] = [
      quote(name),
      use === 'own' ? `norm(lookup(S, v, ${quote(name)}))` : `${use}(S, v, (i) => ${own}(S, i))`,
    ]
    const value = { own: `v[${key_}]`, inner: `flat(v[${key_}])`, final: `last(v[${key_}])` }[use]
    this.written.push(
      `const ${made} = (S, v) => v === null || typeof v !== 'object' ? undefined : isArray(v) ? ${list} : hasOwn(v, ${key_}) ? ${value} : undefined`,
    )
    return made
  }

  readonly written: string[] = []
}

/** What is known before an expression is looked at. */
export interface Context {
  /** Functions of the language that may be called as such. */
  isNative(name: string): boolean
  native(name: string): unknown
  /** Names that steps of paths bind anywhere in the mapping. */
  tupleNames: ReadonlySet<string>
  isTaken(name: string): boolean
  pattern(expression: RegExp, position: number): unknown
  leave(node: Ast): unknown
}

export function quote(text: string): string {
  return JSON.stringify(text)
}

export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** `(context) => value`, with the names that it needs. */
export function closure(parameters: string, body: Body, js: string): string {
  const result = js.startsWith('{') ? `(${js})` : js
  return body.length === 0
    ? `(${parameters}) => ${result}`
    : `(${parameters}) => { let ${body.join(', ')}; return ${js} }`
}

/** A function of an item, written as the expression of that item. */
export function each(
  writer: Writer,
  node: Ast,
  scope: Scope,
  write = (inner: Scope) => writer.expr(node, inner).js,
): string {
  const body: Body = []
  const context = writer.name('c')
  return closure(context, body, write({ ...scope, body, context, single: false }))
}

/** As `each`, where the item may come with a tuple. */
export function tupled(writer: Writer, node: Ast, scope: Scope): string {
  if (writer.context.tupleNames.size === 0) return each(writer, node, scope)
  const body: Body = []
  const [context, tuple] = [writer.name('c'), writer.name('u')]
  const frame: Frame = { parent: scope.frame, variables: new Map(), tuple }
  return closure(`${context}, ${tuple}`, body, writer.expr(node, { ...scope, body, context, single: false, frame }).js)
}

/** The value, or what `norm` makes of it. */
export function normal({ js, raw }: Code): string {
  return raw ? `norm(${js})` : js
}
