import { type Ast, childrenOf } from './ast.ts'

/** A part of a mapping that the reference evaluates, by its place in the source, and why. */
export interface Fallback {
  start: number
  end: number
  why: string
}

export function fallbackOf(source: string, node: Ast, why: string): Fallback {
  const positions = positionsIn(node)
  if (positions.length === 0) return { start: 0, end: source.length, why }
  const [start, end] = [Math.min(...positions), Math.max(...positions)]
  // a position is where its token ends
  return { start: Math.max(0, source.lastIndexOf('$', start - 1)), end, why }
}

function positionsIn(node: Ast): number[] {
  return [...(node.position === undefined ? [] : [node.position]), ...childrenOf(node).flatMap(positionsIn)]
}

/** Of all the expressions in the mapping, how many are compiled. */
export function shareOf(ast: Ast, left: Ast[]): number {
  const all = sizeOf(ast)
  return (all - left.reduce((sum, node) => sum + sizeOf(node), 0)) / all
}

function sizeOf(node: Ast): number {
  return childrenOf(node).reduce((sum, child) => sum + sizeOf(child), 1)
}
