import { type Ast, childrenOf } from '../ast.ts'
import { boundIn } from './variables.ts'
import { type Code, quote, type Scope, tupled, Unsupported, type Writer } from './writer.ts'

/** Members of a constructor are begun together by JSONata, so that none sees what another assigns. */
function checkMembers(node: Ast, members: Ast[]): void {
  if (boundIn(members).length > 0) throw new Unsupported('an assignment within a constructor', node)
}

/** `[…]` */
export function list(writer: Writer, node: Ast, scope: Scope): Code {
  const members = node.expressions as Ast[]
  checkMembers(node, members)
  const codes = members.map((member) => writer.expr(member, scope))
  const isFlat = codes.every(({ kind, sure }) => kind !== undefined && sure)
  const js = isFlat ? `[${codes.map((code) => code.js).join(', ')}]` : grown(writer, members, codes, scope)
  return { js: node.consarray ? `constructed(${js})` : js, sure: true }
}

function grown(writer: Writer, members: Ast[], codes: Code[], scope: Scope): string {
  const made = writer.temp(scope)
  const adds = codes.map(({ js }, index) =>
    // lists within lists stay lists, other lists are taken apart
    members[index]?.value === '[' ? `nest(${made}, ${js})` : `add(S, ${made}, ${js})`,
  )
  return `(${[`${made} = []`, ...adds, made].join(', ')})`
}

const REFUSED = ['__proto__', 'constructor', 'prototype', '_jsonata_lambda', '_jsonata_function']

/** How the fields of a constructor are written, and what is made of it where it cannot be written field by field. */
export interface Fields {
  field(node: Ast, scope: Scope): Code
  whole(code: Code): Code
}

/** `{…}`: for one context the fields one after another, for a list of contexts grouped by key. */
export function object(
  writer: Writer,
  node: Ast,
  scope: Scope,
  { field, whole }: Fields = { field: writer.expr, whole: (code) => code },
): Code {
  const fields = node.lhs as [Ast, Ast][]
  checkMembers(node, fields.flat())
  const group = { lhs: fields, position: node.position ?? 0 }
  const grouped = () =>
    whole({ js: `group(S, ${scope.context}, ${pairs(writer, group, scope)})`, kind: 'object', sure: true })
  const names = fields.map(([key]) => (isText(key) ? String(key.value) : undefined))
  const isSimple = !names.some((name) => name === undefined || REFUSED.includes(name))
  if (!isSimple || new Set(names).size < names.length) return grouped()
  if (scope.single) return { js: fieldsOf(writer, fields, scope, field), kind: 'object', sure: true }
  // written twice while it is small; a list of contexts is rare
  if (sizeOf(node) > SMALL) return grouped()
  const one = fieldsOf(writer, fields, { ...scope, single: true }, field)
  return { js: `(isArray(${scope.context}) ? ${grouped().js} : ${one})`, kind: 'object', sure: true }
}

const SMALL = 120

function sizeOf(node: Ast): number {
  return childrenOf(node).reduce((size, child) => size + sizeOf(child), 1)
}

const isText = ({ type, predicate, group, keepArray }: Ast) => type === 'string' && !predicate && !group && !keepArray

function fieldsOf(writer: Writer, fields: [Ast, Ast][], scope: Scope, write: Fields['field']): string {
  const made = writer.temp(scope)
  const codes = fields.map(([key, value]) => ({ key: quote(String(key.value)), ...write(value, scope) }))
  const open = codes.findIndex(({ sure }) => !sure)
  const certain = open === -1 ? codes : codes.slice(0, open)
  const literal = `{ ${certain.map(({ key, js }) => `${key}: ${js}`).join(', ')} }`
  if (open === -1) return `(${literal})`
  const sets = codes.slice(open).map(({ key, js, sure }) => {
    if (sure) return `${made}[${key}] = ${js}`
    const held = writer.temp(scope)
    return `((${held} = ${js}) !== undefined && (${made}[${key}] = ${held}))`
  })
  return `(${[`${made} = ${literal}`, ...sets, made].join(', ')})`
}

/** Keys and values as functions of their item. */
export function pairs(writer: Writer, group: { lhs: [Ast, Ast][]; position: number }, scope: Scope): string {
  const both = group.lhs.map(([key, value]) => `[${tupled(writer, key, scope)}, ${tupled(writer, value, scope)}]`)
  return `{ pairs: [${both.join(', ')}], position: ${group.position} }`
}

/** `value{…}` */
export function grouped(
  writer: Writer,
  value: string,
  group: { lhs: [Ast, Ast][]; position: number },
  scope: Scope,
): Code {
  return { js: `group(S, ${value}, ${pairs(writer, group, scope)})`, kind: 'object', sure: true }
}
