import { AmbiguousEdit, type Edited, holds, opaque } from './edit.ts'
import type { Field, Flow, Made } from './flow.ts'
import { Interpreter } from './interpret.ts'
import { rebase } from './rebase.ts'
import { type Node, type NodeOf, parse, type Span } from './syntax.ts'
import { skipBlanks } from './tokens.ts'

/** Fields of an event that come with a code, from the partner's table. */
export const WITH_CODE: ReadonlySet<string> = new Set([
  'type',
  'reason',
  'variant',
  'attempt',
  'attemptRule',
  'actionRequired',
])

export interface CodeEdited extends Edited {
  /** What was looked up before; undefined where nothing was. */
  before?: string
  /** Fields that held the same and were written as well. */
  also: string[]
}

/** The partner's code as the payload has it, and as a text for `rawCode`. */
export interface Code {
  code: string
  rawCode: string
}

interface Replacement extends Span {
  text: string
}

/** `$code(body.status).type`, as it is offered for a field: what it looks up. */
export function codeLookedUp(expression: string, path: string): string | undefined {
  const node = parse(expression)
  if (!WITH_CODE.has(path) || node.kind !== 'path' || node.right.kind !== 'name' || node.right.name !== path)
    return undefined
  const argument = isCode(node.left) ? node.left.given[0] : undefined
  return argument && expression.slice(argument.start, argument.end)
}

/**
 * Makes `code` what is looked up in the partner's table, for all fields of an event that come with it: where the mapping asks
 * `$code(…)` already, its argument is replaced, so that type and reason never come of different codes; where it does not,
 * the event is laid over what `$code(…)` gives. Undefined where neither can be done: then one field may be written.
 *
 * Throws `mapping.syntax`, `mapping.edit-ambiguous` and `mapping.edit-opaque` as `editTarget` does.
 */
export function editCode(source: string, path: string, written: Code, at?: number): CodeEdited | undefined {
  if (skipBlanks(source, 0) >= source.length)
    return applied(source, [{ ...spanAt(source.length), text: `$merge([$code(${written.code}), {}])` }], written.code)
  const tree = parse(source)
  const interpreter = new Interpreter()
  const result = interpreter.run(tree)
  const calls = nodesIn(tree).filter(isCode)
  const asked = callsFor(result, path, calls)
  if (asked.length === 0) return laidOver(source, path, written.code, { interpreter, result, tree, at })
  const call = chosen(asked, path, source, at)
  const before = argumentOf(call, source)
  const parameters = nodesIn(tree).flatMap((node) => (node.kind === 'lambda' && within(call, node) ? node.names : []))
  if (nodesIn(call).some((node) => node.kind === 'variable' && parameters.includes(node.name)))
    throw opaque(path, `comes from $code(${before}), once for each: change it in the text`)
  const raw = rawCodes(result, before, source).filter(({ field }) => !interpreter.needed.has(field.pair!))
  const replaced = calls.flatMap((one) => {
    const context = argumentOf(one, source) === before && interpreter.callContexts.get(one)
    return context ? [{ ...spanOf(one.given[0]!), text: rebase(written.code, context) }] : []
  })
  const beside = raw.map(({ field, made }) => ({ ...spanOf(field.value), text: rebase(written.rawCode, made.context) }))
  const text = rebase(written.code, interpreter.callContexts.get(call)!)
  const also = raw.length > 0 ? ['rawCode'] : []
  return { ...applied(source, [...replaced, ...beside], text, call.given[0]!.start), before, also }
}

/** The lookups that a field comes from. */
function callsFor(result: Flow, path: string, calls: NodeOf<'call'>[]): NodeOf<'call'>[] {
  const fields = result.shapes.flatMap(({ layers }) => {
    const named = layers.map((layer) => layer.flatMap(({ fields: all }) => all.filter(({ name }) => name === path)))
    const top = named.findLast((layer) => layer.length > 0) ?? []
    const hidden =
      top.every(({ flow }) => !flow.functions.has('code')) && named.flat().some(({ value }) => isCode(value))
    if (hidden) throw opaque(path, 'is written over what $code(…) gives: take that entry out of the text first')
    return top
  })
  const found = fields
    .filter(({ flow }) => flow.functions.has('code'))
    .flatMap(({ value }) => {
      const inside = calls.filter((call) => within(call, value))
      return inside.length > 0 ? inside : calls
    })
  if (found.length === 0 && fields.some(({ flow }) => flow.functions.has('code')))
    throw opaque(path, 'comes from $code in a way that cannot be followed: change it in the text')
  return [...new Set(found)]
}

function chosen(calls: NodeOf<'call'>[], path: string, source: string, at: number | undefined): NodeOf<'call'> {
  const distinct = [...Map.groupBy(calls, (call) => argumentOf(call, source)).values()].map(([first]) => first!)
  if (distinct.length === 1) return distinct[0]!
  const meant = distinct.find((call) => at !== undefined && holds(call, at))
  if (meant) return meant
  throw new AmbiguousEdit(path, source, distinct)
}

