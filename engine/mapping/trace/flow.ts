import type { Node, NodeOf, Pair } from './syntax.ts'

/** What is known of a value before there is any payload: where it comes from and what it is made of. */
export interface Flow {
  /** Fields of the payload that it is, as they are: a name leads on from here. */
  trails: ReadonlySet<string>
  /** Fields of the payload that it is computed from. */
  computed: ReadonlySet<string>
  /** Fields that decide whether there is a value, or which. */
  guards: ReadonlySet<string>
  variables: ReadonlySet<string>
  functions: ReadonlySet<string>
  /** Objects that the mapping makes of it; several are alternatives. */
  shapes: readonly Shape[]
  /** The parts of a list that is written out. */
  parts?: readonly Flow[]
  /** A function of the mapping's own, with what it sees. */
  lambda?: { names: string[]; body: Node; scope: Scope; context: Flow }
  /** The name of a function of the library or the language. */
  builtin?: string
  /** The picture ends here. */
  opaque: boolean
}

/** An object of several layers, as `$merge` lays them over each other: a later one wins. Each layer has alternatives. */
export interface Shape {
  layers: readonly (readonly Made[])[]
  list: boolean
  /** Fields that decide whether it is this one. */
  guards: ReadonlySet<string>
}

export interface Made {
  /** The object as it is written; undefined when a function gave it. */
  literal?: NodeOf<'object'>
  /** What names mean inside of it. */
  context: Flow
  fields: readonly Field[]
  /** Where fields come from that are written nowhere. */
  rest?: Flow
}

export interface Field {
  name: string
  pair?: Pair
  /** What makes it: the pair's value, or the call that gives the whole object. */
  value: Node
  flow: Flow
}

/** Variables by name; an inner scope sees the outer one. */
export class Scope {
  readonly #known = new Map<string, Flow>()
  readonly #outer: Scope | undefined

  constructor(outer?: Scope) {
    this.#outer = outer
  }

  get(name: string): Flow | undefined {
    return this.#known.get(name) ?? this.#outer?.get(name)
  }

  set(name: string, flow: Flow): void {
    this.#known.set(name, flow)
  }
}

const NONE: ReadonlySet<string> = new Set()

export const NOTHING: Flow = {
  trails: NONE,
  computed: NONE,
  guards: NONE,
  variables: NONE,
  functions: NONE,
  shapes: [],
  opaque: false,
}

export function trail(...paths: string[]): Flow {
  return { ...NOTHING, trails: new Set(paths) }
}

/** One or another of the flows. */
export function either(...flows: Flow[]): Flow {
  const [first] = flows
  if (flows.length === 1) return first!
  const lambda = flows.find((flow) => flow.lambda)?.lambda
  const builtin = flows.find((flow) => flow.builtin)?.builtin
  return {
    trails: union(flows.map((flow) => flow.trails)),
    computed: union(flows.map((flow) => flow.computed)),
    guards: union(flows.map((flow) => flow.guards)),
    variables: union(flows.map((flow) => flow.variables)),
    functions: union(flows.map((flow) => flow.functions)),
    shapes: [...new Set(flows.flatMap((flow) => flow.shapes))],
    ...(lambda && { lambda }),
    ...(builtin !== undefined && { builtin }),
    opaque: flows.some((flow) => flow.opaque),
  }
}

/** Computed from the flows: nothing leads on from it. */
export function computedFrom(flows: Flow[], functions: string[] = []): Flow {
  return {
    ...NOTHING,
    computed: union(flows.map(sourcesOf)),
    guards: union(flows.map((flow) => flow.guards)),
    variables: union(flows.map((flow) => flow.variables)),
    functions: union([...flows.map((flow) => flow.functions), functions]),
    opaque: flows.some((flow) => flow.opaque && sourcesOf(flow).size === 0),
  }
}

/** Decided by the fields of `test`. */
export function guarded(flow: Flow, test: Flow): Flow {
  const guards = union([sourcesOf(test), test.guards])
  if (guards.size === 0) return flow
  return {
    ...flow,
    guards: union([flow.guards, guards]),
    shapes: flow.shapes.map((shape) => ({ ...shape, guards: union([shape.guards, guards]) })),
  }
}

/** The objects of the flow stand in a list. */
export function asList(flow: Flow): Flow {
  return { ...flow, shapes: flow.shapes.map((shape) => ({ ...shape, list: true })) }
}

/** Every field of the payload whose value is in the flow's. */
export function sourcesOf(flow: Flow): ReadonlySet<string> {
  if (flow.shapes.length === 0) return flow.computed.size === 0 ? flow.trails : union([flow.trails, flow.computed])
  return union([flow.trails, flow.computed, ...fieldsOf(flow).map((field) => sourcesOf(field.flow))])
}

export function fieldsOf(flow: Flow): Field[] {
  return madeOf(flow).flatMap(({ fields }) => fields)
}

export function madeOf(flow: Flow): Made[] {
  return flow.shapes.flatMap(({ layers }) => layers.flat())
}

export function union(sets: Iterable<string>[]): ReadonlySet<string> {
  const all = new Set<string>()
  for (const set of sets) for (const item of set) all.add(item)
  return all
}

/** A field's path as JSONata writes it. */
export function step(path: string, name: string): string {
  const written = /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !KEYWORDS.has(name) ? name : `\`${name}\``
  return path === '' ? written : `${path}.${written}`
}

const KEYWORDS = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function'])
