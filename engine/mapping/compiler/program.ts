import { isAmbiguous } from './ambiguity.ts'
import { type Ast, childrenOf } from './ast.ts'
import { expression } from './generate/expressions.ts'
import { leaving } from './generate/results.ts'
import { frameOf } from './generate/variables.ts'
import { type Body, type Context, type Left, quote, type Scope, Writer } from './generate/writer.ts'
import type { Lambda } from './runtime/calls.ts'
import type { Evaluate } from './reference.ts'
import { HELPERS } from './runtime/helpers.ts'
import type { Pattern } from './runtime/matching.ts'
import { metaOf } from './runtime/natives.ts'
import type { Run } from './runtime/run.ts'

/** A mapping as JavaScript. */
export interface Program {
  /** The value for an input that is no list, or for the wrapper of one. */
  evaluate(run: Run, context: unknown): unknown
  /** Functions of the language that it calls by name: where a binding has such a name, it has to be written anew. */
  natives: ReadonlySet<string>
  /** Which of two errors comes out is the reference's to tell. */
  isAmbiguous: boolean
  /** Expressions that are left to the reference, and why. */
  left: readonly Left[]
  /** The JavaScript itself. */
  javascript: string
}

export interface ProgramOptions {
  /** The language's own functions. */
  natives: ReadonlyMap<string, Lambda>
  /** Names that mean something else: functions of the library, bindings of the evaluation. */
  taken: ReadonlySet<string>
  /** What it gives is plain data: no marks, no functions, nothing of what came in. */
  plain: boolean
  /** The input is a list. */
  isList: boolean
  pattern(expression: RegExp, position: number): Pattern
  /** The reference, for an expression that the compiler does not take. */
  leave(node: Ast): Evaluate
}

/** Throws `Unsupported` with the node that the compiler does not take. */
export function programOf(ast: Ast, options: ProgramOptions): Program {
  const { natives, taken, pattern, leave } = options
  const context: Context = {
    isNative: (name) => natives.has(name) && !taken.has(name),
    isTaken: (name) => taken.has(name),
    native: (name) => metaOf(natives.get(name) as Lambda),
    tupleNames: new Set(tupleNames(ast)),
    pattern,
    leave,
  }
  const writer = new Writer(context, expression)
  const body: Body = []
  const frame = frameOf(writer, [ast], body)
  const scope: Scope = { body, frame, context: 'c', single: !options.isList, caller: 'c', deep: 0 }
  const { js } = options.plain ? leaving(writer, ast, scope, 0) : writer.expr(ast, scope)
  const javascript = written(writer, body, js)
  const make = new Function('H', 'K', 'free', javascript)
  const evaluate = make(HELPERS, writer.constants, valueOfFree(natives)) as Program['evaluate']
  return { evaluate, natives: writer.natives, isAmbiguous: isAmbiguous(ast), left: writer.left, javascript }
}

function written(writer: Writer, body: Body, js: string): string {
  const free = [...writer.free].map(([name, made]) => `${made} = free(S, ${quote(name)})`)
  const names = [...free, ...body]
  return [
    '"use strict"',
    `const { ${Object.keys(HELPERS).join(', ')} } = H`,
    ...writer.written,
    'return (S, c) => {',
    ...(names.length > 0 ? [`let ${names.join(', ')}`] : []),
    `return ${js}`,
    '}',
  ].join('\n')
}

/** What a name means that the mapping itself does not bind: a binding, the library's, the language's own. */
function valueOfFree(natives: ReadonlyMap<string, Lambda>) {
  return (run: Run, name: string): unknown => {
    if (name === '$') return run.input
    if (Object.hasOwn(run.bindings, name)) return run.bindings[name]
    if (Object.hasOwn(run.library, name)) return run.library[name]
    return natives.get(name)
  }
}

/** Variables and parents that steps of paths bind. */
function tupleNames(node: Ast): string[] {
  const { focus, index, ancestor, stages = [] } = node
  const indexes = stages.map((stage) => (stage.type === 'index' ? stage.value : undefined))
  const own = [focus, index, ancestor?.label, ...indexes].filter((name) => name !== undefined)
  return [...own, ...childrenOf(node).flatMap(tupleNames)]
}
