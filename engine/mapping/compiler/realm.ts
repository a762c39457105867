import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { compileFunction, createContext, runInContext, Script, type Context } from 'node:vm'
import type jsonata from 'jsonata'
import { NATIVE_NAMES } from './names.ts'

/** What the reference gave, or failed with. */
export type Answer = { value: unknown } | { error: unknown }

/** One of JSONata's functions as the reference defines it. */
export interface Definition {
  implementation: (...args: unknown[]) => unknown
  signature: { definition: string }
}

interface Box {
  answer?: Answer
}

type Job = () => void

/** Called with each expression and what came of it. */
const AFTER_STEP = Symbol.for('jsonata.__evaluate_exit') as unknown as string

/**
 * The reference with a queue of its own for what it does later: all of that is done when a call returns, so that its answer is
 * there at once, and a clock that is not its own can end it whatever it does.
 */
export class Realm {
  readonly jsonata: typeof jsonata
  readonly definitions: ReadonlyMap<string, Definition>
  readonly #context: Context
  readonly #script = new Script('job()')
  readonly #evaluate: (expression: jsonata.Expression, input: unknown, bindings: object, box: Box) => void

  constructor() {
    const global = { Buffer }
    this.#context = createContext({ global }, { microtaskMode: 'afterEvaluate' })
    const module = { exports: {} }
    const file = createRequire(import.meta.url).resolve('jsonata')
    const source = readFileSync(file, 'utf8')
    compileFunction(source, ['module', 'exports'], { parsingContext: this.#context })(module, module.exports)
    this.jsonata = module.exports as typeof jsonata
    // what settles a promise in there must itself be of there
    this.#evaluate = runInContext(
      `(expression, input, bindings, box) => void expression.evaluate(input, bindings).then(
        (value) => { box.answer = { value } }, (error) => { box.answer = { error } })`,
      this.#context,
    )
    this.definitions = this.#define()
  }

  /** Undefined when it was ended, or waits for something out here. Throws nothing of the mapping's. */
  evaluate(expression: jsonata.Expression, input: unknown, bindings: object, ms: number): Answer | undefined {
    const box: Box = {}
    try {
      this.#run(() => this.#evaluate(expression, input, bindings, box), ms)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      return undefined
    }
    return box.answer
  }

  #run(job: Job, ms: number): void {
    this.#context['job'] = job
    this.#script.runInContext(this.#context, { timeout: ms })
    this.#context['job'] = undefined
  }

  /** The frame in which a step is taken knows every function. */
  #define(): Map<string, Definition> {
    const found = new Map<string, Definition>()
    const expression = this.jsonata('1')
    const look = (_node: unknown, _input: unknown, frame: { lookup(name: string): Definition }) => {
      for (const name of NATIVE_NAMES) found.set(name, frame.lookup(name))
    }
    expression.assign(AFTER_STEP, look)
    this.evaluate(expression, undefined, {}, 1000)
    return found
  }
}
