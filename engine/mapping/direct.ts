import { inOrder, member, same, simple, TOO_HARD, text, truth, unequal } from './direct-values.ts'

/**
 * The simplest JSONata, evaluated without the interpreter: names, defaults, comparisons, texts put together, variables, and
 * objects and lists made of those. Ids, inputs of operations and positions are written like that and evaluated for every
 * message. Whatever is not as simple, in the expression or in the data (a list where a name leads on), is left to the
 * interpreter, and so is every error: it decides.
 */
export type Direct = (input: unknown, bindings: Record<string, unknown> | undefined) => { value: unknown } | undefined

/** Functions that a mapping may call beside the language's own. */
export type Library = Record<string, (...args: never[]) => unknown>

type Scope = Record<string, unknown>
type Run = (context: unknown, scope: Scope) => unknown

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
  expr?: Ast
  /** Filters of a variable, and of a step in a path. */
  predicate?: Ast[]
  stages?: Ast[]
}

const FIELDS = 'type value position steps expressions arguments procedure lhs rhs condition then else'.split(' ')
const COMPARISONS = ['<', '<=', '>', '>=']
const TEXT_FUNCTIONS: Record<string, (value: string) => unknown> = {
  uppercase: (value) => value.toUpperCase(),
  lowercase: (value) => value.toLowerCase(),
}

/** Undefined when the expression is not of the simple kind. */
export function compileDirect(ast: unknown, library: Library = {}): Direct | undefined {
  let run: Run
  try {
    run = compile(ast as Ast, library)
  } catch (error) {
    if (error === TOO_HARD) return undefined
    throw error
  }
  return (input, bindings = {}) => {
    if (Array.isArray(input)) return undefined
    try {
      return { value: run(input, bindings) }
    } catch {
      return undefined
    }
  }
}

function compile(node: Ast, library: Library, also: string[] = []): Run {
  // Predicates, sorting, grouping, tuples: each is one more field.
  const foreign = ([field, value]: [string, unknown]) =>
    value !== undefined && !FIELDS.includes(field) && !also.includes(field)
  if (Object.entries(node).some(foreign)) throw TOO_HARD
  const make = KINDS[node.type]
  if (!make) throw TOO_HARD
  return make(node, (part) => compile(part, library, part.type === 'variable' ? ['predicate'] : []), library)
}

type Make = (node: Ast, compile: (part: Ast) => Run, library: Library) => Run

const literal: Make =
  ({ value }) =>
  () =>
    value

const KINDS: Record<string, Make> = {
  string: literal,
  number: literal,
  value: literal,
  name: ({ value }) => {
    const name = String(value)
    return (context) => member(context, name)
  },
  variable,
  block,
  path,
  condition: ({ condition, then, else: otherwise }, compile) => {
    const [test, yes] = [compile(condition!), compile(then!)]
    const no = otherwise ? compile(otherwise) : () => undefined
    return (context, scope) => (truth(test(context, scope)) ? yes : no)(context, scope)
  },
  binary,
  unary: ({ value, lhs, expressions = [] }, compile) => {
    if (value === '{') return object(lhs as [Ast, Ast][], compile)
    if (value === '[') return list(expressions.map(compile))
    throw TOO_HARD
  },
  function: call,
}