/** The raw codes that are what was looked up, as it is or as a text. */
function rawCodes(result: Flow, before: string, source: string): { field: Field; made: Made }[] {
  return result.shapes
    .flatMap(({ layers }) => layers.flat())
    .flatMap((made) => made.fields.map((field) => ({ field, made })))
    .filter(({ field }) => field.name === 'rawCode' && field.pair && asWritten(field.value, source) === plain(before))
    .filter(({ field }, index, all) => all.findIndex((one) => one.field.pair === field.pair) === index)
}

function plain(text: string): string {
  return asWritten(parse(text), text)
}

/** Without `$string( )` around it. */
function asWritten(node: Node, source: string): string {
  const text = isCallOf(node, 'string') && node.given.length === 1 ? node.given[0]! : node
  return source.slice(text.start, text.end)
}

interface Followed {
  interpreter: Interpreter
  result: Flow
  tree: Node
  at: number | undefined
}

/** `$merge([$code(…), { … }])`, where the event is one object that has nothing of what comes with a code but this field. */
function laidOver(source: string, path: string, code: string, followed: Followed): CodeEdited | undefined {
  const { interpreter, result, tree, at } = followed
  const made = new Map(
    result.shapes.flatMap(({ layers }) =>
      layers.flat().map((one) => [one.literal, { one, whole: layers.length === 1 }]),
    ),
  )
  const [only, ...others] =
    made.size > 1 ? [...made].filter(([literal]) => at !== undefined && literal && holds(literal, at)) : made
  const [literal, place] = only ?? []
  if (!literal || !place?.whole || others.length > 0 || place.one.rest || interpreter.neededWhole.has(literal))
    return undefined
  if (nodesIn(tree).some((node) => node.kind === 'lambda' && within(literal, node))) return undefined
  const given = place.one.fields.filter(({ name }) => WITH_CODE.has(name))
  if (given.some(({ name, pair }) => name !== path || interpreter.needed.has(pair!))) return undefined
  if (interpreter.asked.get(literal)?.has(path)) return undefined
  const text = rebase(code, place.one.context)
  const opened = { ...spanAt(literal.start), text: `$merge([$code(${text}), ` }
  const closed = { ...spanAt(literal.end), text: '])' }
  const start = literal.start
  return applied(source, [opened, ...given.flatMap(({ pair }) => taken(source, literal, pair!)), closed], text, start)
}

/** An entry out of its object, with the comma that it needs no more; what is said beside it stays. */
function taken(source: string, { pairs }: NodeOf<'object'>, pair: Span): Replacement[] {
  const index = pairs.findIndex(({ start }) => start === pair.start)
  const last = index === pairs.length - 1
  if (pairs.length === 1) return [{ ...spanOf(pair), text: '' }]
  const comma = skipBlanks(source, last ? pairs[index - 1]!.end : pair.end)
  const blanks = last ? 0 : /^\s*/.exec(source.slice(comma + 1))![0].length
  const before = last ? /\s*$/.exec(source.slice(comma + 1, pair.start))![0].length : 0
  return [
    { start: comma, end: comma + 1 + blanks, text: '' },
    { start: pair.start - before, end: pair.end, text: '' },
  ]
}

/** The span is the new code's, in the first replacement at or behind `from`. */
function applied(source: string, replacements: Replacement[], code: string, from = 0): CodeEdited {
  const sorted = replacements.sort((one, other) => one.start - other.start)
  let [text, until, start] = ['', 0, -1]
  for (const { text: by, ...span } of sorted) {
    text += source.slice(until, span.start)
    if (start < 0 && span.start >= from) start = text.length + by.indexOf(code)
    text += by
    until = span.end
  }
  const edited = text + source.slice(until)
  parse(edited)
  return { source: edited, start, end: start + code.length, also: [] }
}

function nodesIn(root: unknown): Node[] {
  if (root === null || typeof root !== 'object') return []
  const beneath = Object.values(root).flatMap(nodesIn)
  return 'kind' in root ? [root as Node, ...beneath] : beneath
}

function isCode(node: Node): node is NodeOf<'call'> {
  return isCallOf(node, 'code') && node.given.length === 1
}

function isCallOf(node: Node, name: string): node is NodeOf<'call'> {
  return node.kind === 'call' && node.callee.kind === 'variable' && node.callee.name === name
}

function argumentOf({ given }: NodeOf<'call'>, source: string): string {
  return source.slice(given[0]!.start, given[0]!.end)
}

function within(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

function spanOf({ start, end }: Span): Span {
  return { start, end }
}

function spanAt(position: number): Span {
  return { start: position, end: position }
}
