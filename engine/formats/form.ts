import type { Json, JsonObject } from '../json.ts'
import { badFormat, checkKey, LIMITS } from './failure.ts'
import { textOf } from './text.ts'

/** `application/x-www-form-urlencoded` to `{ name: text }`; a name that is there several times gives a list of texts. */
export function decodeForm(bytes: Uint8Array): JsonObject {
  const text = textOf('form', bytes)
  const result: JsonObject = {}
  const pairs = text === '' ? [] : text.trimEnd().split('&')
  if (pairs.length > LIMITS.values) throw badFormat('form', `it has more than ${LIMITS.values} fields`)
  for (const [index, pair] of pairs.entries()) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const where = `field ${index + 1}`
    const name = unescaped(at < 0 ? pair : pair.slice(0, at), where)
    const value = at < 0 ? '' : unescaped(pair.slice(at + 1), where)
    checkKey('form', name, where)
    const known = Object.hasOwn(result, name) ? result[name] : undefined
    if (known === undefined) result[name] = value
    else if (Array.isArray(known)) known.push(value)
    else result[name] = [known, value]
  }
  return result
}

/** URLSearchParams would put replacement characters where the escapes are not UTF-8. */
function unescaped(text: string, where: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw badFormat('form', 'its escapes are not UTF-8', where)
  }
}

/** Nested fields in brackets, `parcel[weight]=2`; lists by index. Nulls are left out. */
export function encodeForm(value: Json): Buffer {
  if (value === null || typeof value !== 'object') throw badFormat('form', 'it needs named fields')
  const form = new URLSearchParams()
  for (const [name, text] of fields(value, '')) form.append(name, text)
  return Buffer.from(form.toString())
}

function fields(value: Json | undefined, prefix: string): [string, string][] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') return [[prefix, String(value)]]
  return Object.entries(value).flatMap(([name, item]) => fields(item, prefix === '' ? name : `${prefix}[${name}]`))
}
