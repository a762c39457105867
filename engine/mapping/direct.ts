/**
 * The simplest JSONata, evaluated without the interpreter: names, defaults, comparisons, texts put together, objects and
 * lists made of those. Ids and inputs of operations are written like that and evaluated for every message. Whatever is not
 * as simple, in the expression or in the data (a list where a name leads on), is left to the interpreter: it decides.
 */
export type Direct = (input: unknown, bindings: Record<string, unknown> | undefined) => { value: unknown } | undefined

type Run = (context: unknown, bindings: Record<string, unknown>) => unknown

/** A node of JSONata's syntax tree, as far as it is looked at. */
interface Ast {
  type: string
  value?: unknown
  steps?: Ast[]
  expressions?: Ast[]
  arguments?: Ast[]
  procedure?: Ast
  lhs?: unknown
  rhs?: Ast
  condition?: Ast
  then?: Ast
  else?: Ast
}

/** Thrown where the interpreter has to decide; never leaves this file. */
const TOO_HARD = Symbol('too hard')

const FIELDS = new Set(['type', 'value', 'position', 'steps', 'expressions', 'arguments', 'procedure', 'lhs', 'rhs'])
for (const field of ['condition', 'then', 'else']) FIELDS.add(field)

/** Undefined when the expression is not of the simple kind. */
export function compileDirect(ast: unknown): Direct | undefined {
  const run = attempt(() => compile(ast as Ast))
  if (!run) return undefined
  return (input, bindings = {}) => (Array.isArray(input) ? undefined : attempt(() => ({ value: run(input, bindings) })))
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error === TOO_HARD) return undefined
    throw error
  }
}

function compile(node: Ast): Run {
  // Predicates, sorting, grouping, tuples: each is one more field.
  if (Object.entries(node).some(([field, value]) => value !== undefined && !FIELDS.has(field))) throw TOO_HARD
  const make = KINDS[node.type]
  if (!make) throw TOO_HARD
  return make(node)
}

const literal = ({ value }: Ast): Run => {
  return () => value
}

const KINDS: Record<string, (node: Ast) => Run> = {
  string: literal,
  number: literal,
  value: literal,
  name: ({ value }) => {
    const name = String(value)
    return (context) => member(context, name)
  },
  variable: ({ value }) => variable(String(value)),
  block: ({ expressions = [] }) => {
    if (expressions.length !== 1) throw TOO_HARD
    return compile(expressions[0]!)
  },
  path,
  condition: ({ condition, then, else: otherwise }) => {
    const [test, yes] = [compile(condition!), compile(then!)]
    const no = otherwise ? compile(otherwise) : () => undefined
    return (context, bindings) => (truth(test(context, bindings)) ? yes : no)(context, bindings)
  },
  binary,
  unary,
  function: call,
}

function variable(name: string): Run {
  if (name === '$') throw TOO_HARD
  if (name === '') return (context) => context
  return (_context, bindings) => {
    // Else it is one of the language's own functions, or nothing.
    if (!Object.hasOwn(bindings, name)) throw TOO_HARD
    return simple(bindings[name])
  }
}

function path({ steps = [] }: Ast): Run {
  const runs = steps.map((step, index) => {
    if (step.type !== 'name' && step.type !== 'block' && !(index === 0 && step.type === 'variable')) throw TOO_HARD
    return compile(step)
  })
  return (context, bindings) => {
    let value = context
    for (const run of runs) {
      if (value === undefined) return undefined
      value = run(value, bindings)
    }
    return value
  }
}

function binary({ value, lhs, rhs }: Ast): Run {
  const [left, right] = [compile(lhs as Ast), compile(rhs!)]
  if (value === '&') return (context, bindings) => text(left(context, bindings)) + text(right(context, bindings))
  if (value === '=') return (context, bindings) => same(left(context, bindings), right(context, bindings))
  if (value === 'and') return (context, bindings) => truth(left(context, bindings)) && truth(right(context, bindings))
  if (value === 'or') return (context, bindings) => truth(left(context, bindings)) || truth(right(context, bindings))
  throw TOO_HARD
}

function unary({ value, lhs, expressions = [] }: Ast): Run {
  if (value === '{') return object(lhs as [Ast, Ast][])
  if (value !== '[') throw TOO_HARD
  const runs = expressions.map(compile)
  return (context, bindings) => {
    const items = runs.map((run) => run(context, bindings)).filter((item) => item !== undefined)
    if (items.some(Array.isArray)) throw TOO_HARD
    return items
  }
}

function object(pairs: [Ast, Ast][]): Run {
  const names = pairs.map(([key]) => (key.type === 'string' ? String(key.value) : undefined))
  if (names.includes(undefined) || names.includes('__proto__') || new Set(names).size < names.length) throw TOO_HARD
  const runs = pairs.map(([, value]) => compile(value))
  return (context, bindings) => {
    const made: Record<string, unknown> = {}
    for (const [index, run] of runs.entries()) {
      const value = run(context, bindings)
      if (value !== undefined) made[names[index]!] = value
    }
    return made
  }
}

function call({ procedure, arguments: given = [] }: Ast): Run {
  const name = procedure?.type === 'variable' ? String(procedure.value) : ''
  const [first, second] = given
  if (name === 'join' && given.length === 2 && first?.value === '[' && second?.type === 'string') {
    const list = compile(first)
    return own(name, (context, bindings) => {
      const items = list(context, bindings) as unknown[]
      if (items.some((item) => typeof item !== 'string')) throw TOO_HARD
      return items.join(String(second.value))
    })
  }
  if (given.length !== 1 || (name !== 'string' && name !== 'exists')) throw TOO_HARD
  const run = compile(first!)
  if (name === 'exists') return own(name, (context, bindings) => run(context, bindings) !== undefined)
  return own(name, (context, bindings) => {
    const value = run(context, bindings)
    return value === undefined ? undefined : text(value)
  })
}

/** The language's own function, unless a binding took its name. */
function own(name: string, run: Run): Run {
  return (context, bindings) => {
    if (Object.hasOwn(bindings, name)) throw TOO_HARD
    return run(context, bindings)
  }
}

function member(context: unknown, name: string): unknown {
  if (context === null || typeof context !== 'object') return undefined
  return simple(Object.hasOwn(context, name) ? (context as Record<string, unknown>)[name] : undefined)
}

/** Lists have rules of their own at every step, functions too. */
function simple(value: unknown): unknown {
  if (Array.isArray(value) || typeof value === 'function') throw TOO_HARD
  return value
}

function text(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || value === null || Number.isSafeInteger(value)) return String(value)
  throw TOO_HARD
}

/** Nothing equals nothing, not even itself. */
function same(left: unknown, right: unknown): boolean {
  if (isObject(left) || isObject(right)) throw TOO_HARD
  return left !== undefined && left === right
}

function truth(value: unknown): boolean {
  if (isObject(value)) throw TOO_HARD
  return Boolean(value)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
