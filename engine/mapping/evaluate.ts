import { CartageError } from '../errors.ts'
import { type Bindings, compile as compileSource, type CompileOptions } from './compiler/compile.ts'
import { explain } from './compiler/faults.ts'
import { Reference } from './compiler/reference.ts'
import type { Fallback } from './compiler/report.ts'
import { nativeFunctions } from './compiler/runtime/natives.ts'
import { libraryFunctions } from './library/index.ts'
import { boundedPattern } from './patterns.ts'
import { assertSafe, checkOf, MAX_TEXT } from './plain.ts'
import { type Trace, traceIfReadable } from './trace/index.ts'

/** An expression made ready: evaluate it as often as wanted, also at once. */
export interface Compiled {
  run(input: unknown, bindings?: Bindings): unknown
  /** As `run`, for who does not care when. */
  evaluate(input: unknown, bindings?: Bindings): Promise<unknown>
  /** Of its expressions, the share that is compiled to JavaScript, and what is left to the reference. */
  share: number
  fallbacks: readonly Fallback[]
  /** Which field comes from where; worked out when first asked for. */
  trace(): Trace
}

export interface Evaluator {
  /** Compiled once per source and kept. Throws `mapping.syntax` (invalid) naming the position. */
  compile(source: string): Compiled
  evaluate(source: string, input: unknown, bindings?: Bindings): Promise<unknown>
}

/** Bounds of one evaluation; a mapping that needs more is a mistake or an attack. */
const LIMITS = { ms: 250, steps: 50_000_000, depth: 500, sequence: 100_000, text: MAX_TEXT }
const MAX_SOURCE = 256 * 1024
/** Compiled expressions that are kept; the oldest goes first. */
const MAX_KEPT = 2_000

/** The one way in which Cartage evaluates JSONata: bounded in time, depth and size, with linear-time regular expressions. */
export function createEvaluator({ most = MAX_KEPT }: { most?: number } = {}): Evaluator {
  const kept = new Map<string, Compiled>()
  const basis = {
    limits: LIMITS,
    library: libraryFunctions(),
    natives: nativeFunctions(),
    engine: boundedPattern,
  }
  const options: CompileOptions = { ...basis, reference: new Reference(basis), plain: true }
  function compile(source: string): Compiled {
    const known = kept.get(source)
    if (known) return known
    const made = guarded(source, options)
    const oldest = kept.size >= most ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(source, made)
    return made
  }
  return { compile, evaluate: async (source, input, bindings) => compile(source).run(input, bindings) }
}

function guarded(source: string, options: CompileOptions): Compiled {
  if (source.length > MAX_SOURCE)
    throw new CartageError('invalid', 'mapping.too-long', `a mapping has at most ${MAX_SOURCE} characters`)
  const made = compileSource(source, options)
  const { input: ofInput, bindings: reached } = made.reached
  const checkInput = checkOf(ofInput)
  const checkBindings = reached === 'all' ? assertSafe : checkOf({ all: false, fields: reached })
  const run = (input: unknown, bindings: Bindings = {}) => {
    checkInput(input, 'the input')
    checkBindings(bindings, 'the bindings')
    try {
      return made.run(input, bindings)
    } catch (error) {
      throw explain(error, 'mapping.failed')
    }
  }
  const { share, fallbacks } = made
  let followed: Trace | undefined
  const trace = () => {
    followed ??= traceIfReadable(source)
    return followed
  }
  return { run, evaluate: async (input, bindings) => run(input, bindings), share, fallbacks, trace }
}
