import { applyBuiltin } from './builtins.ts'
import {
  asList,
  computedFrom,
  either,
  type Field,
  fieldsOf,
  type Flow,
  guarded,
  madeOf,
  NOTHING,
  Scope,
  sourcesOf,
  step,
  trail,
} from './flow.ts'
import type { Node, NodeOf, Pair } from './syntax.ts'

/** Parts of the tree that are looked at, over all calls: a mapping that calls itself has no end. */
const MAX_LOOKS = 60_000
const MAX_CALLS = 40

/** Follows values through a mapping without running it. */
export class Interpreter {
  /** Fields whose value is used, with everything beneath them. */
  readonly reads = new Set<string>()
  /** Fields of which only the presence or the truth is looked at. */
  readonly tests = new Set<string>()
  /** Fields of objects of the mapping's own on which something else depends. */
  readonly needed = new Set<Pair>()
  /** Objects of the mapping's own that are used as a whole. */
  readonly neededWhole = new Set<NodeOf<'object'>>()
  /** Fields that something asks such an object for, also those that it does not have. */
  readonly asked = new Map<NodeOf<'object'>, Set<string>>()
  /** What names mean where a function is called. */
  readonly callContexts = new Map<Node, Flow>()
  #looks = 0
  #calls = 0

  run(node: Node): Flow {
    return this.evaluate(node, ROOT, new Scope())
  }

  evaluate(node: Node, context: Flow, scope: Scope): Flow {
    if (++this.#looks > MAX_LOOKS) return { ...NOTHING, opaque: true }
    switch (node.kind) {
      case 'literal':
      case 'regex':
      case 'placeholder':
        return NOTHING
      case 'name':
        // Nobody has a field of that name; it is how one says "nothing" in JSONata.
        return node.name === 'undefined' ? NOTHING : this.into(context, node.name)
      case 'wildcard':
        return this.beneath(context, '*')
      case 'descendant':
        return this.beneath(context, '**')
      case 'parent':
        return { ...context, trails: new Set([...context.trails].map((path) => path.replace(/\.?[^.]+$/, ''))) }
      case 'variable':
        return variable(node.name, context, scope)
      case 'path':
        return this.#path(node, context, scope)
      case 'filter':
        return this.#filter(node, context, scope)
      case 'order': {
        const left = this.evaluate(node.left, context, scope)
        for (const term of node.terms) this.use(this.evaluate(term, left, scope))
        return left
      }
      case 'object':
        return this.#object(node, context, scope)
      case 'list':
        return listOf(node.parts.map((part) => this.evaluate(part, context, scope)))
      case 'block': {
        const inner = new Scope(scope)
        const flows = node.parts.map((part) => this.evaluate(part, context, inner))
        return flows.at(-1) ?? NOTHING
      }
      case 'call':
        return this.#call(node, context, scope)
      case 'lambda':
        return { ...NOTHING, lambda: { names: node.names, body: node.body, scope, context } }
      case 'condition':
        return this.#condition(node, context, scope)
      case 'negation':
        return this.use(this.evaluate(node.operand, context, scope))
      case 'operation':
        return computedFrom([node.left, node.right].map((side) => this.use(this.evaluate(side, context, scope))))
      case 'bind': {
        const flow = this.evaluate(node.value, context, scope)
        scope.set(node.name, flow)
        return flow
      }
      case 'focus': {
        const left = this.evaluate(node.left, context, scope)
        scope.set(node.name, node.by === '@' ? left : NOTHING)
        return node.by === '@' ? context : left
      }
      case 'chain':
        return this.#chain(node, context, scope)
      case 'transform':
        return { ...NOTHING, opaque: true }
    }
  }

  /** A function's result; `place` is where it is called. */
  apply(callee: Flow, given: Flow[], place: Node): Flow {
    const { lambda, builtin } = callee
    if (!lambda)
      return builtin === undefined
        ? { ...computedFrom(given), opaque: true }
        : applyBuiltin(this, builtin, given, place)
    if (++this.#calls > MAX_CALLS) {
      this.#calls--
      return { ...NOTHING, opaque: true }
    }
    const scope = new Scope(lambda.scope)
    for (const [index, name] of lambda.names.entries()) scope.set(name, given[index] ?? NOTHING)
    const result = this.evaluate(lambda.body, lambda.context, scope)
    this.#calls--
    return result
  }

  /** The value counts as used: nothing can be changed in it without a change elsewhere. */
  use(flow: Flow): Flow {
    for (const path of sourcesOf(flow)) this.reads.add(path)
    for (const made of madeOf(flow)) {
      if (made.literal) this.neededWhole.add(made.literal)
      for (const field of made.fields) this.#need(field)
    }
    return flow
  }

  /** Only whether there is a value is looked at. What it is computed from was used where it was computed. */
  test(flow: Flow): Flow {
    for (const path of flow.trails) this.tests.add(path)
    return flow
  }

  /** A field of the value. */
  into(flow: Flow, name: string): Flow {
    const found = fieldsOf(flow).filter((field) => field.name === name)
    for (const field of found) this.#need(field, false)
    for (const { literal } of madeOf(flow))
      if (literal) this.asked.set(literal, (this.asked.get(literal) ?? new Set()).add(name))
    const rests = madeOf(flow).flatMap(({ rest }) => (rest ? [this.into(rest, name)] : []))
    const onward = {
      ...flow,
      ...LEAF,
      trails: new Set([...flow.trails].map((path) => step(path, name))),
    }
    if (found.length === 0 && rests.length === 0) return onward
    const alternatives = [...found.map((field) => field.flow), ...rests]
    return either(...(flow.trails.size > 0 || flow.computed.size > 0 ? [onward] : []), ...alternatives)
  }

  beneath(flow: Flow, wild: '*' | '**'): Flow {
    const trails = new Set([...flow.trails].map((path) => (path === '' ? wild : `${path}.${wild}`)))
    const own = fieldsOf(flow)
    for (const field of own) this.#need(field)
    return either({ ...flow, ...LEAF, trails }, ...own.map((field) => field.flow))
  }

  #need(field: Field, whole = true): void {
    if (field.pair) this.needed.add(field.pair)
    if (whole) this.use(field.flow)
  }

