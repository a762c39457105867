import type { Ast } from '../ast.ts'
import type { Code, Scope, Writer } from './writer.ts'

type Quick = (writer: Writer, args: Code[], nodes: Ast[], scope: Scope) => Code | undefined

/** Calls of the language's functions that are as good as an operator. Undefined: this one is not. */
export const QUICK: Record<string, Quick> = {
  exists: one(({ js }) => ({ js: `(${js} !== undefined)`, kind: 'truth', sure: true })),
  boolean: one((arg) => (arg.kind === 'truth' && arg.sure ? arg : { js: `boolean(${arg.js})` })),
  not: one((arg) => (arg.kind === 'truth' && arg.sure ? { ...arg, js: `(!${arg.js})` } : { js: `not(${arg.js})` })),
  count: one(({ js }) => ({ js: `count(S, ${js})`, kind: 'number', sure: true })),
  contains: searched,
  string: one((arg) => (arg.kind === 'text' ? arg : { js: `string(S, ${arg.js})` })),
}

/** A text in which a pattern of the source is looked for: no function is made of the pattern. */
function searched(writer: Writer, [text, by]: Code[], nodes: Ast[], scope: Scope): Code | undefined {
  const [, pattern] = nodes
  if (!text || !by || nodes.length !== 2 || pattern?.type !== 'regex' || !(pattern.value instanceof RegExp))
    return undefined
  const found = writer.constant(writer.context.pattern(pattern.value, pattern.position ?? 0))
  const held = writer.temp(scope)
  const others = `native(S, ${writer.native('contains')}, ${scope.context}, [${held}, ${by.js}], ${scope.deep}, {})`
  return { js: `(typeof (${held} = ${text.js}) === 'string' ? has(S, ${held}, ${found}) : ${others})` }
}

function one(write: (arg: Code) => Code): Quick {
  return (_writer, [arg, ...more]) => (arg && more.length === 0 ? write(arg) : undefined)
}
