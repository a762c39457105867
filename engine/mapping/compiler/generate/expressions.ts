import { type Ast, childrenOf } from '../ast.ts'
import { bind, block } from './blocks.ts'
import { apply, call, lambda, partial } from './calls.ts'
import { list, grouped, object } from './constructors.ts'
import { filtered, path } from './paths.ts'
import { boundIn, variable, visible } from './variables.ts'
import { type Code, each, normal, numberText, quote, type Scope, Unsupported, type Writer } from './writer.ts'

type Write = (writer: Writer, node: Ast, scope: Scope) => Code

const KINDS: Record<string, Write> = {
  string: literal,
  number: literal,
  value: literal,
  name: (writer, { value }, { context }) => ({ js: `${writer.field(String(value), 'own')}(S, ${context})` }),
  wildcard: (_writer, _node, { context }) => ({ js: `wildcard(S, ${context})`, raw: true }),
  descendant: (_writer, _node, { context }) => ({ js: `descendants(S, ${context})`, raw: true }),
  parent: (writer, { slot }, scope) => variable(writer, { type: 'parent', value: slot?.label }, scope),
  variable,
  block: (writer, node, scope) => block(writer, node, scope),
  bind,
  path,
  condition: (writer, node, scope) => condition(writer, node, scope),
  binary,
  unary,
  regex,
  function: call,
  lambda,
  partial,
  apply,
  transform,
}

/** JavaScript for the value of an expression, or for asking the reference about it where the compiler does not take it. */
export function expression(writer: Writer, node: Ast, outer: Scope): Code {
  try {
    return compiled(writer, node, outer)
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    // a function would stay in there, and so would what is assigned
    if (FUNCTIONS.includes(node.type) || boundIn([node]).length > 0) throw error
    writer.left.push({ node, why: error.message })
    const ask = writer.constant(writer.context.leave(node))
    return { js: `leave(S, ${ask}, ${outer.context}, ${visible(writer, outer.frame)})` }
  }
}

const FUNCTIONS = ['variable', 'lambda', 'partial', 'regex', 'transform']

/** The value as JSONata's `evaluate` gives it: sequences of one are that one. */
function compiled(writer: Writer, node: Ast, outer: Scope): Code {
  const scope = { ...outer, deep: outer.deep + 1 }
  const write = KINDS[node.type]
  if (!write) throw new Unsupported(`an expression of the kind ${node.type}`, node)
  let code = write(writer, node, scope)
  for (const stage of node.predicate ?? []) {
    if (stage.type !== 'filter') throw new Unsupported('a position on something that is no step', node)
    code = { js: filtered(writer, code.js, stage.expr, scope), raw: true }
  }
  if (node.group && node.type !== 'path') code = grouped(writer, code.js, node.group, scope)
  if (node.keepArray) return { js: `keep(${code.js})` }
  return code.raw ? { js: normal(code) } : code
}

const LITERALS: Record<string, Code['kind']> = { string: 'text', number: 'number', boolean: 'truth' }

function literal(_writer: Writer, { value }: Ast): Code {
  const js = typeof value === 'number' ? numberText(value) : typeof value === 'string' ? quote(value) : String(value)
  return { js, kind: LITERALS[typeof value], sure: true }
}

/** A condition in JavaScript's own terms. */
export function truth(writer: Writer, node: Ast, scope: Scope): string {
  const { js, kind } = writer.expr(node, scope)
  return kind === 'truth' ? js : `truth(${js})`
}

/** `part` writes what comes of it either way. */
export function condition(writer: Writer, node: Ast, scope: Scope, part = (one: Ast) => writer.expr(one, scope)): Code {
  const { condition: test, then: yes, else: no } = node as Required<Ast>
  const otherwise = no ? part(no) : { js: 'undefined' }
  if (isRepeated(node)) {
    // `a ?: b` and `a ?? b` name their left side twice; it is the same both times
    const held = writer.temp(scope)
    const value = writer.expr(yes, scope)
    const holds = isExists(test) ? `${held} !== undefined` : `truth(${held})`
    return { js: `((${held} = ${value.js}), ${holds} ? ${held} : ${otherwise.js})` }
  }
  const [first, value] = [truth(writer, test, scope), part(yes)]
  const kind = value.kind === (otherwise as Code).kind ? value.kind : undefined
  return { js: `(${first} ? ${value.js} : ${otherwise.js})`, kind, sure: value.sure && (otherwise as Code).sure }
}

export function isRepeated({ condition: test, then: yes }: Ast): boolean {
  if (!test || !yes || !isSteady(yes)) return false
  if (isExists(test)) return JSON.stringify(test.arguments?.[0]) === JSON.stringify(yes)
  return JSON.stringify(test) === JSON.stringify(yes)
}

/** The parser's own call, which has no place in the source. */
function isExists({ type, procedure, position }: Ast): boolean {
  return type === 'function' && procedure?.value === 'exists' && position === undefined
}

