import { type Flow, step } from './flow.ts'
import { isRoot } from './interpret.ts'
import { type Node, parse } from './syntax.ts'

/**
 * An expression that is written as seen from the root of the payload, as it has to be written where names mean fields of
 * `context`: `body.lines.sku` inside `body.lines.{ … }` is `sku`, everything else begins with `$$`.
 */
export function rebase(expression: string, context: Flow): string {
  if (isRoot(context)) return expression
  const [only, ...others] = context.trails
  const base = others.length === 0 && context.shapes.length === 0 && context.computed.size === 0 ? only : undefined
  let text = expression
  // From the last to the first, so that positions stay what they were.
  for (const { start, end, by } of leads(parse(expression), base).sort((one, other) => other.start - one.start))
    text = text.slice(0, start) + by + text.slice(end)
  return text
}

interface Change {
  start: number
  end: number
  by: string
}

/** Where the expression begins to read from the root. */
function leads(node: Node, base: string | undefined): Change[] {
  const all = (nodes: (Node | undefined)[]) => nodes.flatMap((one) => (one ? leads(one, base) : []))
  switch (node.kind) {
    case 'name':
    case 'wildcard':
    case 'descendant':
      return [{ start: node.start, end: node.start, by: '$$.' }]
    case 'variable':
      return node.name === '' ? [{ start: node.start, end: node.end, by: '$$' }] : []
    case 'path':
      return relative(node, base) ?? leads(node.left, base)
    case 'filter':
    case 'order':
    case 'focus':
      return leads(node.left, base)
    case 'object':
      return node.left ? leads(node.left, base) : all(node.pairs.flatMap((pair) => [pair.key, pair.value]))
    case 'list':
    case 'block':
      return all(node.parts)
    case 'call':
      return all([node.callee, ...node.given])
    case 'lambda':
      return leads(node.body, base)
    case 'condition':
      return all([node.test, node.yes, node.otherwise])
    case 'negation':
      return leads(node.operand, base)
    case 'bind':
      return leads(node.value, base)
    case 'operation':
    case 'chain':
      return all([node.left, node.right])
    default:
      return []
  }
}

/** A path beneath the context loses the steps that lead to it. */
function relative(node: Node, base: string | undefined): Change[] | undefined {
  if (base === undefined || node.kind !== 'path') return undefined
  const here = namesOf(node.left)
  if (here === base) return [{ start: node.start, end: node.right.start, by: '' }]
  return node.left.kind === 'path' ? relative(node.left, base) : undefined
}

/** `body.data` for a path that is nothing but names. */
function namesOf(node: Node): string | undefined {
  if (node.kind === 'name') return step('', node.name)
  if (node.kind !== 'path' || node.right.kind !== 'name') return undefined
  const left = namesOf(node.left)
  return left === undefined ? undefined : step(left, node.right.name)
}
