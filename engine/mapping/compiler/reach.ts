import { type Ast, childrenOf } from './ast.ts'

/** What a mapping can get hold of, of the input or of a binding: all of it, or only these fields. */
export interface Reach {
  all: boolean
  fields: Field[]
}

interface Field {
  name: string
  reach: Reach
}

/** Of the input, and of each variable that is a binding where nothing in the mapping binds it. */
export interface Reached {
  input: Reach
  bindings: Field[] | 'all'
}

/** Where that cannot be told at all. */
export function everything(): Reached {
  return { input: { all: true, fields: [] }, bindings: 'all' }
}

function nowhere(): Reach {
  return { all: false, fields: [] }
}

/** Functions that take the context, whatever it is, where they are given fewer arguments than that. */
const CONTEXTUAL: Record<string, number> = {
  ...{ string: 1, boolean: 1, not: 1, keys: 1, spread: 1, clone: 1 },
  ...{ lookup: 2, sift: 2, each: 2 },
}

/**
 * Follows fields from the input and from bindings as far as their names are written; where a value is used, or where that cannot
 * be told, all of it is reached. What is not reached can be neither read, nor gone through, nor given out.
 */
export function reachOf(ast: Ast, isNative: (name: string) => boolean): Reached {
  const reached = { input: nowhere(), bindings: [] as Field[] }
  // a function that has another name may take any context
  if (handsOnFunctions(ast, isNative)) use(reached.input)
  new Follower(reached).value(ast, reached.input)
  return reached
}

/** Whether one of the language's functions is used as a value, or a lambda may take its context. */
function handsOnFunctions(node: Ast, isNative: (name: string) => boolean): boolean {
  if (node.type === 'lambda' && node.signature?.definition.includes('-')) return true
  if (node.type === 'variable' && isNative(String(node.value))) return true
  const isCall = node.type === 'function' && node.procedure?.type === 'variable'
  const parts = isCall ? (node.arguments ?? []) : childrenOf(node)
  return parts.some((part) => handsOnFunctions(part, isNative))
}

class Follower {
  readonly #reached: Reached & { bindings: Field[] }

  constructor(reached: Reached & { bindings: Field[] }) {
    this.#reached = reached
  }

  /** An expression whose value is used as a whole. */
  value(node: Ast, context: Reach): void {
    if (node.type === 'path') {
      this.#path(node, context)
      return
    }
    if (['wildcard', 'descendant', 'parent', 'sort'].includes(node.type)) use(context)
    // in tail position the context is that of who calls
    if (isContextual(node)) for (const place of [context, this.#reached.input]) use(place)
    if (node.type === 'variable') use(this.#variable(String(node.value), context))
    if (node.type === 'name') use(field(context, String(node.value)))
    for (const child of childrenOf(node)) this.value(child, context)
  }

  /** `a.b.c`: only what is there. From the first step on that is no name, the value so far is used. */
  #path(node: Ast, context: Reach): void {
    const [first, ...more] = node.steps as [Ast, ...Ast[]]
    let place = context
    let rest: Ast[] = [first, ...more]
    if (first.type === 'variable' && isBare(first)) {
      place = this.#variable(String(first.value), context)
      rest = more
    }
    for (const step of rest) {
      if (step.type !== 'name' || !isBare(step)) break
      place = field(place, String(step.value))
      rest = rest.slice(1)
    }
    use(place)
    for (const step of rest) this.value(step, place)
    if (node.group) for (const part of node.group.lhs.flat()) this.value(part, place)
  }

  #variable(name: string, context: Reach): Reach {
    if (name === '') return context
    if (name === '$') return this.#reached.input
    return named(this.#reached.bindings, name)
  }
}

function isContextual({ type, procedure, arguments: given = [] }: Ast): boolean {
  const name = String(procedure?.value)
  return type === 'function' && Object.hasOwn(CONTEXTUAL, name) && given.length < (CONTEXTUAL[name] ?? 0)
}

const isBare = ({ predicate, stages, group, focus, index, ancestor, tuple }: Ast) =>
  !predicate && !stages && !group && focus === undefined && index === undefined && !ancestor && !tuple

function use(place: Reach): void {
  place.all = true
}

function field(place: Reach, name: string): Reach {
  return named(place.fields, name)
}

function named(fields: Field[], name: string): Reach {
  const known = fields.find((one) => one.name === name)
  if (known) return known.reach
  const reach = nowhere()
  fields.push({ name, reach })
  return reach
}