  #path({ left, right }: NodeOf<'path'>, context: Flow, scope: Scope): Flow {
    const at = this.#step(left, context, scope)
    const flow = this.#step(right, at, scope)
    const makes = right.kind === 'object' || right.kind === 'block' || right.kind === 'call'
    return makes && !isRoot(at) ? asList(flow) : flow
  }

  /** In a path a text is a name. */
  #step(node: Node, context: Flow, scope: Scope): Flow {
    const named = node.kind === 'literal' && typeof node.value === 'string'
    return named ? this.into(context, String(node.value)) : this.evaluate(node, context, scope)
  }

  #filter(node: NodeOf<'filter'>, context: Flow, scope: Scope): Flow {
    const left = this.evaluate(node.left, context, scope)
    const { right } = node
    // Of a list that is written out, a position picks a part.
    if (left.parts && right.kind === 'literal' && typeof right.value === 'number')
      return left.parts.at(right.value) ?? NOTHING
    this.use(this.evaluate(right, left, scope))
    if (right.kind !== 'placeholder') return left
    return asList(left)
  }

  #object(node: NodeOf<'object'>, outer: Flow, scope: Scope): Flow {
    const context = node.left ? this.evaluate(node.left, outer, scope) : outer
    const dynamic: Flow[] = []
    const fields: Field[] = []
    for (const pair of node.pairs) {
      const flow = this.evaluate(pair.value, context, scope)
      if (pair.key.kind === 'literal') fields.push({ name: String(pair.key.value), pair, value: pair.value, flow })
      else dynamic.push(this.use(this.evaluate(pair.key, context, scope)), this.use(flow))
    }
    const literal = node.left ? {} : { literal: node }
    const rest = dynamic.length > 0 ? { rest: { ...computedFrom(dynamic), opaque: true } } : {}
    const shape = { layers: [[{ ...literal, context, fields, ...rest }]], list: false, guards: context.guards }
    return { ...NOTHING, shapes: [shape] }
  }

  #condition(node: NodeOf<'condition'>, context: Flow, scope: Scope): Flow {
    const yes = this.evaluate(node.yes, context, scope)
    const test = this.test(node.test ? this.evaluate(node.test, context, scope) : yes)
    const otherwise = node.otherwise ? [this.evaluate(node.otherwise, context, scope)] : []
    return guarded(
      either(yes, ...otherwise),
      node.test ? test : { ...test, trails: NOTHING.trails, computed: NOTHING.computed },
    )
  }

  #call(node: NodeOf<'call'>, context: Flow, scope: Scope): Flow {
    this.callContexts.set(node, context)
    const callee = this.#callee(node.callee, context, scope)
    const given = node.given.map((part) => this.evaluate(part, context, scope))
    // A function of the language takes what it stands at when nothing is given.
    return this.apply(callee, given.length === 0 && callee.builtin && !isRoot(context) ? [context] : given, node)
  }

  #callee(node: Node, context: Flow, scope: Scope): Flow {
    const known = node.kind === 'variable' ? scope.get(node.name) : this.evaluate(node, context, scope)
    if (known?.lambda || known?.builtin !== undefined) return known
    return node.kind === 'variable' ? { ...NOTHING, builtin: node.name } : NOTHING
  }

  #chain(node: NodeOf<'chain'>, context: Flow, scope: Scope): Flow {
    const left = this.evaluate(node.left, context, scope)
    const { right } = node
    if (right.kind === 'call') {
      const given = right.given.map((part) => this.evaluate(part, context, scope))
      return this.apply(this.#callee(right.callee, context, scope), [left, ...given], node)
    }
    if (right.kind === 'transform') {
      this.use(left)
      const at = this.evaluate(right.pattern, left, scope)
      return { ...either(left, this.use(this.evaluate(right.update, at, scope))), opaque: true }
    }
    return this.apply(this.#callee(right, context, scope), [left], node)
  }
}

/** What a step leaves behind of the object that it leads into. */
const LEAF = { shapes: [], parts: undefined as never, lambda: undefined as never, builtin: undefined as never }

const ROOT: Flow = trail('')

export function isRoot(flow: Flow): boolean {
  return flow.trails.size === 1 && flow.trails.has('') && flow.shapes.length === 0
}

function variable(name: string, context: Flow, scope: Scope): Flow {
  if (name === '') return context
  if (name === '$') return ROOT
  const known = scope.get(name)
  // What the hub hands in beside the payload: `$input`, `$params`, `$headers`, `$receivedAt`.
  const flow = known ?? { ...trail(`$${name}`), builtin: name }
  return { ...flow, variables: new Set([...flow.variables, `$${name}`]) }
}

function listOf(parts: Flow[]): Flow {
  const all = parts.length === 0 ? NOTHING : either(...parts)
  return { ...asList(all), parts }
}
