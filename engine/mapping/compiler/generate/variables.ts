import { type Ast, childrenOf } from '../ast.ts'
import { type Code, type Frame, quote, type Scope, Unsupported, type Variable, type Writer } from './writer.ts'

export function variable(writer: Writer, { value }: Ast, scope: Scope): Code {
  const name = String(value)
  if (name === '') {
    // the whole input, where that is a list, comes in a wrapper
    return scope.single ? { js: scope.context } : { js: `whole(${scope.context})`, raw: true }
  }
  const { variable: meant } = lexical(writer, name, scope.frame)
  return { ...(meant?.sure ? meant.value : undefined), js: valueFor(writer, name, scope.frame) }
}

/** The value of a variable: of the innermost frame that has it by the time that the code runs. */
function valueFor(
  writer: Writer,
  name: string,
  frame: Frame | undefined,
  free = () => freeValue(writer, name),
): string {
  if (!frame) return free()
  const outer = () => valueFor(writer, name, frame.parent, free)
  if (frame.tuple !== undefined && writer.context.tupleNames.has(name)) {
    const [tuple, key] = [frame.tuple, quote(name)]
    return `(${tuple} !== undefined && ${key} in ${tuple} ? ${tuple}[${key}] : ${outer()})`
  }
  const known = frame.variables.get(name)
  if (!known) return outer()
  return known.sure ? known.js : `(${known.js} !== UNBOUND ? ${known.js} : ${outer()})`
}

function freeValue(writer: Writer, name: string): string {
  const known = writer.free.get(name)
  if (known) return known
  // it evaluates what there is at the time
  if (name === 'eval' && !writer.context.isTaken(name))
    throw new Unsupported('$eval', { type: 'variable', value: name })
  const made = writer.name('f')
  writer.free.set(name, made)
  return made
}

/** Every variable that there is here, as an object of their values. */
export function visible(writer: Writer, from: Frame): string {
  const names = new Set<string>()
  for (let frame: Frame | undefined = from; frame; frame = frame.parent) {
    for (const name of frame.variables.keys()) names.add(name)
    if (frame.tuple !== undefined) for (const name of writer.context.tupleNames) names.add(name)
  }
  const values = [...names].map((name) => `[${quote(name)}]: ${valueFor(writer, name, from, () => 'UNBOUND')}`)
  return `{ ${values.join(', ')} }`
}

/** The variable that a name means here without doubt, and whether any frame may have it at all. */
export function lexical(writer: Writer, name: string, from: Frame): { variable?: Variable; isFree: boolean } {
  for (let frame: Frame | undefined = from; frame; frame = frame.parent) {
    if (frame.tuple !== undefined && writer.context.tupleNames.has(name)) return { isFree: false }
    const known = frame.variables.get(name)
    if (known) return { variable: known, isFree: false }
  }
  return { isFree: true }
}

/** Names that are bound in the frame of these expressions: blocks and lambdas have frames of their own. */
export function boundIn(nodes: Ast[]): Ast[] {
  return nodes.flatMap((node) => {
    if (node.type === 'block' || node.type === 'lambda') return []
    return [...(node.type === 'bind' ? [node] : []), ...boundIn(childrenOf(node))]
  })
}

export const nameOf = ({ lhs }: Ast) => String((lhs as Ast).value)

/** A frame for what is bound in the expressions. */
export function frameOf(writer: Writer, nodes: Ast[], body: string[], parent?: Frame): Frame {
  const variables = new Map<string, Variable>()
  for (const bind of boundIn(nodes)) {
    const name = nameOf(bind)
    if (variables.has(name)) continue
    const js = writer.name('v')
    body.push(`${js} = UNBOUND`)
    variables.set(name, { js, sure: false })
  }
  return { parent, variables }
}
