import { type Ast, childrenOf } from './ast.ts'

/**
 * Whether two members of one constructor can fail. JSONata begins all members together, and which error comes out depends on
 * how many turns each takes: only the reference can tell.
 */
export function isAmbiguous(node: Ast): boolean {
  return membersOf(node).filter(mayFail).length > 1 || childrenOf(node).some(isAmbiguous)
}

function membersOf(node: Ast): Ast[] {
  if (node.type === 'unary' && node.value === '[') return node.expressions ?? []
  if (node.type === 'unary' && node.value === '{') return (node.lhs as [Ast, Ast][]).map(([, value]) => value)
  return node.group?.lhs.map(([, value]) => value) ?? []
}

const SAFE = new Set([
  'string',
  'number',
  'value',
  'name',
  'variable',
  'wildcard',
  'descendant',
  'condition',
  'block',
  'path',
])

/** Conservative: fields, literals, and conditions among them cannot. */
function mayFail(node: Ast): boolean {
  const isSafeOperator = node.type === 'binary' && (node.value === '=' || node.value === '!=' || node.value === 'in')
  const isList = node.type === 'unary' && node.value === '['
  if (!SAFE.has(node.type) && !isSafeOperator && !isList) return true
  return node.group !== undefined || childrenOf(node).some(mayFail)
}
