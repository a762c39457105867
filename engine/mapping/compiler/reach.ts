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
  new Follower(reached, aliasesOf(ast, reached.input)).value(ast, reached.input)
  return reached
}

/**
 * `$parcel := body.parcel` at the beginning of a mapping is another name for a place of the input, as long as nothing else has that
 * name.
 */
function aliasesOf(ast: Ast, input: Reach): Map<string, Reach> {
  const aliases = new Map<string, Reach>()
  if (ast.type !== 'block' || reachesOut(ast)) return aliases
  const names = namesIn(ast)
  for (const { type, lhs, rhs } of ast.expressions?.slice(0, -1) ?? []) {
    const name = String((lhs as Ast | undefined)?.value)
    if (type !== 'bind' || !rhs || names.filter((one) => one === name).length > 1) continue
    const place = placeOf(rhs, input, aliases)
    if (place) aliases.set(name, place)
  }
  return aliases
}

/** Every name that something binds: an assignment, a parameter, a step. */
function namesIn(node: Ast): string[] {
  const { type, lhs, focus, index, arguments: given = [], stages = [] } = node
  const bound = type === 'bind' ? [lhs as Ast] : type === 'lambda' ? given : []
  const steps = [focus, index, ...stages.map((stage) => (stage.type === 'index' ? stage.value : undefined))]
  const own = [...bound.map(({ value }) => String(value)), ...steps.filter((name) => name !== undefined)]
  return [...own, ...childrenOf(node).flatMap(namesIn)]
}

/** The place that `a.b` or `$alias.a.b` names; undefined for everything else. */
function placeOf(node: Ast, input: Reach, aliases: Map<string, Reach>): Reach | undefined {
  if (node.type !== 'path' || node.group || node.predicate) return undefined
  const [first, ...more] = node.steps ?? []
  if (!first || ![first, ...more].every(isBare)) return undefined
  const isVariable = first.type === 'variable'
  let place = isVariable ? aliases.get(String(first.value)) : input
  for (const step of isVariable ? more : [first, ...more]) {
    if (step.type !== 'name') return undefined
    place = place && field(place, String(step.value))
  }
  return place
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
  readonly #aliases: Map<string, Reach>

  constructor(reached: Reached & { bindings: Field[] }, aliases: Map<string, Reach>) {
    this.#reached = reached
    this.#aliases = aliases
    // before its assignment an alias is what the caller binds
    for (const name of aliases.keys()) use(named(reached.bindings, name))
  }

  /** An expression whose value is used as a whole. */
  value(node: Ast, context: Reach): void {
    if (node.type === 'bind' && this.#aliases.has(String((node.lhs as Ast).value))) return
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

  /**
   * `a.b.c`: only what is there. From the first step on that is no name, the value so far is used; but for a constructor, which
   * uses what it names.
   */
  #path(node: Ast, context: Reach): void {
    const [first, ...more] = node.steps as [Ast, ...Ast[]]
    let place = context
    let rest: Ast[] = [first, ...more]
    if (first.type === 'variable' && isBare(first)) {
      place = this.#variable(String(first.value), context)
      rest = more
    }
    for (const step of rest) {
      if (!['name', 'sort'].includes(step.type) || !isUnbound(step) || !isFiltered(step)) break
      if (step.type === 'name') place = field(place, String(step.value))
      for (const { expression } of step.terms ?? []) this.value(expression, place)
      for (const { expr } of step.stages ?? []) this.value(expr, place)
      rest = rest.slice(1)
    }
    if (rest[0] === undefined || !isConstructor(rest[0]) || !rest.every(isBare)) use(place)
    for (const step of rest) this.value(step, place)
    if (node.group) for (const part of node.group.lhs.flat()) this.value(part, place)
  }

  #variable(name: string, context: Reach): Reach {
    if (name === '') return context
    if (name === '$') return this.#reached.input
    const alias = this.#aliases.get(name)
    if (alias) return alias
    return named(this.#reached.bindings, name)
  }
}

function isContextual({ type, procedure, arguments: given = [] }: Ast): boolean {
  const name = String(procedure?.value)
  return type === 'function' && Object.hasOwn(CONTEXTUAL, name) && given.length < (CONTEXTUAL[name] ?? 0)
}

/** What it gives is made of what it names, and holds nothing else of its context. */
function isConstructor(node: Ast): boolean {
  return node.type === 'unary' && node.value === '{' && !reachesOut(node)
}

/** `items[kind = "box"]`, `^(created)`: of each item what the filter, or the order, looks at. */
function isFiltered(step: Ast): step is Ast & { stages?: { type: 'filter'; expr: Ast }[] } {
  const terms = (step.terms ?? []).map(({ expression }) => expression)
  const filters = (step.stages ?? []).map((stage) => (stage.type === 'filter' ? stage.expr : undefined))
  return [...terms, ...filters].every((part) => part !== undefined && !reachesOut(part))
}

/** `%` is what the context stands in. */
function reachesOut(node: Ast): boolean {
  return node.type === 'parent' || childrenOf(node).some(reachesOut)
}

const isBare = (node: Ast) => !node.stages && isUnbound(node)

const isUnbound = ({ predicate, group, focus, index, ancestor, tuple }: Ast) =>
  !predicate && !group && focus === undefined && index === undefined && !ancestor && !tuple

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
