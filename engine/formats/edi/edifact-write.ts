import type { Json, JsonObject } from '../../json.ts'
import { badFormat } from '../failure.ts'
import { derivedControl, listIn, objectIn, tagIn, textIn } from './written.ts'

/** The last characters of each repertoire that is written; UNOY and UNOW are Unicode. */
const REPERTOIRES: Record<string, { pattern: RegExp; encoding: BufferEncoding }> = {
  UNOA: { pattern: /^[ -_]*$/, encoding: 'latin1' },
  UNOB: { pattern: /^[ -~]*$/, encoding: 'latin1' },
  UNOC: { pattern: /^[ -~\u00a0-\u00ff]*$/, encoding: 'latin1' },
  UNOW: { pattern: /^/, encoding: 'utf8' },
  UNOY: { pattern: /^/, encoding: 'utf8' },
}

/**
 * `{ interchange, messages: [{ type, version, segments }] }` to an interchange; a segment is `{ tag, NAD0101: …, NAD0201: … }`.
 * Counts are made here, and what is a service character in the data is released.
 */
export function encodeEdifact(value: Json): Buffer {
  const content = objectIn('edifact', value, '')
  const interchange = objectIn('edifact', content.interchange, 'interchange')
  const syntax = textIn('edifact', interchange.syntax, 'interchange.syntax') || 'UNOC'
  const repertoire = REPERTOIRES[syntax]
  if (!repertoire) throw badFormat('edifact', 'nothing is written in this syntax', 'interchange.syntax')
  const written = listIn('edifact', content.messages, 'messages').map(messageOf)
  const given = (name: string) => textIn('edifact', interchange[name], `interchange.${name}`)
  const control = given('control') || derivedControl(JSON.stringify([interchange, written]))
  const unb = [
    ['UNB'],
    [syntax, given('version') || '3'],
    ...[
      [required(interchange, 'sender'), given('senderQualifier')],
      [required(interchange, 'receiver'), given('receiverQualifier')],
    ],
    ...[[required(interchange, 'date'), required(interchange, 'time')], [control]],
    ...(interchange.test === true ? [[''], [''], [''], [''], [''], ['1']] : []),
  ]
  const text = line(unb) + written.join('') + line([['UNZ'], [String(written.length)], [control]])
  for (const [index, one] of text.split('\n').entries())
    if (!repertoire.pattern.test(one))
      throw badFormat('edifact', `a character is not of ${syntax}`, `segment ${index + 1}`)
  return Buffer.from(`UNA:+.? '\n${text}`, repertoire.encoding)
}

function required(interchange: JsonObject, name: string): string {
  const text = textIn('edifact', interchange[name], `interchange.${name}`)
  if (text === '') throw badFormat('edifact', 'this must be said', `interchange.${name}`)
  return text
}

function messageOf(message: JsonObject, index: number): string {
  const where = `messages[${index}]`
  const given = (name: string) => textIn('edifact', message[name], `${where}.${name}`)
  const [, version = '', release = ''] = /^([A-Z])(\d\d[A-Z])$/.exec(given('version')) ?? []
  if (version === '') throw badFormat('edifact', 'a version like D96A must be said', `${where}.version`)
  const reference = given('reference') || String(index + 1)
  const kind = [given('type'), version, release, given('agency') || 'UN', given('association')]
  const segments = listIn('edifact', message.segments, `${where}.segments`)
  const lines = segments.map((segment, at) => segmentOf(segment, `${where}.segments[${at}]`))
  const count = String(lines.length + 2)
  return line([['UNH'], [reference], kind]) + lines.join('') + line([['UNT'], [count], [reference]])
}

function segmentOf(segment: JsonObject, where: string): string {
  const tag = tagIn('edifact', segment, where)
  const elements: string[][] = [[tag]]
  for (const [name, value] of Object.entries(segment)) {
    if (name === 'tag' || name === 'at') continue
    const [, element = '', component = ''] =
      (name.startsWith(tag) && /^(\d\d)(\d\d)$/.exec(name.slice(tag.length))) || []
    if (element === '' || element === '00' || component === '00')
      throw badFormat('edifact', 'this is no component of it', `${where}.${name}`)
    const components = elements[Number(element)] ?? []
    components[Number(component) - 1] = textIn('edifact', value, `${where}.${name}`)
    elements[Number(element)] = components
  }
  return line(Array.from(elements, (components) => Array.from(components ?? [''], (text) => text ?? '')))
}

function line(elements: string[][]): string {
  const written = elements.map((components) => trimmed(components.map(released)).join(':'))
  return `${trimmed(written).join('+')}'\n`
}

function released(text: string): string {
  return text.replace(/[:+?']/g, '?$&')
}

function trimmed(parts: string[]): string[] {
  return parts.slice(0, parts.findLastIndex((part) => part !== '') + 1)
}
