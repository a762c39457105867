import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import { CartageError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { badFormat, checkKey, LIMITS, lineAndColumn } from './failure.ts'
import { textOf } from './text.ts'

/** XML 1.0, section 2.2: what no document may hold, not even written as a reference. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u
const NAME = /^[\p{L}_][\p{L}\p{N}._-]*(:[\p{L}_][\p{L}\p{N}._-]*)?$/u
const DECLARED = /^[^<]{0,4}<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/
const ENTITIES = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }))

/** What the validator says, without its words: they quote the document, and that may be anybody's data. */
const FAULTS: Record<string, string> = {
  InvalidTag: 'a tag is not written as one, or not closed',
  InvalidAttr: 'an attribute is not written as one, or there twice',
  InvalidChar: 'a character is out of place',
  InvalidXml: 'it is not one whole document',
}

/**
 * XML to JSON: elements by local name, attributes as `@name`, text beside those as `#text`; an element of text only is the text,
 * repeated elements are a list. All values are texts. Document types are refused, and with them entities of the sender's own.
 * `charset`: what the sender says beside the document (RFC 7303: it counts more than the declaration within).
 */
export function decodeXml(bytes: Uint8Array, charset?: string): JsonObject {
  const head = Buffer.from(bytes.subarray(0, 300)).toString('latin1')
  const text = textOf('xml', bytes, charset ?? DECLARED.exec(head)?.[1])
  refuseDoctype(text)
  const forbidden = FORBIDDEN.exec(text)
  if (forbidden) throw badFormat('xml', 'a character may not stand in XML', lineAndColumn(text, forbidden.index))
  const valid = XMLValidator.validate(text)
  if (valid !== true) {
    const { code, line, col } = valid.err
    const where = col === undefined ? undefined : `line ${line}, column ${col}`
    throw badFormat('xml', FAULTS[code] ?? 'it is not well formed', where)
  }
  const result = tidy(parse(text), { values: 0 }) as JsonObject
  const roots = Object.values(result)
  // What follows a root that is one empty tag is not looked at by the validator.
  if (!text.trimEnd().endsWith('>') || roots.length !== 1 || Array.isArray(roots[0]))
    throw badFormat('xml', FAULTS.InvalidXml!)
  return result
}

function parse(text: string): unknown {
  try {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      removeNSPrefix: true,
      parseTagValue: false,
      parseAttributeValue: false,
      trimValues: false,
      ignoreDeclaration: true,
      ignorePiTags: true,
      maxNestedTags: LIMITS.depth,
      jPath: false,
      onDangerousProperty: (name) => name,
      entityDecoder: {
        decode: resolveReferences,
        reset: () => {},
        setXmlVersion: () => {},
        setExternalEntities: () => {},
        addInputEntities: () => {},
      },
    })
    return parser.parse(text)
  } catch (error) {
    if (error instanceof CartageError || !(error instanceof Error)) throw error
    if (/nested/.test(error.message)) throw badFormat('xml', `it is nested deeper than ${LIMITS.depth}`)
    const reserved = /Invalid name: "(\w+)"/.exec(error.message)?.[1]
    throw badFormat('xml', reserved ? `nothing may be named ${reserved}` : 'it is not well formed')
  }
}

/** The five references that XML knows by itself, and characters by number. */
function resolveReferences(text: string): string {
  return text.replace(/&([^;&\s]{0,40});?/g, (_whole, name: string) => {
    const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name)
    const code = number ? Number.parseInt(number[1] ?? number[2]!, number[1] ? 16 : 10) : -1
    const character = number ? (code <= 0x10ffff ? String.fromCodePoint(code) : '\u0000') : ENTITIES.get(name)
    if (character === undefined) throw badFormat('xml', 'it has an entity that nobody defined')
    if (FORBIDDEN.test(character)) throw badFormat('xml', 'a character may not stand in XML')
    return character
  })
}

/** Outside comments, CDATA and instructions, `<!` begins a document type and nothing else. */
function refuseDoctype(text: string): void {
  const closings: [string, string][] = [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
    ['<?', '?>'],
  ]
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    const closing = closings.find(([opening]) => text.startsWith(opening, at))
    if (!closing && text[at + 1] === '!')
      throw badFormat('xml', 'a document type is not accepted', lineAndColumn(text, at))
    const end = closing ? text.indexOf(closing[1], at + closing[0].length) : at + 1
    // Not closed at all: the validator says it better.
    if (end < 0) return
    at = end
  }
}

/** Space between elements goes, space around texts too; names are checked and values are counted. */
function tidy(value: unknown, count: { values: number }): Json {
  if (++count.values > LIMITS.values) throw badFormat('xml', `it has more than ${LIMITS.values} elements`)
  if (Array.isArray(value)) return value.map((item) => tidy(item, count))
  if (value === null || typeof value !== 'object') return String(value).trim()
  const result: JsonObject = {}
  for (const [name, item] of Object.entries(value)) {
    checkKey('xml', name.replace('@', ''))
    const kept = name.startsWith('@') ? String(item) : tidy(item, count)
    if (name !== '#text' || kept !== '') result[name] = kept
  }
  const names = Object.keys(result)
  if (names.length === 0) return ''
  return names.length === 1 && names[0] === '#text' ? result['#text']! : result
}

/**
 * JSON of the shape that `decodeXml` gives to XML in UTF-8, with prefixes in the names and `@xmlns:prefix` where the partner needs
 * namespaces. Null and nothing are left out; there is exactly one root.
 */
export function encodeXml(value: Json): Buffer {
  const root = prepare(value, '', 0) as JsonObject
  const names = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(root) : []
  if (names.length !== 1 || Array.isArray(root[names[0]!])) throw badFormat('xml', 'it needs exactly one root element')
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
    maxNestedTags: LIMITS.depth + 1,
  })
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(root)}`)
}

function prepare(value: Json, path: string, depth: number): Json {
  if (depth > LIMITS.depth) throw badFormat('xml', `it is nested deeper than ${LIMITS.depth}`, path)
  if (Array.isArray(value)) return value.filter((item) => item !== null).map((item) => prepareItem(item, path, depth))
  if (value === null || typeof value !== 'object') {
    const text = String(value)
    if (FORBIDDEN.test(text)) throw badFormat('xml', 'a character may not stand in XML', path)
    return text
  }
  const result: JsonObject = {}
  for (const [name, item] of Object.entries(value)) {
    const place = path === '' ? name : `${path}.${name}`
    if (name !== '#text' && !NAME.test(name.replace(/^@/, ''))) throw badFormat('xml', 'this is no name in XML', place)
    checkKey('xml', name.replace(/^@/, ''), place)
    if (item === null || item === undefined) continue
    if ((name.startsWith('@') || name === '#text') && typeof item === 'object')
      throw badFormat('xml', 'an attribute or a text is one value', place)
    result[name] = prepare(item, place, depth + 1)
  }
  return result
}

function prepareItem(item: Json, path: string, depth: number): Json {
  if (Array.isArray(item)) throw badFormat('xml', 'a list in a list cannot be written', path)
  return prepare(item, path, depth)
}
