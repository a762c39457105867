import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { ENTITIES, personalPaths, readSchema, type Schema, validate } from '../../engine/canonical/index.ts'

const OWNERS = ['erp', 'wms', 'planner', 'courier', 'telematics', 'crm', 'hub']
const roots: [string, Schema][] = [
  ...ENTITIES.map((entity): [string, Schema] => [entity, readSchema(entity)]),
  ...Object.entries(readSchema('definitions').$defs ?? {}),
]

/** Every property of every object, also of objects inside lists. */
function fields(path: string, schema: Schema): [string, Schema][] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]): [string, Schema][] => [
    [`${path}.${name}`, field],
    ...fields(`${path}.${name}`, field),
  ])
  return schema.items === undefined ? own : [...own, ...fields(`${path}.*`, schema.items)]
}

const all = roots.flatMap(([name, schema]) => fields(name, schema))
/** Also the items of lists: what the limits must hold for. */
const values = all.flatMap(([path, field]): [string, Schema][] =>
  field.items
    ? [
        [path, field],
        [`${path}.*`, field.items],
      ]
    : [[path, field]],
)

function lacking(among: [string, Schema][], test: (field: Schema, path: string) => boolean): string[] {
  return among.filter(([path, field]) => !test(field, path)).map(([path]) => path)
}

describe('canonical schemas', () => {
  it('are one per entity, all of JSON Schema 2020-12, versioned, and closed to unknown fields', () => {
    for (const [entity, schema] of roots.slice(0, ENTITIES.length)) {
      assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
      assert.equal(schema.$id, `https://cartage.dev/schemas/${entity}/1.0`)
    }
    const objects = [...roots, ...values].filter(([, schema]) => schema.properties !== undefined)
    assert.deepEqual(
      lacking(objects, (schema) => schema.additionalProperties === false),
      [],
    )
  })

  it('describe every field and name the system that owns it', () => {
    assert.ok(all.length > 250, `only ${all.length} fields were found`)
    assert.deepEqual(
      lacking(all, (field) => (field.description?.length ?? 0) > 3),
      [],
    )
    assert.deepEqual(
      lacking(all, (field) => OWNERS.includes(field['x-owner'] ?? '')),
      [],
    )
  })

  it('give every measure a unit', () => {
    const counts =
      /(revision|invoiceLines|shipmentPart\.(number|of)|sequence|stopSequence|attempt|statedAttempt|rank|evidence)$/
    const numbers = all.filter(([path, { type }]) => (type === 'number' || type === 'integer') && !counts.test(path))
    assert.ok(numbers.length > 30)
    assert.deepEqual(
      lacking(numbers, (field) => typeof field['x-unit'] === 'string'),
      [],
    )
  })

  it('limit every text, list and number', () => {
    const limited = (field: Schema) => {
      if (field.type === 'array') return typeof field.maxItems === 'number'
      if (field.type === 'string') return typeof field.maxLength === 'number' || field.enum !== undefined
      if (field.type === 'number' || field.type === 'integer') return typeof field.maximum === 'number'
      return true
    }
    assert.deepEqual(lacking(values, limited), [])
  })

  it('carry examples that validate', () => {
    for (const entity of ENTITIES) {
      const { examples } = readSchema(entity)
      assert.ok(examples !== undefined && examples.length > 0, `${entity} has no example`)
      for (const value of examples) assert.deepEqual(validate(entity, value), [], entity)
    }
  })

  it('have every required field among their properties', () => {
    const objects = [...roots, ...values].filter(([, schema]) => schema.required !== undefined)
    assert.deepEqual(
      lacking(objects, ({ required, properties }) => required!.every((name) => properties?.[name])),
      [],
    )
  })

  it('mark names, addresses, telephones, signatures and whereabouts as personal, and no order number', () => {
    const shipment = personalPaths('shipment')
    for (const path of [
      'consignee.name',
      'consignee.phone',
      'consignee.email',
      'consignee.address.lines',
      'stops.*.party.name',
    ])
      assert.ok(shipment.includes(path), path)
    assert.ok(personalPaths('delivery-event').includes('evidence.*.signedBy'))
    assert.ok(personalPaths('driver').includes('name'))
    assert.ok(personalPaths('position').includes('lat'))
    assert.equal(shipment.includes('orderId'), false)
    assert.deepEqual(personalPaths('inventory-position'), [])
  })
})
