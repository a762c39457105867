import { ENTITIES, type Entity, readSchema, type Schema } from './schemas.ts'

/**
 * The personal fields of an entity as dotted paths, `*` for every item of a list: `consignee.name`, `stops.*.party.phone`.
 * Follows from `x-personal` in the schemas alone.
 */
export function personalPaths(entity: Entity): readonly string[] {
  return PERSONAL.get(entity) ?? []
}

const PERSONAL: ReadonlyMap<Entity, readonly string[]> = new Map(ENTITIES.map((entity) => [entity, markedIn(entity)]))

function markedIn(entity: Entity): string[] {
  const definitions = readSchema('definitions').$defs ?? {}
  const paths: string[] = []
  const visit = (schema: Schema, path: string): void => {
    if (schema['x-personal'] === true) {
      paths.push(path)
      return
    }
    if (schema.$ref !== undefined) visit(definitions[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {}, path)
    if (schema.items !== undefined) visit(schema.items, `${path}.*`)
    for (const [name, field] of Object.entries(schema.properties ?? {}))
      visit(field, path === '' ? name : `${path}.${name}`)
  }
  visit(readSchema(entity), '')
  return paths
}
