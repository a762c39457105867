import type { Ast } from '../ast.ts'
import { lambdaOf } from './lambdas.ts'
import { QUICK } from './quick.ts'
import { lexical, variable } from './variables.ts'
import { type Code, quote, type Scope, type Writer } from './writer.ts'

/** A call; `first` is what `~>` hands over. */
export function call(writer: Writer, node: Ast, scope: Scope, first?: Code): Code {
  const procedure = node.procedure as Ast
  const given = [...(first ? [undefined] : []), ...(node.arguments ?? [])]
  const args = given.map((argument) => (argument ? writer.expr(argument, scope) : (first as Code)))
  const place = placeOf(writer, node)
  const name = plainName(procedure)
  const meant = name === undefined ? undefined : lexical(writer, name, scope.frame)
  if (name !== undefined && meant?.isFree && writer.context.isNative(name)) {
    writer.natives.add(name)
    const quick = first ? undefined : QUICK[name]?.(writer, args, given as Ast[], scope)
    const handed = args.map((arg, index) => (first && index === 0 ? arg : handedOver(arg)))
    return quick ?? { js: nativeCall(writer, name, handed, scope.context, scope.deep, place), raw: true }
  }
  const values = args.map(({ js }) => js)
  if (meant?.variable?.lambda && !first) {
    const safe = args.map((arg) => (arg.kind === undefined ? `wrapped(${arg.js})` : arg.js))
    const made = `${meant.variable.lambda}(${[scope.context, ...safe].join(', ')})`
    return { js: `done(S, (S.depth += ${scope.deep}, ${made}), ${scope.context}, ${scope.deep})`, raw: true }
  }
  const target = targetOf(writer, node, 'T1005', scope)
  const how = first ? 'callOn' : 'call'
  return { js: `${how}(S, ${target}, ${scope.context}, [${values.join(', ')}], ${scope.deep}, ${place})`, raw: true }
}

function nativeCall(writer: Writer, name: string, args: Code[], context: string, deep: number, place: string): string {
  const values = args.map(({ js }) => js).join(', ')
  return `native(S, ${writer.native(name)}, ${context}, [${values}], ${deep}, ${place})`
}

/** A function among the arguments is put into a closure. What is known to be something else is as it is. */
function handedOver(arg: Code): Code {
  return arg.kind === undefined ? { ...arg, js: `handed(${arg.js})` } : arg
}

const plainName = ({ type, value, predicate, group, keepArray }: Ast) =>
  type === 'variable' && value !== '' && !predicate && !group && !keepArray ? String(value) : undefined

/** Where a call stands, for the errors that it may end in. */
function placeOf(writer: Writer, { procedure, position }: Ast): string {
  const token = procedure?.type === 'path' ? procedure.steps?.[0]?.value : procedure?.value
  return writer.constant({ position, token })
}

/** The function that is called: where there is none but a variable of that name, the `$` was forgotten. */
function targetOf(writer: Writer, { procedure, position }: Ast, code: string, scope: Scope): string {
  const { type, steps } = procedure as Ast
  const { js } = writer.expr(procedure as Ast, scope)
  if (type !== 'path') return js
  const name = String(steps?.[0]?.value)
  const meant = name === '' ? 'undefined' : variable(writer, { type: 'variable', value: name }, scope).js
  return `meant(${js}, ${meant}, ${quote(code)}, ${position ?? 0}, ${quote(name)})`
}

/** A lambda, or a call in tail position, which the parser puts into one. */
export function lambda(writer: Writer, node: Ast, scope: Scope): Code {
  return node.thunk ? tail(writer, node.body as Ast, scope) : lambdaOf(writer, node, scope)
}

/** It is left to who called, except for the language's own functions, that call nothing further. */
function tail(writer: Writer, node: Ast, scope: Scope): Code {
  const procedure = node.procedure as Ast
  const args = (node.arguments ?? []).map((argument) => writer.expr(argument, scope))
  const name = plainName(procedure)
  if (name !== undefined && lexical(writer, name, scope.frame).isFree && writer.context.isNative(name)) {
    writer.natives.add(name)
    return { js: nativeCall(writer, name, args, scope.caller, scope.deep, placeOf(writer, node)) }
  }
  return { js: `new Thunk(marked(${writer.expr(procedure, scope).js}), [${args.map(({ js }) => js).join(', ')}])` }
}

/** `~>` */
export function apply(writer: Writer, node: Ast, scope: Scope): Code {
  const left = writer.expr(node.lhs as Ast, scope)
  const right = node.rhs as Ast
  if (right.type === 'function') return call(writer, right, scope, left)
  const target = writer.expr(right, scope).js
  return { js: `chain(S, ${left.js}, ${target}, ${node.position ?? 0}, ${scope.deep})`, raw: true }
}

/** `$f(?, 1)` */
export function partial(writer: Writer, node: Ast, scope: Scope): Code {
  const parameters = node.arguments ?? []
  const isOpen = ({ type, value }: Ast) => type === 'operator' && value === '?'
  const values = parameters.map((one) => (isOpen(one) ? 'undefined' : writer.expr(one, scope).js))
  const target = targetOf(writer, node, 'T1007', scope)
  const open = parameters.map(isOpen).join(', ')
  return { js: `partial([${values.join(', ')}], ${target}, [${open}], ${placeOf(writer, node)})`, sure: true }
}
