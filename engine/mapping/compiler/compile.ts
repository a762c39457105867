import jsonata from 'jsonata'
import { CartageError } from '../../errors.ts'
import { type Ast, childrenOf } from './ast.ts'
import { explain, type Fault, isBound } from './faults.ts'
import { plain } from '../plain.ts'
import { type Left, Unsupported } from './generate/writer.ts'
import { type Program, programOf } from './program.ts'
import { everything, type Reached, reachOf } from './reach.ts'
import type { Evaluate, Reference, ReferenceOptions } from './reference.ts'
import { type Fallback, fallbackOf, shareOf } from './report.ts'
import { LeaveToReference, Run } from './runtime/run.ts'
import { only } from './runtime/sequence.ts'

export type Bindings = Record<string, unknown>

export interface CompileOptions extends ReferenceOptions {
  reference: Reference
  /** Gives plain data: no marks, no functions, nothing of what came in. */
  plain?: boolean
}

/** A mapping made ready. Unless it is to give plain data, what it gives may still hold functions and marks of the language. */
export interface Compiled {
  run(input: unknown, bindings: Bindings): unknown
  /** What it can get hold of. */
  reached: Reached
  /** How much of it is compiled, and what is left to the reference. */
  share: number
  fallbacks: Fallback[]
}

/** Throws `mapping.syntax` for what is not JSONata. */
export function compile(source: string, options: CompileOptions): Compiled {
  const ast = parse(source)
  checkPatterns(ast, options)
  const ask = options.reference.prepare(source)
  const asked: Evaluate = (input, bindings) => ask(copy(input), bindings)
  const reference: Evaluate = options.plain ? (input, bindings) => plain(asked(input, bindings)) : asked
  const isNative = (name: string) => options.natives.has(name)
  try {
    const programs = programsOf(ast, options)
    const left = programs.left.map(({ node, why }) => fallbackOf(source, node, why))
    const share = shareOf(
      ast,
      programs.left.map(({ node }) => node),
    )
    return {
      run: runOf(programs.for, reference, options),
      reached: left.length > 0 ? everything() : reachOf(ast, isNative),
      share,
      fallbacks: left,
    }
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    return {
      run: reference,
      reached: everything(),
      share: 0,
      fallbacks: [{ start: 0, end: source.length, why: error.message }],
    }
  }
}

function parse(source: string): Ast {
  try {
    return jsonata(source).ast() as unknown as Ast
  } catch (error) {
    throw explain(error, 'mapping.syntax')
  }
}

/** Every regular expression of the source, tried now: what no engine has must not be found out at the first message. */
function checkPatterns(node: Ast, options: CompileOptions): void {
  if (node.type === 'regex' && node.value instanceof RegExp) {
    try {
      options.engine(node.value)
    } catch (error) {
      throw explain(error, 'mapping.syntax')
    }
  }
  for (const child of childrenOf(node)) checkPatterns(child, options)
}

/** The reference leaves marks in what it is given, and may put something into a list that is empty. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]))
}

type ProgramFor = (input: unknown, bindings: Bindings) => Program

function runOf(programFor: ProgramFor, reference: Evaluate, { limits, library }: CompileOptions): Evaluate {
  return (input, bindings) => {
    const run = new Run(limits, input, bindings, library)
    const program = programFor(input, bindings)
    try {
      return program.evaluate(run, contextOf(input))
    } catch (error) {
      // of several errors that could have come first, the reference tells which
      const isOpen =
        error instanceof LeaveToReference || ((program.isAmbiguous || hasFunction(error)) && !isBound(error))
      if (isOpen) return reference(input, bindings)
      throw placed(error, run)
    }
  }
}

/** JSONata writes the value into the message of an error, which fails where the value is a function of the mapping's. */
function hasFunction(error: unknown): boolean {
  const { value, value2 } = (error ?? {}) as Fault
  const seen = new Set<unknown>()
  return [value, value2].some((one) => holdsFunction(one, seen))
}

/** A value may hold another one by more ways than can be gone: each is looked at once. */
function holdsFunction(value: unknown, seen: Set<unknown>): boolean {
  if (value === null || typeof value !== 'object') return typeof value === 'function'
  if (seen.has(value)) return false
  seen.add(value)
  return Object.values(value).some((item) => holdsFunction(item, seen))
}

/** The mapping as JavaScript for what comes in: for one value, or for a list; and where a binding has a function's name. */
function programsOf(ast: Ast, options: CompileOptions): { for: ProgramFor; left: readonly Left[] } {
  const library = new Set(Object.keys(options.library))
  const pattern = (expression: RegExp, position: number) => {
    return { source: expression.source, position, engine: options.engine(expression) }
  }
  const { natives, reference } = options
  const leave = (node: Ast) => reference.prepare(node)
  const write = (isList: boolean, taken: ReadonlySet<string>) =>
    programOf(ast, { natives, taken, isList, pattern, leave, plain: options.plain ?? false })
  const one = write(false, library)
  let list: Program | undefined
  let other: { key: string; program: Program } | undefined
  const otherFor = (isList: boolean, names: string[]) => {
    const key = JSON.stringify([isList, ...names])
    if (other?.key !== key) other = { key, program: write(isList, new Set([...library, ...names])) }
    return other.program
  }
  const programFor: ProgramFor = (input, bindings) => {
    for (const name in bindings) if (one.natives.has(name)) return otherFor(Array.isArray(input), Object.keys(bindings))
    if (!Array.isArray(input)) return one
    list ??= write(true, library)
    return list
  }
  return { for: programFor, left: one.left }
}

/** An input that is a list is one input. */
function contextOf(input: unknown): unknown {
  return Array.isArray(input) ? Object.assign(only(input), { outerWrapper: true }) : input
}

/** Errors that know no place happened at the last call. */
function placed(error: unknown, { place }: Run): unknown {
  if (error === null || typeof error !== 'object' || !place) return error
  if (!(error instanceof Error)) return { position: place.position, token: place.token, ...error }
  // functions of the library throw errors of their own, which JSONata marks in place
  return error instanceof CartageError && !('position' in error && error.position !== undefined)
    ? Object.assign(error, { position: place.position })
    : error
}
