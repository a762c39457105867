import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../json.ts'
import { badFormat } from '../failure.ts'

type Edi = 'x12' | 'edifact'

/** A text of what is to be written; numbers are written as they are, nothing as nothing. */
export function textIn(format: Edi, value: Json | undefined, where: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'object') throw badFormat(format, 'an element is one value', where)
  const text = String(value)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw badFormat(format, 'an element holds a control character', where)
  return text
}

export function objectIn(format: Edi, value: Json | undefined, where: string): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw badFormat(format, 'an object was expected', where)
  return value
}

export function listIn(format: Edi, value: Json | undefined, where: string): JsonObject[] {
  const items = value === undefined || value === null ? [] : [value].flat()
  if (items.length === 0) throw badFormat(format, 'at least one was expected', where)
  return items.map((item, index) => objectIn(format, item, `${where}[${index}]`))
}

export function tagIn(format: Edi, segment: JsonObject, where: string): string {
  const tag = textIn(format, segment.tag, `${where}.tag`)
  if (!/^[A-Z][A-Z0-9]{1,2}$/.test(tag)) throw badFormat(format, 'a segment has a tag', `${where}.tag`)
  return tag
}

/** A control number that follows from what is sent: the same content has the same, so that sent again it is known. */
export function derivedControl(content: string): string {
  const hash = createHash('sha256').update(content).digest()
  return String((hash.readUInt32BE(0) % 999_999_999) + 1)
}
