import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { ENTITIES, readSchema, type Schema } from '../canonical/index.ts'
import type { Json, JsonObject } from '../json.ts'
import { packageRoot } from '../package-root.ts'

/** openapi.yaml with the canonical schemas that it refers to inlined, so that it stands alone. */
export function openapiDocument(root = packageRoot()): JsonObject {
  const document = parse(readFileSync(join(root, 'openapi.yaml'), 'utf8')) as JsonObject
  const components = document.components as JsonObject
  const schemas = { ...(components.schemas as JsonObject), ...canonicalSchemas() }
  return localRefs({ ...document, components: { ...components, schemas } }) as JsonObject
}

export function openapiYaml(root = packageRoot()): string {
  return stringify(openapiDocument(root), { aliasDuplicateObjects: false })
}

function canonicalSchemas(): JsonObject {
  const definitions = Object.entries(readSchema('definitions').$defs ?? {})
  return Object.fromEntries([
    ...ENTITIES.map((entity): [string, Json] => [entity, bare(readSchema(entity))]),
    // A pointer within the definitions means a neighbour.
    ...definitions.map(([name, schema]): [string, Json] => [`definitions.${name}`, bare(schema)]),
  ])
}

function bare(schema: Schema): Json {
  const { $id: _id, $schema: _dialect, ...rest } = schema
  return rest as unknown as Json
}

const CANONICAL = /^https:\/\/cartage\.dev\/schemas\/([a-z-]+)\/[0-9.]+(?:#\/\$defs\/(\w+))?$/

function localRefs(value: Json): Json {
  if (Array.isArray(value)) return value.map(localRefs)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === '$ref' ? localRef(String(inner)) : localRefs(inner)]),
  )
}

function localRef(ref: string): string {
  const inside = /^#\/\$defs\/(\w+)$/.exec(ref)?.[1]
  if (inside !== undefined) return `#/components/schemas/definitions.${inside}`
  const [, entity, definition] = CANONICAL.exec(ref) ?? []
  if (entity === undefined) return ref
  return `#/components/schemas/${definition === undefined ? entity : `definitions.${definition}`}`
}
