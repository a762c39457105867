import type { Ast } from '../ast.ts'
import { lambdaParts } from './lambdas.ts'
import { boundIn, frameOf, nameOf } from './variables.ts'
import { type Code, type Scope, Unsupported, type Variable, type Writer } from './writer.ts'

type Write = (node: Ast, scope: Scope) => Code

/** `last` writes the expression whose value the block has. */
export function block(writer: Writer, node: Ast, scope: Scope, last: Write = writer.expr): Code {
  const { expressions = [] } = node
  if (expressions.length === 0) return { js: 'undefined' }
  if (!isPlain(node) && bounces(node)) throw new Unsupported('a predicate on a call in tail position', node)
  const frame = frameOf(writer, expressions, scope.body, scope.frame)
  const codes = statements(writer, expressions, { ...scope, frame }, last)
  return { ...(codes.at(-1) as Code), js: `(${codes.map(({ js }) => js).join(', ')})` }
}

/** Expressions one after another in one frame. */
function statements(writer: Writer, expressions: Ast[], scope: Scope, last: Write): Code[] {
  const names = boundIn(expressions).map(nameOf)
  return expressions.map((node) => {
    if (node.type !== 'bind') return (node === expressions.at(-1) ? last : writer.expr)(node, scope)
    const known = scope.frame.variables.get(nameOf(node)) as Variable
    const isOnly = names.filter((name) => name === nameOf(node)).length === 1
    const isCallable = isOnly && isPlainLambda(node.rhs as Ast) && isPlain(node)
    const code = isCallable ? bindLambda(writer, node, known, scope) : writer.expr(node, scope)
    known.sure = true
    if (isOnly) known.value = { kind: code.kind, sure: code.sure }
    return code
  })
}

/** Whether its value may be a call that is yet to be made. */
function bounces({ type, thunk, then: yes, else: no, expressions }: Ast): boolean {
  if (type === 'lambda') return thunk === true
  if (type === 'condition') return [yes, no].some((part) => part !== undefined && bounces(part))
  const last = type === 'block' ? expressions?.at(-1) : undefined
  return last !== undefined && bounces(last)
}

const isPlain = ({ predicate, group, keepArray }: Ast) => !predicate && !group && !keepArray

function isPlainLambda(node: Ast): boolean {
  return node.type === 'lambda' && !node.signature && isPlain(node)
}

/** A lambda that its name means for good is called without looking; within itself, too. */
function bindLambda(writer: Writer, node: Ast, known: Variable, scope: Scope): Code {
  known.lambda = writer.temp(scope, 'm')
  const { work, meta } = lambdaParts(writer, node.rhs as Ast, scope)
  return { js: `(${known.js} = lambda(${known.lambda} = ${work}, ${meta}))`, sure: true }
}

export function bind(writer: Writer, node: Ast, scope: Scope): Code {
  const known = scope.frame.variables.get(nameOf(node))
  if (!known) throw new Unsupported('an assignment among the steps of a path', node)
  const code = writer.expr(node.rhs as Ast, scope)
  return { ...code, js: `(${known.js} = ${code.js})` }
}
