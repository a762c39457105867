import { asList, computedFrom, either, type Flow, guarded, type Made, NOTHING, type Shape } from './flow.ts'
import type { Interpreter } from './interpret.ts'
import type { Node } from './syntax.ts'

type Follow = (interpreter: Interpreter, given: Flow[], place: Node, name: string) => Flow

/** What comes out of a function of the language or the library, as far as its result is more than "computed from all of it". */
const FOLLOWED: Readonly<Record<string, Follow>> = {
  ...withAll(['exists', 'boolean', 'not', 'count', 'type'], (interpreter, given, _place, name) => {
    for (const flow of given) interpreter.test(flow)
    return computedFrom(given.map(withoutFields), [name])
  }),
  ...withAll(['reverse', 'distinct', 'shuffle', 'first', 'present'], (_interpreter, given) => either(...given)),
  ...withAll(['filter', 'sort', 'single', 'sift'], (interpreter, [list = NOTHING, by], place) => {
    if (by) interpreter.use(interpreter.apply(by, [list, NOTHING, list], place))
    return list
  }),
  append: (_interpreter, given) => asList(either(...given)),
  zip: (_interpreter, given) => asList(either(...given)),
  map: (interpreter, [list = NOTHING, by = NOTHING], place) =>
    asList(interpreter.apply(by, [list, NOTHING, list], place)),
  each: (interpreter, [object = NOTHING, by = NOTHING], place) =>
    asList(interpreter.apply(by, [interpreter.beneath(object, '*'), NOTHING], place)),
  reduce: (interpreter, [list = NOTHING, by = NOTHING, first = NOTHING], place) => {
    const items = list.parts ? either(...list.parts, first) : either(list, first)
    return interpreter.apply(by, [items, list], place)
  },
  merge: (_interpreter, [list = NOTHING]) => merged(list),
  requires: (_interpreter, [document = NOTHING]) => document,
  lookup: (interpreter, [object = NOTHING, key = NOTHING], place) => {
    const name = place.kind === 'call' ? place.given[1] : undefined
    if (name?.kind === 'literal') return interpreter.into(object, String(name.value))
    return guarded(interpreter.beneath(object, '*'), interpreter.use(key))
  },
  ...withFields('code', { type: 0, reason: 0, variant: 0, actionRequired: 0, attempt: 0, attemptRule: 0 }),
  ...withFields('money', { amount: 0, currency: 1 }),
  ...withFields('amount', { amount: 0, currency: 1 }),
  ...withFields('sumMoney', { amount: 0, currency: 0 }),
  ...withFields('subtractMoney', { amount: 0, currency: 0 }),
  ...withFields('reference', { type: 0, value: 1 }),
  ...withFields('houseNumber', { street: 0, number: 0 }),
}

export function applyBuiltin(interpreter: Interpreter, name: string, given: Flow[], place: Node): Flow {
  const follow = Object.hasOwn(FOLLOWED, name) ? FOLLOWED[name]! : undefined
  if (follow) {
    const flow = follow(interpreter, given, place, name)
    return { ...flow, functions: new Set([...flow.functions, name]) }
  }
  for (const flow of given) {
    interpreter.use(flow)
    if (flow.lambda) interpreter.use(interpreter.apply(flow, given, place))
  }
  return computedFrom(given, [name])
}

function withAll(names: string[], follow: Follow): Record<string, Follow> {
  return Object.fromEntries(names.map((name) => [name, follow]))
}

/** A function that gives an object; each field with the position of the argument that it is made of. */
function withFields(name: string, fields: Record<string, number>): Record<string, Follow> {
  const follow: Follow = (interpreter, given, place) => {
    for (const flow of given) interpreter.use(flow)
    const made: Made = {
      context: NOTHING,
      fields: Object.entries(fields).map(([field, position]) => ({
        name: field,
        value: place,
        flow: computedFrom([given[position] ?? given.at(-1) ?? NOTHING], [name]),
      })),
    }
    return {
      ...computedFrom(given.map(withoutFields), [name]),
      computed: NOTHING.computed,
      shapes: [shapeOf([[made]])],
    }
  }
  return { [name]: follow }
}

function shapeOf(layers: Made[][]): Shape {
  return { layers, list: false, guards: NOTHING.guards }
}

/** Objects laid over each other, the last on top. Of what is no object of the mapping's own, any field may come. */
function merged(list: Flow): Flow {
  const parts = list.parts ?? [list]
  const layers = parts.map((part): Made[] => {
    const known = part.shapes.flatMap((shape) => shape.layers.flat())
    const { shapes: _shapes, ...beyond } = part
    const more = part.trails.size > 0 || part.computed.size > 0 || part.opaque
    return more ? [...known, { context: NOTHING, fields: [], rest: { ...beyond, shapes: [] } }] : known
  })
  const all = either(NOTHING, ...parts)
  return {
    ...all,
    trails: NOTHING.trails,
    computed: NOTHING.computed,
    opaque: false,
    shapes: [shapeOf(layers.filter((layer) => layer.length > 0))],
  }
}

/** The value without the objects in it. */
function withoutFields(flow: Flow): Flow {
  return { ...flow, shapes: [] }
}
