import { type Flow, madeOf, sourcesOf, union } from './flow.ts'
import { Interpreter } from './interpret.ts'
import { type Node, parse, type Span } from './syntax.ts'

/** Where the mapping makes one field of its result. A field that is made in several places (branches) has several. */
export interface Target {
  /** `shipmentRef.value`, `events[].type`; empty for the result as a whole. */
  path: string
  /** The whole entry, `"type": …`. */
  span: Span
  /** What makes the value. */
  valueSpan: Span
  /**
   * Fields of the payload that the value comes from, as JSONata paths from its root (`body.data.task.id`, list positions left
   * out), and `$input.…` for what is handed in beside it. A constant has the fields that decide about it.
   */
  sources: string[]
  /** With their dollar sign. */
  variables: string[]
  /** Without it. */
  functions: string[]
  /** The mapping makes it in a way that cannot be followed: there may be more sources, and more fields beneath. */
  opaque?: true
}

export interface Trace {
  targets: Target[]
  /** Fields of the payload that the mapping uses, each with everything beneath it. */
  reads: string[]
  /** Fields of which it only looks whether they are there. */
  tests: string[]
  /** Where each variable is set, outer ones first; with their dollar sign. */
  definitions: { name: string; span: Span }[]
}

const NO_TRACE: Trace = { targets: [], reads: [], tests: [], definitions: [] }

/** No mapping that anybody reads makes more. */
const MAX_TARGETS = 5_000
const MAX_DEPTH = 16

/** Which field of the result comes from where, without running the mapping. Throws `mapping.syntax` (invalid). */
export function traceMapping(source: string): Trace {
  return traceOf(parse(source))
}

/** As `traceMapping`; of what cannot be read nothing is known. */
export function traceIfReadable(source: string): Trace {
  try {
    return traceMapping(source)
  } catch {
    return NO_TRACE
  }
}

function traceOf(tree: Node): Trace {
  const interpreter = new Interpreter()
  const result = interpreter.run(tree)
  const found: Found = new Map()
  emitRoot(result, tree, found)
  collect(result, '', { guards: new Set(), depth: 0, found })
  interpreter.use(result)
  return {
    targets: [...found.values()].map(({ parent: _parent, ...target }) => target),
    reads: [...interpreter.reads].filter((path) => path !== '').sort(),
    tests: [...interpreter.tests].filter((path) => path !== '' && !interpreter.reads.has(path)).sort(),
    definitions: definitionsIn(tree),
  }
}

/** The result as a whole is a target where it is not, or not only, made of objects. */
function emitRoot(result: Flow, tree: Node, found: Found): void {
  const own = { ...result, shapes: [] }
  if (result.shapes.length > 0 && sourcesOf(own).size === 0 && !result.opaque) return
  if (result.shapes.length === 0 && sourcesOf(own).size === 0 && !result.opaque && isEmpty(tree)) return
  emit(found, { path: '', span: tree, value: tree, flow: { ...own, opaque: result.opaque || result.trails.size > 0 } })
}

function isEmpty(tree: Node): boolean {
  return tree.kind === 'list' && tree.parts.length === 0
}

/** The fields of a result, each with the object in which it is written. */
export function resultTargets(result: Flow): FoundTarget[] {
  const found: Found = new Map()
  collect(result, '', { guards: new Set(), depth: 0, found })
  return [...found.values()]
}

type FoundTarget = Target & { parent?: Span }
type Found = Map<string, FoundTarget>

interface Walk {
  guards: ReadonlySet<string>
  depth: number
  found: Found
}

function collect(flow: Flow, path: string, { guards, depth, found }: Walk): void {
  if (depth > MAX_DEPTH || found.size > MAX_TARGETS) return
  for (const shape of flow.shapes) {
    // What decides about a whole result is no source of each of its constants; what decides about a part of it is.
    const around = depth === 0 ? guards : union([guards, shape.guards])
    for (const { literal, fields } of shape.layers.flat())
      for (const { name, pair, value, flow: inner } of fields) {
        const at = inside(path, name, shape.list)
        emit(found, {
          path: at,
          span: pair ?? value,
          value,
          flow: inner,
          guards: around,
          ...(literal && { parent: literal }),
        })
        collect(inner, at, { guards: depth === 0 ? new Set() : around, depth: depth + 1, found })
      }
  }
  for (const { rest } of madeOf(flow))
    if (rest) emit(found, { path, span: OUTSIDE, value: OUTSIDE, flow: { ...rest, opaque: true } })
}

/** A field of the result; only names that would be taken for more than one are quoted. */
function inside(path: string, name: string, list: boolean): string {
  const written = /[.[\]`]/.test(name) ? `\`${name}\`` : name
  return path === '' ? written : `${path}${list ? '[]' : ''}.${written}`
}

const OUTSIDE: Span = { start: 0, end: 0 }

interface Finding {
  path: string
  span: Span
  value: Span
  flow: Flow
  guards?: ReadonlySet<string>
  parent?: Span
}

function emit(found: Found, { path, span, value, flow, guards, parent }: Finding): void {
  const own = sourcesOf(flow)
  const sources = own.size > 0 || flow.opaque ? own : union([flow.guards, guards ?? []])
  const key = `${path} ${span.start}`
  const known = found.get(key)
  const opaque = flow.opaque || known?.opaque
  found.set(key, {
    path,
    span: { start: span.start, end: span.end },
    valueSpan: { start: value.start, end: value.end },
    sources: [...union([known?.sources ?? [], sources])].filter((one) => one !== ''),
    variables: [...union([known?.variables ?? [], flow.variables])],
    functions: [...union([known?.functions ?? [], flow.functions])],
    ...(opaque && { opaque }),
    ...(parent && { parent }),
  })
}

function definitionsIn(tree: Node): Trace['definitions'] {
  const found: Trace['definitions'] = []
  const visit = (part: unknown): void => {
    if (part === null || typeof part !== 'object') return
    const node = part as Partial<Node>
    if (node.kind === 'bind') found.push({ name: `$${node.name}`, span: { start: node.start!, end: node.end! } })
    for (const inner of Object.values(part)) visit(inner)
  }
  visit(tree)
  return found
}
