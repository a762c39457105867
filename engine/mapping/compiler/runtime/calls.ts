import { LeaveToReference, type Place, type Run } from './run.ts'
import type { Signature } from '../ast.ts'

/** What is known of a function value of ours; functions that the hub hands in have none. */
export interface Meta {
  arity: number
  signature?: Signature
  /** Static depth of what a call evaluates in any case. */
  nested?: number
  /** One of the language's own, called with `(run, args, context)`. */
  native?: Native
  /** Names of its parameters could not be told: partial application is the reference's. */
  partial?: number
  /** It came as an argument: JSONata has put it into a closure of JavaScript's. */
  wrapped?: boolean
  /** JSONata's object for it cannot be called from JavaScript, unless it is wrapped. */
  bare?: boolean
}

export type Native = (run: Run, args: unknown[], context: unknown) => unknown
/** A compiled lambda: the caller's context first, for calls in tail position. */
export type Lambda = ((caller: unknown, ...args: unknown[]) => unknown) & { [META]?: Meta }

export const META = Symbol('meta')

export function lambda(work: Lambda, meta: Meta): Lambda {
  work[META] = meta
  return work
}

/** A call in tail position, to be made by who called: recursion of that kind needs no stack. */
export class Thunk {
  readonly target: unknown
  readonly args: unknown[]
  constructor(target: unknown, args: unknown[]) {
    this.target = target
    this.args = args
  }
}

/** A call as it stands in the source. `deep`: how deep it stands in its function, counted as JSONata counts. */
export function call(
  run: Run,
  target: unknown,
  context: unknown,
  args: unknown[],
  deep: number,
  place: Place,
): unknown {
  run.depth += deep
  run.place = place
  checkTarget(target)
  for (let index = 0; index < args.length; index += 1)
    if (typeof args[index] === 'function') args[index] = wrapped(args[index])
  const result = apply(run, target, args, context)
  run.depth -= deep
  return result
}

/** As `call`, with the first argument that `~>` gives. */
export function callOn(
  run: Run,
  target: unknown,
  context: unknown,
  args: unknown[],
  deep: number,
  place: Place,
): unknown {
  run.depth += deep
  run.place = place
  checkTarget(target)
  const [first, ...rest] = args
  const result = apply(run, target, [first, ...rest.map(wrapped)], context)
  run.depth -= deep
  return result
}

/** JSONata marks what it calls, also where that is null. */
function checkTarget(target: unknown): void {
  if (target === null) throw new TypeError('null is no function')
}

/** A function that is called by one of higher order. */
export function invoke(run: Run, target: unknown, args: unknown[]): unknown {
  if ((target as Lambda)[META]?.bare) throw new TypeError('a function that was not handed over as an argument')
  return apply(run, target, args, null)
}

/** An argument of one of the language's functions. */
export function handed(value: unknown): unknown {
  return typeof value === 'function' && (value as Lambda)[META]?.bare ? wrapped(value) : value
}

/** What a lambda gave that is known when the mapping is compiled, and was called `deep` deeper. */
export function done(run: Run, result: unknown, context: unknown, deep: number): unknown {
  const value = result instanceof Thunk ? bounce(run, result, context) : result
  run.depth -= deep
  return value
}

/** What is called in tail position: JSONata marks it before it looks at the arguments, and fails where there is nothing. */
export function marked(target: unknown): unknown {
  if (target === null || (typeof target !== 'object' && typeof target !== 'function'))
    throw new TypeError('a call in tail position has no function')
  return target
}

export function apply(run: Run, target: unknown, args: unknown[], context: unknown): unknown {
  const result = applyOnce(run, target, args, context)
  return result instanceof Thunk ? bounce(run, result, context) : result
}

function bounce(run: Run, first: Thunk, context: unknown): unknown {
  let result: unknown = first
  while (result instanceof Thunk) {
    const { target, args } = result
    run.tick()
    result = applyOnce(run, target, args, context)
  }
  return result
}

function applyOnce(run: Run, target: unknown, args: unknown[], context: unknown): unknown {
  if (typeof target !== 'function') throw { code: 'T1006' }
  const meta = (target as Lambda)[META]
  if (!meta) return foreign(run, target as (...args: unknown[]) => unknown, args, context)
  const checked = meta.signature ? meta.signature.validate(args, context) : args
  return meta.native ? meta.native(run, checked, context) : (target as Lambda)(context, ...checked)
}

/** A function of the library, or one that the hub gives for this evaluation. */
function foreign(run: Run, target: (...args: unknown[]) => unknown, args: unknown[], context: unknown): unknown {
  run.tick()
  for (let place = 0; place < args.length; place += 1)
    if (typeof args[place] === 'function') args[place] = callable(run, args[place])
  const result = target.apply(context, args)
  if (typeof result === 'string') return run.text(result)
  if (result !== null && typeof result === 'object' && ('then' in result || 'next' in result))
    throw new LeaveToReference('a function that does not answer at once')
  return result
}

function callable(run: Run, target: unknown): (...args: unknown[]) => unknown {
  return (...args) => apply(run, target, args, null)
}

/** Number of parameters, by which the functions of higher order decide what to hand over. */
export function arityOf(target: unknown): number {
  return (target as Lambda)[META]?.arity ?? (target as Lambda).length
}

/** A function that is handed over loses the context of who calls it. */
export function wrapped(value: unknown): unknown {
  if (typeof value !== 'function') return value
  const meta = (value as Lambda)[META]
  if (meta?.wrapped) return value
  const inner: Meta = { arity: arityOf(value), wrapped: true }
  return lambda(closure(value), { ...inner, native: (run, args) => apply(run, value, args, null) })
}

function closure(value: unknown): Lambda {
  return (() => value) as Lambda
}

export function isFunction(value: unknown): value is Lambda {
  return typeof value === 'function'
}

/** `lhs ~> rhs` where the right side is no call. */
export function chain(run: Run, left: unknown, right: unknown, position: number, deep: number): unknown {
  if (!isFunction(right)) throw { code: 'T2006', position, value: right }
  if (isFunction(left)) {
    const both: Native = (inside, [value]) =>
      apply(inside, right, [wrapped(apply(inside, left, [wrapped(value)], null))], null)
    return lambda(closure(left), { arity: 1, native: both })
  }
  run.depth += deep
  const result = apply(run, right, [left], null)
  run.depth -= deep
  return result
}

/** `$f(?, 1)`: the places that are open, and the values of the others. */
export function partial(values: unknown[], target: unknown, open: boolean[], at: Place) {
  if (!isFunction(target)) throw { code: 'T1008', ...at }
  const meta = target[META]
  if (!meta || meta.wrapped) throw new LeaveToReference('partial application of a function that was handed in')
  const count = meta.native ? meta.partial : meta.arity
  if (count === undefined) throw new LeaveToReference('partial application of this function')
  const places = Array.from({ length: count }, (_, place) => place)
  const free = places.filter((place) => open[place])
  const fill = (args: unknown[]) => {
    const filled = places.map((place) => (open[place] ? args[free.indexOf(place)] : values[place]))
    return filled
  }
  const native: Native = (run, args, context) =>
    meta.native ? meta.native(run, fill(args), null) : target(context, ...fill(args))
  return lambda(closure(target), { arity: free.length, native, partial: free.length, bare: true })
}
