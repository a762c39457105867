import type { Json, JsonObject } from '../../json.ts'
import { badFormat } from '../failure.ts'
import { X12_GROUPS } from './messages.ts'
import { derivedControl, listIn, objectIn, tagIn, textIn } from './written.ts'

const ELEMENT = '*'
const COMPONENT = '>'
const TERMINATOR = '~'
const ENDED = `${TERMINATOR}\n`

/**
 * `{ interchange, groups: [{ transactions: [{ set, segments }] }] }` to an interchange; a segment is `{ tag, N401: …, N402: … }`.
 * Counts and lengths are made here; a control number that is not given follows from the content.
 */
export function encodeX12(value: Json): Buffer {
  const content = objectIn('x12', value, '')
  const interchange = objectIn('x12', content.interchange, 'interchange')
  const groups = listIn('x12', content.groups, 'groups')
  const bodies = groups.map((group, index) => transactions(group, `groups[${index}]`))
  const control = given(interchange, 'control', 'interchange') || derivedControl(JSON.stringify([interchange, bodies]))
  const written = groups.map((group, index) => groupOf(group, interchange, bodies[index]!, control, `groups[${index}]`))
  const end = line(['IEA', String(groups.length), control.padStart(9, '0')])
  return Buffer.from(isa(interchange, control) + written.join('') + end)
}

function isa(interchange: JsonObject, control: string): string {
  const fixed = (name: string, length: number, fallback = '') => {
    const text = given(interchange, name, 'interchange') || fallback
    if (text.length > length || text === '') throw badFormat('x12', `1 to ${length} characters`, `interchange.${name}`)
    return text.padEnd(length)
  }
  const elements = [
    ...['ISA', '00', ' '.repeat(10), '00', ' '.repeat(10)],
    ...[
      fixed('senderQualifier', 2, 'ZZ'),
      fixed('sender', 15),
      fixed('receiverQualifier', 2, 'ZZ'),
      fixed('receiver', 15),
    ],
    ...[
      fixed('date', 6),
      fixed('time', 4),
      'U',
      fixed('version', 5, '00401'),
      numeric(control, 9, 'interchange.control'),
    ],
    ...['0', interchange.test === true ? 'T' : 'P', COMPONENT],
  ]
  return elements.join(ELEMENT) + ENDED
}

function numeric(text: string, length: number, where: string): string {
  if (!/^\d+$/.test(text) || text.length > length) throw badFormat('x12', `at most ${length} digits`, where)
  return text.padStart(length, '0')
}

function groupOf(group: JsonObject, interchange: JsonObject, body: string[], control: string, where: string): string {
  const own = (name: string, fallback: string) => given(group, name, where) || fallback
  const sets = listIn('x12', group.transactions, `${where}.transactions`)
  const functional = own('functional', X12_GROUPS[String(sets[0]!.set)] ?? '')
  if (functional === '') throw badFormat('x12', 'the functional group of this set must be said', `${where}.functional`)
  const number = own('control', String(Number(control)))
  const date = own('date', `20${given(interchange, 'date', 'interchange')}`)
  const head = [
    ...['GS', functional, own('sender', given(interchange, 'sender', 'interchange'))],
    ...[own('receiver', given(interchange, 'receiver', 'interchange')), date],
    ...[own('time', given(interchange, 'time', 'interchange')), number, 'X', own('version', '004010')],
  ]
  return line(head) + body.join('') + line(['GE', String(body.length), number])
}

function transactions(group: JsonObject, where: string): string[] {
  return listIn('x12', group.transactions, `${where}.transactions`).map((one, index) => {
    const place = `${where}.transactions[${index}]`
    const set = given(one, 'set', place)
    if (!/^\d{3}$/.test(set)) throw badFormat('x12', 'a transaction set has three digits', `${place}.set`)
    const control = given(one, 'control', place) || String(index + 1).padStart(4, '0')
    const segments = listIn('x12', one.segments, `${place}.segments`)
    const lines = segments.map((segment, at) => segmentOf(segment, `${place}.segments[${at}]`))
    return line(['ST', set, control]) + lines.join('') + line(['SE', String(lines.length + 2), control])
  })
}

function segmentOf(segment: JsonObject, where: string): string {
  const tag = tagIn('x12', segment, where)
  const elements: string[] = []
  for (const [name, value] of Object.entries(segment)) {
    if (name === 'tag' || name === 'at') continue
    const position = name.startsWith(tag) ? /^(\d\d)$/.exec(name.slice(tag.length))?.[1] : undefined
    if (position === undefined || position === '00')
      throw badFormat('x12', 'this is no element of it', `${where}.${name}`)
    elements[Number(position) - 1] = elementOf(value, `${where}.${name}`)
  }
  return line([tag, ...Array.from(elements, (element) => element ?? '')])
}

function elementOf(value: Json, where: string): string {
  const parts = Array.isArray(value) ? value : [value]
  return parts
    .map((part, index) => plain(textIn('x12', part, parts.length > 1 ? `${where}[${index}]` : where), where))
    .join(COMPONENT)
}

/** X12 has no way to write a delimiter as data. */
function plain(text: string, where: string): string {
  const delimiter = [ELEMENT, COMPONENT, TERMINATOR].find((one) => text.includes(one))
  if (delimiter !== undefined) throw badFormat('x12', `an element cannot hold ${delimiter}`, where)
  return text
}

function given(from: JsonObject, name: string, where: string): string {
  return plain(textIn('x12', from[name], `${where}.${name}`), `${where}.${name}`)
}

function line(elements: string[]): string {
  const last = elements.findLastIndex((element) => element !== '')
  return elements.slice(0, last + 1).join(ELEMENT) + ENDED
}
