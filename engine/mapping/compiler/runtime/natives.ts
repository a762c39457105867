import jsonata from 'jsonata'
import type { Signature } from '../ast.ts'
import { NATIVE_NAMES } from '../names.ts'
import { lambda, META, type Lambda, type Meta, type Native } from './calls.ts'
import { OWN } from './own.ts'
import { type Place, type Run, tooLong } from './run.ts'

/** One of JSONata's functions as the reference defines it. */
interface Definition {
  implementation: (...args: unknown[]) => unknown
  signature: Signature
}

/** Called with the value of every step and the frame that it was taken in. */
const AFTER_STEP = Symbol.for('jsonata.__evaluate_exit') as unknown as string

/** The language's functions, by name: our own where it pays, else the reference's, each with the reference's signature. */
export function nativeFunctions(): ReadonlyMap<string, Lambda> {
  const definitions = definitionsOf(NATIVE_NAMES)
  const made = new Map<string, Lambda>()
  const { fromMillis, toMillis } = Object.fromEntries(definitions) as Record<string, Definition>
  const dated: Record<string, Native> = {
    now: (run, args) => isoOf(run.millis, args) ?? fromMillis?.implementation(run.millis, ...args),
    fromMillis: (_run, [at, ...how]) => isoOf(at, how) ?? fromMillis?.implementation(at, ...how),
    toMillis: (run, args) => toMillis?.implementation.apply(run.focus, shortTexts(args)),
  }
  for (const [name, { implementation, signature }] of definitions) {
    const native = guarded(dated[name] ?? OWN[name] ?? ((run, args) => implementation.apply(run.focus, args)))
    const meta: Meta = { arity: implementation.length, signature: quick(signature), native, bare: true }
    const count = parameters(implementation)
    if (count !== undefined) meta.partial = count
    made.set(name, lambda((() => undefined) as Lambda, meta))
  }
  return made
}

/** The last millisecond of the year 9999. */
const LAST_ISO = 253_402_300_799_999

/** Without a picture a time is written as JavaScript writes it, as long as its year has four digits. */
function isoOf(at: unknown, [picture, zone]: unknown[]): string | undefined {
  const isPlain = picture === undefined && zone === undefined && Number.isInteger(at)
  return isPlain && Number(at) >= 0 && Number(at) <= LAST_ISO ? new Date(Number(at)).toISOString() : undefined
}

/** A picture becomes a regular expression that is not linear. */
function shortTexts(args: unknown[]): unknown[] {
  for (const arg of args) if (typeof arg === 'string' && arg.length > MAX_DATE) throw tooLong(MAX_DATE)
  return args
}

const MAX_DATE = 1_000

/** The reference tells its definitions while it evaluates; it has not begun to wait by then. */
function definitionsOf(names: string[]): Map<string, Definition> {
  const found = new Map<string, Definition>()
  const expression = jsonata('1')
  const look = (_node: unknown, _input: unknown, frame: { lookup(name: string): Definition }) => {
    for (const name of names) found.set(name, frame.lookup(name))
  }
  expression.assign(AFTER_STEP, look)
  void expression.evaluate(undefined)
  return found
}

/** The reference reads the parameters from the function's text, and stumbles over defaults. */
function parameters(implementation: Definition['implementation']): number | undefined {
  const list = /\(([^)]*)\)/.exec(implementation.toString())?.[1] ?? ''
  return list.trim() === '' || list.includes('=') ? undefined : list.split(',').length
}

/** What goes in costs by its size, and a text that comes out is bounded. */
function guarded(native: Native): Native {
  return (run, args, context) => {
    for (const arg of args) {
      if (typeof arg === 'string') run.text(arg)
      else if (Array.isArray(arg)) run.charge(arg.length)
    }
    const result = native(run, args, context)
    return typeof result === 'string' ? run.text(result) : result
  }
}

/** Arguments that are plainly right need not go through the reference's check, which is a regular expression. */
function quick(signature: Signature): Signature {
  const types = plainTypes(signature.definition)
  if (!types) return signature
  return {
    definition: signature.definition,
    validate: (args, context) => (types.fits(args) ? args : signature.validate(args, context)),
  }
}

interface Types {
  fits(args: unknown[]): boolean
}

function plainTypes(definition: string): Types | undefined {
  const params = [
    ...(definition.slice(1).split(':')[0] ?? '').matchAll(/(\([a-z]+\)|[a-z])(?:<([a-z])>|<[^>]*>+)?([-?+]?)/g),
  ]
  if (params.some(([, , , mark]) => mark === '+')) return undefined
  const tests = params.map(([, type = '', of]) => testOf(type, of))
  const least = params.filter(([, , , mark]) => mark !== '?').length
  return {
    fits: (args) =>
      args.length >= least && args.length <= tests.length && args.every((arg, place) => tests[place]?.(arg)),
  }
}

function testOf(type: string, of: string | undefined): (value: unknown) => boolean {
  if (type === 'a' && of) {
    const item = testOf(of, undefined)
    return (value) => Array.isArray(value) && value.every(item)
  }
  const tests = [...type].map((one) => TESTS[one]).filter((test) => test !== undefined)
  return tests.length === 1 ? (tests[0] as (value: unknown) => boolean) : (value) => tests.some((test) => test(value))
}

const TESTS: Record<string, (value: unknown) => boolean> = {
  s: (value) => typeof value === 'string',
  n: (value) => typeof value === 'number',
  b: (value) => typeof value === 'boolean',
  a: (value) => Array.isArray(value),
  f: (value) => typeof value === 'function',
  o: (value) => value !== null && typeof value === 'object' && !Array.isArray(value),
  j: (value) => value !== undefined && typeof value !== 'function',
  x: (value) => value !== undefined,
}

/** A call of one of the language's functions that is known when the mapping is compiled. */
export function native(
  run: Run,
  { signature, native: work }: Meta,
  context: unknown,
  args: unknown[],
  deep: number,
  place: Place,
): unknown {
  run.depth += deep
  run.place = place
  const result = (work as Native)(run, (signature as Signature).validate(args, context), context)
  run.depth -= deep
  return result
}

export const metaOf = (target: Lambda): Meta => target[META] as Meta
