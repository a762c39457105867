import { type Ast, childrenOf } from '../ast.ts'
import { frameOf } from './variables.ts'
import type { Body, Code, Scope, Writer } from './writer.ts'

/** The JavaScript function of a lambda, and what is known of it. */
export function lambdaParts(writer: Writer, node: Ast, scope: Scope): { work: string; meta: string } {
  const { arguments: parameters = [], signature } = node
  const content = node.body as Ast
  const body: Body = []
  const frame = frameOf(writer, [content], body, scope.frame)
  const names = parameters.map(({ value }) => {
    const js = writer.name('a')
    frame.variables.set(String(value), { js, sure: true })
    return js
  })
  const caller = writer.name('i')
  const { js } = writer.expr(content, { ...scope, body, frame, caller, deep: 0 })
  const names_ = body.length === 0 ? '' : `let ${body.join(', ')}; `
  const work = `(${[caller, ...names].join(', ')}) => { ${names_}S.enter(${certainDepth(content)}); return ${js} }`
  const meta = writer.constant({ arity: parameters.length, ...(signature ? { signature } : {}) })
  return { work, meta }
}

/** How deep a call gets in any case, counted as JSONata counts. */
function certainDepth(node: Ast): number {
  const { type, condition, expressions, procedure } = node
  if (type === 'lambda') return 1
  const certain =
    type === 'condition'
      ? [condition as Ast]
      : type === 'block'
        ? (expressions ?? [])
        : procedure
          ? [procedure]
          : operands(node)
  return 1 + Math.max(0, ...certain.map(certainDepth))
}

function operands(node: Ast): Ast[] {
  if (node.type === 'path') return (node.steps ?? []).slice(0, 1)
  return node.type === 'binary' || node.type === 'unary' || node.type === 'bind' ? childrenOf(node) : []
}

export function lambdaOf(writer: Writer, node: Ast, scope: Scope): Code {
  const { work, meta } = lambdaParts(writer, node, scope)
  return { js: `lambda(${work}, ${meta})`, sure: true }
}
