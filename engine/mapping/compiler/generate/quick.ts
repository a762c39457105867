import type { Ast } from '../ast.ts'
import type { Code, Scope, Writer } from './writer.ts'

type Quick = (writer: Writer, args: Code[], nodes: Ast[], scope: Scope) => Code | undefined

/** Calls of the language's functions that are as good as an operator. Undefined: this one is not. */
export const QUICK: Record<string, Quick> = {
  exists: one(({ js }) => ({ js: `(${js} !== undefined)`, kind: 'truth', sure: true })),
  boolean: one((arg) => (arg.kind === 'truth' && arg.sure ? arg : { js: `boolean(${arg.js})` })),
  not: one((arg) => (arg.kind === 'truth' && arg.sure ? { ...arg, js: `(!${arg.js})` } : { js: `not(${arg.js})` })),
  count: one(({ js }) => ({ js: `count(S, ${js})`, kind: 'number', sure: true })),
  string: one((arg) => (arg.kind === 'text' ? arg : { js: `string(S, ${arg.js})` })),
}

function one(write: (arg: Code) => Code): Quick {
  return (_writer, [arg, ...more]) => (arg && more.length === 0 ? write(arg) : undefined)
}
