import { type Entity, EVENTS, readSchema, REASONS, type Schema, SIDE_EVENTS, VARIANTS } from '../../canonical/index.ts'
import { isObject } from './paths.ts'

/** One field of the tree that a mapping fills, as the editor shows it. */
export interface Target {
  /** Dotted, items of a list as `[]`: `stops[].party.name`. */
  path: string
  name: string
  /** The name in words. */
  label: string
  type: 'object' | 'list' | 'text' | 'number' | 'integer' | 'boolean' | 'any'
  unit?: string
  format?: string
  required: boolean
  personal: boolean
  /** The hub fills it; a mapping may leave it alone. */
  derived?: boolean
  values?: { value: string; label: string }[]
  description: string
  /** Of a list: what its items are is in `children`, or in `items` when they are single values. */
  items?: Target['type']
  children?: Target[]
}

/** Lists of values longer than this say nothing in a tree; countries and currencies have a format instead. */
const MAX_VALUES = 60
const DEEPEST = 12
/** Filled by the hub when an event or a position is finished. */
const DERIVED: Partial<Record<Entity, string[]>> = {
  'delivery-event': ['eventId', 'receivedAt', 'source', 'provider', 'dedupKey', 'mappingVersion', 'shipmentId'],
  position: ['provider', 'receivedAt'],
}
const LABELS: Readonly<Record<string, string>> = {
  ...REASONS,
  ...VARIANTS,
  ...Object.fromEntries(Object.entries({ ...EVENTS, ...SIDE_EVENTS }).map(([type, { label }]) => [type, label])),
}
const TYPES: Readonly<Record<string, Target['type']>> = {
  object: 'object',
  array: 'list',
  string: 'text',
  number: 'number',
  integer: 'integer',
  boolean: 'boolean',
}

/** The canonical tree of an entity, from its schema alone. */
export function targetsOf(entity: Entity): Target[] {
  const definitions = readSchema('definitions').$defs ?? {}
  const derived = new Set(DERIVED[entity])
  const tree = fieldsOf(readSchema(entity), '', definitions, 0)
  for (const target of tree) if (derived.has(target.path)) target.derived = true
  return tree
}

type Definitions = Record<string, Schema>

function fieldsOf(schema: Schema, path: string, definitions: Definitions, depth: number): Target[] {
  const required = new Set(schema.required)
  return Object.entries(schema.properties ?? {}).map(([name, field]) =>
    target(
      field,
      { path: path === '' ? name : `${path}.${name}`, name, required: required.has(name) },
      definitions,
      depth,
    ),
  )
}

function target(
  given: Schema,
  place: Pick<Target, 'path' | 'name' | 'required'>,
  definitions: Definitions,
  depth: number,
): Target {
  const { schema, named } = resolved(given, definitions)
  const type = typeOf(schema)
  const found: Target = {
    ...place,
    label: wordsOf(place.name),
    type,
    personal: schema['x-personal'] === true,
    description: given.description ?? schema.description ?? '',
  }
  const format = schema.format ?? (schema.enum && schema.enum.length > MAX_VALUES ? named : undefined)
  if (typeof format === 'string') found.format = format
  if (schema['x-unit'] !== undefined) found.unit = schema['x-unit']
  const values = schema.enum ?? (typeof schema.const === 'string' ? [schema.const] : undefined)
  if (values && values.length <= MAX_VALUES)
    found.values = values.map((value) => ({ value, label: LABELS[value] ?? wordsOf(value) }))
  if (depth < DEEPEST) addChildren(found, schema, definitions, depth + 1)
  return found
}

function addChildren(found: Target, schema: Schema, definitions: Definitions, depth: number): void {
  if (found.type === 'object') found.children = fieldsOf(schema, found.path, definitions, depth)
  if (found.type !== 'list' || !schema.items) return
  const { schema: item } = resolved(schema.items, definitions)
  const type = typeOf(item)
  found.items = type
  if (item['x-personal'] === true) found.personal = true
  if (type === 'object') found.children = fieldsOf(item, `${found.path}[]`, definitions, depth)
}

/** With what it refers to, the nearer word winning; and the name of the definition, which for long lists is the best format. */
function resolved(given: Schema, definitions: Definitions): { schema: Schema; named?: string } {
  if (given.$ref === undefined) return { schema: given }
  const named = given.$ref.slice(given.$ref.lastIndexOf('/') + 1)
  const { $ref: _reference, ...own } = given
  return { schema: { ...definitions[named], ...own }, named }
}

function typeOf({ type, properties, enum: values, const: constant }: Schema): Target['type'] {
  const [named] = [type].flat().filter((one) => one !== 'null')
  if (named !== undefined) return TYPES[named] ?? 'any'
  if (properties) return 'object'
  return values || typeof constant === 'string' ? 'text' : 'any'
}

/**
 * The tree of what a partner takes or an operation answers, which no schema of ours describes: learned from samples. A field
 * that every sample has counts as required.
 */
export function learnedTargets(samples: unknown[]): Target[] {
  return learned(samples.filter(isObject), '')
}

function learned(objects: Record<string, unknown>[], path: string): Target[] {
  const names = [...new Set(objects.flatMap((one) => Object.keys(one)))]
  return names.map((name) => {
    const values = objects.map((one) => one[name]).filter((value) => value !== undefined && value !== null)
    const place = path === '' ? name : `${path}.${name}`
    const [first] = values
    const found: Target = {
      ...{ path: place, name, label: wordsOf(name), type: kindOf(first) },
      ...{ required: values.length === objects.length, personal: false, description: '' },
    }
    if (found.type === 'object') found.children = learned(values.filter(isObject), place)
    if (found.type !== 'list') return found
    const items = values.flatMap((value) => (Array.isArray(value) ? value : [value]))
    found.items = kindOf(items[0])
    if (found.items === 'object') found.children = learned(items.filter(isObject), `${place}[]`)
    return found
  })
}

function kindOf(value: unknown): Target['type'] {
  if (Array.isArray(value)) return 'list'
  if (value === undefined || value === null) return 'any'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return TYPES[typeof value] ?? 'any'
}

/** Every field of a tree, parents before children. */
export function flat(targets: Target[]): Target[] {
  return targets.flatMap((one) => [one, ...flat(one.children ?? [])])
}

/** `shipmentRef` → `Shipment ref`; `delivery.attempt_failed` → `Delivery attempt failed`. */
export function wordsOf(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[._-]+/g, ' ')
    .toLowerCase()
    .trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
