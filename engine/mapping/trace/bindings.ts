import { type Node, parse } from './syntax.ts'

/** The variables, with their dollar sign, in whose definition a position lies; the innermost first. */
export function bindingsAround(source: string, position: number): string[] {
  const found: string[] = []
  const visit = (part: unknown): void => {
    if (part === null || typeof part !== 'object') return
    const node = part as Partial<Node>
    if (node.start !== undefined && node.end !== undefined && !(node.start < position && position <= node.end)) return
    if (node.kind === 'bind' && node.name !== undefined) found.unshift(`$${node.name}`)
    for (const inner of Object.values(part)) visit(inner)
  }
  visit(parse(source))
  return found
}
