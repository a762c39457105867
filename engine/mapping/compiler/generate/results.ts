import type { Ast } from '../ast.ts'
import { block } from './blocks.ts'
import { condition, isRepeated } from './expressions.ts'
import { object } from './constructors.ts'
import { type Code, type Scope, Unsupported, type Writer } from './writer.ts'

/**
 * As `writer.expr`, for a value that leaves the mapping, at this depth of its result: plain data, so that what the mapping has just
 * built need not be gone through and built once more.
 */
export function leaving(writer: Writer, node: Ast, scope: Scope, depth: number): Code {
  const left = writer.left.length
  try {
    const code = built(writer, node, { ...scope, deep: scope.deep + 1 }, depth)
    if (code) return code
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    writer.left.length = left
  }
  return checked(writer.expr(node, scope), depth)
}

/** Undefined for what is not built here. */
function built(writer: Writer, node: Ast, scope: Scope, depth: number): Code | undefined {
  if (node.predicate || node.group || node.keepArray) return undefined
  if (node.type === 'block') {
    const last = node.expressions?.at(-1)
    return last && last.type !== 'bind'
      ? block(writer, node, scope, (one, inner) => leaving(writer, one, inner, depth))
      : undefined
  }
  if (node.type === 'condition')
    return isRepeated(node) ? undefined : condition(writer, node, scope, (one) => leaving(writer, one, scope, depth))
  if (node.type !== 'unary' || node.value !== '{') return undefined
  const whole = (code: Code) => checked(code, depth)
  return object(writer, node, scope, { whole, field: (one, inner) => leaving(writer, one, inner, depth + 1) })
}

/** A value that may be anything. */
function checked({ js, kind, sure }: Code, depth: number): Code {
  if (kind === 'number' || kind === 'truth') return { js, kind, sure }
  return { js: `out(S, ${js}, ${depth})`, kind: kind === 'text' ? kind : undefined, sure: kind === 'text' && sure }
}
