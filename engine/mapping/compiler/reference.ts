import type jsonata from 'jsonata'
import type { Ast } from './ast.ts'
import { NATIVE_NAMES } from './names.ts'
import { type Definition, Realm } from './realm.ts'
import { apply, arityOf, type Lambda, type Native } from './runtime/calls.ts'
import type { Engine } from './runtime/matching.ts'
import { metaOf } from './runtime/natives.ts'
import { type Limits, Run } from './runtime/run.ts'
import { measured } from './runtime/strings.ts'

export interface ReferenceOptions {
  limits: Limits
  library: Record<string, unknown>
  natives: ReadonlyMap<string, Lambda>
  engine(expression: RegExp): () => Engine
}

/**
 * The value at once; throws what JSONata throws, or `D1012` when it had to be ended. `root` is what `$$` means where that is not
 * the input.
 */
export type Evaluate = (input: unknown, bindings: Record<string, unknown>, root?: unknown) => unknown

/** Called with each frame that is made in another. */
const FRAME_MADE = Symbol.for('jsonata.__createFrame_push') as unknown as string
/** How much longer than its time the reference may take before it is ended from outside. */
const GRACE = 4
/** What could fill the memory within one step: ours say no before they begin, or are asked how much it will be. */
const OURS = ['pad', 'join']
const MEASURED = ['string', 'clone']

interface Frame {
  depth: number
  lookup(name: string): unknown
}

/** The evaluation under way: there is one at a time. */
interface Current {
  run: Run
  isNew: boolean
}

/** The reference itself, held to the same bounds, for what the compiler does not take. */
export class Reference {
  readonly #options: ReferenceOptions
  #realm: Realm | undefined

  constructor(options: ReferenceOptions) {
    this.#options = options
  }

  /** A mapping as a whole, or an expression of it. */
  prepare(what: string | Ast): Evaluate {
    let prepared: { realm: Realm; evaluate: Evaluate } | undefined
    return (input, bindings, root = input) => {
      this.#realm ??= new Realm()
      if (prepared?.realm !== this.#realm)
        prepared = { realm: this.#realm, evaluate: this.#prepareIn(this.#realm, what) }
      return prepared.evaluate(input, bindings, root)
    }
  }

  #prepareIn(realm: Realm, what: string | Ast): Evaluate {
    const { limits } = this.#options
    const current: Current = { run: new Run(limits, undefined, {}, {}), isNew: false }
    const expression = this.#expression(realm, what, current)
    return (input, bindings, root) => {
      current.run = new Run(limits, root, bindings, {})
      current.isNew = true
      const answer = realm.evaluate(expression, input, fromHere(current.run, bindings), limits.ms * GRACE)
      if (answer === undefined) {
        // it may have been ended anywhere: nothing in there can be trusted any more
        this.#realm = undefined
        throw { code: 'D1012', value: limits.ms }
      }
      if ('error' in answer) throw answer.error
      return answer.value
    }
  }

  #expression(realm: Realm, what: string | Ast, current: Current): jsonata.Expression {
    const { limits, library, natives } = this.#options
    const bounds = Number.isFinite(limits.sequence) ? { sequence: limits.sequence } : {}
    const expression = realm.jsonata(typeof what === 'string' ? what : '1', {
      ...bounds,
      RegexEngine: engineClass(this.#options, current),
    })
    if (typeof what !== 'string') replaceTree(expression.ast() as unknown as Ast, what)
    for (const name of NATIVE_NAMES)
      expression.registerFunction(
        name,
        bounded(name, realm.definitions.get(name) as Definition, natives, current),
        realm.definitions.get(name)?.signature.definition,
      )
    for (const [name, work] of Object.entries(library))
      expression.registerFunction(name, work as (...args: unknown[]) => unknown)
    expression.assign(FRAME_MADE, (_parent: Frame, frame: Frame) => {
      if (current.isNew) guard(frame, current.run)
      current.isNew = false
    })
    return expression
  }
}

/** JSONata asks its guard before each expression, without waiting for an answer: nothing comes out in another order by it. */
function guard(frame: Frame, run: Run): void {
  const check = () => {
    if (frame.depth > run.limits.depth) throw { code: 'D1011', value: run.limits.depth }
    run.look()
  }
  Object.defineProperty(frame, 'guardrails', { get: () => check, set: () => undefined })
  const { lookup } = frame
  frame.lookup = (name) => (name === '$' ? run.input : lookup(name))
}

/** JSONata keeps its tree where it hands it out. */
function replaceTree(root: Ast, by: Ast): void {
  for (const key of Object.keys(root)) delete (root as unknown as Record<string, unknown>)[key]
  Object.assign(root, by)
}

/** A function of the reference's that refuses texts beyond bounds; in every other respect it passes for the function itself. */
function bounded(
  name: string,
  { implementation }: Definition,
  natives: ReferenceOptions['natives'],
  current: Current,
): (...args: unknown[]) => unknown {
  const own = OURS.includes(name) ? (metaOf(natives.get(name) as Lambda).native as Native) : undefined
  const isMeasured = MEASURED.includes(name)
  const work = function (this: unknown, ...args: unknown[]): unknown {
    for (const arg of args) if (typeof arg === 'string') current.run.text(arg)
    if (isMeasured) measured(current.run, args[0])
    return own ? own(current.run, args, undefined) : implementation.apply(this, args)
  }
  Object.defineProperty(work, 'length', { value: implementation.length })
  // JSONata reads the parameters there
  work.toString = () => implementation.toString()
  return work
}

/** Functions of compiled code, as JavaScript's. */
function fromHere(run: Run, bindings: Record<string, unknown>): Record<string, unknown> {
  const handed = ([name, value]: [string, unknown]): [string, unknown] => {
    if (typeof value !== 'function' || Object.getOwnPropertySymbols(value).length === 0) return [name, value]
    const work = (...args: unknown[]) => apply(run, value, args, null)
    return [name, Object.assign(work, { arity: arityOf(value) })]
  }
  return Object.fromEntries(Object.entries(bindings).map(handed))
}

function engineClass({ engine }: ReferenceOptions, current: Current): RegExpConstructor {
  const Wrapped = function (this: unknown, expression: { source?: string; flags?: string }) {
    const { source, flags } = expression
    const found = engine(source === undefined ? new RegExp(String(expression)) : new RegExp(source, flags))()
    const exec = found.exec.bind(found)
    // going from match to match is no step of JSONata's, and may have no end
    found.exec = (text) => {
      current.run.look()
      return exec(text)
    }
    return found
  }
  return Wrapped as unknown as RegExpConstructor
}
