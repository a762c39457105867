import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../json.ts'

/** A JSON Schema node as far as Cartage's own schemas use it. */
export interface Schema {
  $id?: string
  $ref?: string
  $defs?: Record<string, Schema>
  title?: string
  description?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: string[]
  const?: Json
  examples?: Json[]
  'x-unit'?: string
  /** The system that is the source of truth for the field. */
  'x-owner'?: string
  /** It only says what is meant: whoever tells of the thing repeats it, and changes nothing by it. */
  'x-names'?: boolean
  'x-personal'?: boolean
  [keyword: string]: unknown
}

/** Every entity that has a schema of its own, named as its file is. */
export const ENTITIES = [
  'order',
  'fulfilment-order',
  'shipment',
  'route',
  'vehicle',
  'driver',
  'delivery-event',
  'proof-of-delivery',
  'exception',
  'charge',
  'settlement',
  'inventory-position',
  'stock-adjustment',
  'return-receipt',
  'master-batch',
  'return-order',
  'case',
  'position',
  'cloud-event',
] as const

export type Entity = (typeof ENTITIES)[number]

const SCHEMA_BASE = 'https://cartage.dev/schemas/'
const VERSION = '1.0'

/** The `$id` of an entity's schema, as `dataschema` of an envelope names it. */
export function schemaId(entity: Entity): string {
  return `${SCHEMA_BASE}${entity}/${VERSION}`
}

/** Which entity a `dataschema` names, if it is one of ours. */
export function entityOf(dataschema: string): Entity | undefined {
  return ENTITIES.find((entity) => schemaId(entity) === dataschema)
}

/** Reads a schema from beside this file, so that it is found from the sources and from `dist/` alike. */
export function readSchema(name: Entity | 'definitions'): Schema {
  const file = join(import.meta.dirname, 'schemas', `${name}.schema.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as Schema
}