function variable({ value, predicate }: Ast): Run {
  const name = String(value)
  if (name === '$') throw TOO_HARD
  // Else it is one of the language's own functions, or nothing.
  const bound = (scope: Scope) => {
    if (!Object.hasOwn(scope, name)) throw TOO_HARD
    return scope[name]
  }
  if (!predicate) return name === '' ? (context) => context : (_context, scope) => simple(bound(scope))
  const at = predicate[0]?.expr
  if (name === '' || predicate.length !== 1 || at?.type !== 'number' || !isIndex(at.value)) throw TOO_HARD
  const index = at.value
  return (_context, scope) => {
    const items = bound(scope)
    return simple(Array.isArray(items) ? items[index] : index === 0 ? items : undefined)
  }
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** Variables that are set first, and what is made of them. */
function block({ expressions = [] }: Ast, compile: (part: Ast) => Run): Run {
  const last = expressions.at(-1)
  if (!last) throw TOO_HARD
  const set = expressions.slice(0, -1).map(({ type, lhs, rhs }): [string, Run] => {
    if (type !== 'bind') throw TOO_HARD
    return [String((lhs as Ast).value), compile(rhs!)]
  })
  const result = compile(last)
  if (set.length === 0) return result
  return (context, outer) => {
    const scope = { ...outer }
    for (const [name, run] of set) scope[name] = run(context, scope)
    return result(context, scope)
  }
}

function path({ steps = [] }: Ast, compile: (part: Ast) => Run): Run {
  const runs = steps.map(({ stages, ...step }, index) => {
    const constructs = step.type === 'unary' && step.value === '{' && index > 0
    const leads = step.type === 'name' || step.type === 'block' || constructs
    if (!leads && !(index === 0 && step.type === 'variable')) throw TOO_HARD
    return stages ? filtered(compile(step), stages, compile) : compile(step)
  })
  return (context, scope) => {
    let value = context
    for (const run of runs) {
      if (value === undefined) return undefined
      value = simple(run(value, scope))
    }
    return value
  }
}

function filtered(run: Run, stages: Ast[], compile: (part: Ast) => Run): Run {
  const [filter] = stages
  if (stages.length !== 1 || filter?.type !== 'filter' || filter.expr?.type === 'number') throw TOO_HARD
  const test = compile(filter.expr!)
  return (context, scope) => {
    const value = run(context, scope)
    const passes = test(value, scope)
    // A number would be a position; and the interpreter goes on with nothing where nothing passes.
    if (typeof passes === 'number' || (value === undefined && truth(simple(passes)))) throw TOO_HARD
    return truth(simple(passes)) ? value : undefined
  }
}

function binary({ value, lhs, rhs }: Ast, compile: (part: Ast) => Run): Run {
  const [left, right] = [compile(lhs as Ast), compile(rhs!)]
  const with_ =
    (join: (left: unknown, right: unknown) => unknown): Run =>
    (context, scope) =>
      join(left(context, scope), right(context, scope))
  if (value === '&') return with_((one, other) => text(one) + text(other))
  if (value === '=') return with_(same)
  if (value === '!=') return with_(unequal)
  if (COMPARISONS.includes(String(value))) return with_((one, other) => inOrder(String(value), one, other))
  if (value === 'and') return (context, scope) => truth(left(context, scope)) && truth(right(context, scope))
  if (value === 'or') return (context, scope) => truth(left(context, scope)) || truth(right(context, scope))
  throw TOO_HARD
}

function list(runs: Run[]): Run {
  return (context, scope) => {
    const items = runs.map((run) => run(context, scope)).filter((item) => item !== undefined)
    if (items.some(Array.isArray)) throw TOO_HARD
    return items
  }
}

function object(pairs: [Ast, Ast][], compile: (part: Ast) => Run): Run {
  const names = pairs.map(([key]) => (key.type === 'string' ? String(key.value) : undefined))
  if (names.includes(undefined) || names.includes('__proto__') || new Set(names).size < names.length) throw TOO_HARD
  const runs = pairs.map(([, value]) => compile(value))
  return (context, scope) => {
    const made: Record<string, unknown> = {}
    for (const [index, run] of runs.entries()) {
      const value = run(context, scope)
      if (value !== undefined) made[names[index]!] = value
    }
    return made
  }
}

function call({ procedure, arguments: given = [] }: Ast, compile: (part: Ast) => Run, library: Library): Run {
  const name = procedure?.type === 'variable' && !procedure.predicate ? String(procedure.value) : ''
  const runs = given.map(compile)
  const own = Object.hasOwn(library, name) ? undefined : ownFunction(name, given)
  const work = own ?? ((...values: unknown[]) => library[name]!(...(values.map(simple) as never[])))
  return (context, scope) => {
    // A binding took the function's name.
    if (Object.hasOwn(scope, name)) throw TOO_HARD
    return work(...runs.map((run) => run(context, scope)))
  }
}

/** The language's own functions, as far as they are simple with these arguments. */
function ownFunction(name: string, [first, second, ...more]: Ast[]): (...values: unknown[]) => unknown {
  if (!first || more.length > 0) throw TOO_HARD
  if (second) {
    if (second.type !== 'string') throw TOO_HARD
    if (name === 'join' && first.value === '[') return (items, by) => texts(items).join(String(by))
    if (name === 'split') return (value, by) => onText(value, (whole) => whole.split(String(by)))
    throw TOO_HARD
  }
  if (name === 'exists') return (value) => simple(value) !== undefined
  if (name === 'string') return (value) => (value === undefined ? undefined : text(value))
  const change = Object.hasOwn(TEXT_FUNCTIONS, name) ? TEXT_FUNCTIONS[name] : undefined
  if (!change) throw TOO_HARD
  return (value) => onText(value, change)
}

function onText<T>(value: unknown, work: (value: string) => T): T | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw TOO_HARD
  return work(value)
}

function texts(items: unknown): string[] {
  if ((items as unknown[]).some((item) => typeof item !== 'string')) throw TOO_HARD
  return items as string[]
}