/** Evaluating it twice gives the same and does nothing else. */
function isSteady(node: Ast): boolean {
  if (node.type === 'bind' || node.type === 'regex' || node.type === 'lambda') return false
  if (node.type === 'variable' && (node.value === 'random' || node.value === 'shuffle')) return false
  return childrenOf(node).every(isSteady)
}

const ARITHMETIC = ['+', '-', '*', '/', '%']
const ORDER = ['<', '<=', '>', '>=']

function binary(writer: Writer, node: Ast, scope: Scope): Code {
  const { value: sign, rhs, position = 0 } = node as Required<Ast>
  const lhs = node.lhs as Ast
  if (sign === 'and' || sign === 'or') {
    const both = [truth(writer, lhs, scope), truth(writer, rhs, scope)]
    return { js: `(${both.join(sign === 'and' ? ' && ' : ' || ')})`, kind: 'truth', sure: true }
  }
  const [left, right] = [writer.expr(lhs, scope), writer.expr(rhs, scope)]
  if (sign === '=' || sign === '!=') return equality(writer, sign, left, right, [lhs, rhs], scope)
  if (sign === 'in') return membership(writer, left, right, rhs, scope)
  if (sign === '&') {
    const isPlain = left.kind === 'text' && left.sure && right.kind === 'text' && right.sure
    const js = isPlain ? `S.text(${left.js} + ${right.js})` : `concat(S, ${left.js}, ${right.js}, ${position})`
    return { js, kind: 'text', sure: true }
  }
  if (ARITHMETIC.includes(String(sign)))
    return { js: `arithmetic(${left.js}, ${right.js}, ${quote(String(sign))}, ${position})` }
  if (ORDER.includes(String(sign)))
    return { js: `compare(${left.js}, ${right.js}, ${quote(String(sign))}, ${position})` }
  if (sign === '..') return { js: `range(S, ${left.js}, ${right.js}, ${position})`, raw: true }
  throw new Unsupported(`the operator ${sign}`, node)
}

const isLiteral = ({ type, predicate, group, keepArray, value }: Ast) =>
  ['string', 'number', 'value'].includes(type) && !predicate && !group && !keepArray && value !== null

/** Beside a literal, deep equality is JavaScript's own. */
function equality(writer: Writer, sign: string, left: Code, right: Code, [lhs, rhs]: [Ast, Ast], scope: Scope): Code {
  if (isLiteral(lhs) || isLiteral(rhs)) {
    if (sign === '=') return { js: `(${left.js} === ${right.js})`, kind: 'truth', sure: true }
    const held = writer.temp(scope)
    const [some, constant] = isLiteral(rhs) ? [left, right] : [right, left]
    return { js: `((${held} = ${some.js}) !== undefined && ${held} !== ${constant.js})`, kind: 'truth', sure: true }
  }
  const js = `${sign === '=' ? 'same' : 'unequal'}(S, ${left.js}, ${right.js})`
  return { js, kind: 'truth', sure: true }
}

function membership(writer: Writer, left: Code, right: Code, rhs: Ast, scope: Scope): Code {
  const literals =
    rhs.type === 'unary' && rhs.value === '[' && !rhs.predicate && !rhs.group ? rhs.expressions : undefined
  if (!literals?.every(isLiteral)) return { js: `within(S, ${left.js}, ${right.js})`, kind: 'truth', sure: true }
  const held = writer.temp(scope)
  const tests = literals.map((one) => `${held} === ${writer.expr(one, scope).js}`)
  return { js: `((${held} = ${left.js}), ${['false', ...tests].join(' || ')})`, kind: 'truth', sure: true }
}

function unary(writer: Writer, node: Ast, scope: Scope): Code {
  if (node.value === '[') return list(writer, node, scope)
  if (node.value === '{') return object(writer, node, scope)
  if (node.value !== '-') throw new Unsupported(`the sign ${node.value}`, node)
  return { js: `negative(${writer.expr(node.expression as Ast, scope).js}, ${node.position})` }
}

function regex(writer: Writer, node: Ast): Code {
  // the left side of `?:` is a copy in which JSONata loses the pattern; it then goes by what is left
  const expression = node.value instanceof RegExp ? node.value : new RegExp(String(node.value))
  return { js: `regex(S, ${writer.constant(writer.context.pattern(expression, node.position ?? 0))})`, sure: true }
}

function transform(writer: Writer, node: Ast, scope: Scope): Code {
  const { pattern, update, delete: away } = node as Required<Ast>
  const clone = variable(writer, { type: 'variable', value: 'clone' }, scope).js
  const parts = [pattern, update, ...(away ? [away] : [])].map((part) => each(writer, part, scope))
  const at = `${update.position ?? 0}, ${away?.position ?? 0}, ${node.position ?? 0}`
  return { js: `transform(S, ${clone}, [${at}], ${parts.join(', ')})`, sure: true }
}
