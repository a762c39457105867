/**
 * Writes engine/canonical/types.ts from the JSON Schemas. `generateTypes()` returns the text, so that a test can compare.
 * Every schema and every definition becomes one exported type; a reference becomes the other type's name.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from 'json-schema-to-typescript'

/** Code lists of standards: as literal types they would only be in the way of text that was read from a partner. */
const PLAIN_STRINGS = ['Country', 'Currency', 'Unit']

const canonical = join(import.meta.dirname, '..', 'engine', 'canonical')

/** All schemas by file name without the suffix, definitions first. */
export function readSchemas() {
  const names = readdirSync(join(canonical, 'schemas')).map((file) => file.replace('.schema.json', ''))
  names.sort((a, b) => Number(b === 'definitions') - Number(a === 'definitions') || (a < b ? -1 : 1))
  return names.map((name) => [
    name,
    JSON.parse(readFileSync(join(canonical, 'schemas', `${name}.schema.json`), 'utf8')),
  ])
}

/** Title of what a `$ref` points to: `…#/$defs/timeWindow` is TimeWindow. */
export function refTitle(ref) {
  const name = ref.slice(ref.lastIndexOf('/') + 1)
  return name[0].toUpperCase() + name.slice(1)
}

export async function generateTypes() {
  const parts = ['// Generated from schemas/*.schema.json by scripts/generate-types.mjs; change the schemas instead.\n']
  for (const [, schema] of readSchemas()) {
    for (const type of schema.$defs ? Object.values(schema.$defs) : [schema]) parts.push(await typeOf(type))
  }
  return parts.join('\n')
}

async function typeOf(schema) {
  const { $schema, $id, examples, ...rest } = schema
  if (PLAIN_STRINGS.includes(rest.title)) delete rest.enum
  const text = await compile(nameRefs(rest), rest.title, {
    bannerComment: '',
    ignoreMinAndMaxItems: true,
    declareExternallyReferenced: true,
    style: { semi: false, singleQuote: true, printWidth: 120 },
  })
  // Type aliases, not interfaces: only an alias fits into the index signature of JsonObject.
  return text.replaceAll(/^export interface (\w+) \{/gm, 'export type $1 = {')
}

/** Replaces references by the name of the type, which keeps the describing keywords beside them. */
function nameRefs(node) {
  if (Array.isArray(node)) return node.map(nameRefs)
  if (node === null || typeof node !== 'object') return node
  const { $ref, minItems, maxItems, minimum, maximum, ...rest } = node
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, nameRefs(value)]))
  return $ref === undefined ? copy : { ...copy, tsType: refTitle($ref) }
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(canonical, 'types.ts'), await generateTypes())
