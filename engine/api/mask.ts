import type { Entity, Schema } from '../canonical/index.ts'
import { readSchema } from '../canonical/index.ts'
import type { Json, JsonObject } from '../json.ts'

export const MASK = '***'

/**
 * A copy of a canonical document in which what the schema marks `x-personal` is unreadable: text becomes `***`, anything else
 * that is personal is left out. A field that the schema does not know is left out too: nothing unmarked slips through.
 */
export class Masker {
  readonly #schemas = new Map<string, Schema>()

  mask(entity: Entity, document: JsonObject): JsonObject {
    const schema = this.#schema(entity)
    return (this.#value(document, schema, schema) ?? {}) as JsonObject
  }

  #value(value: Json, schema: Schema, root: Schema): Json | undefined {
    const target = this.#resolve(schema, root)
    if (schema['x-personal'] === true || target.schema['x-personal'] === true) return hidden(value)
    if (Array.isArray(value)) return this.#list(value, target.schema.items ?? {}, target.root)
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value).flatMap(([name, inner]): [string, Json][] => {
      const property = Object.hasOwn(target.schema.properties ?? {}, name)
        ? target.schema.properties?.[name]
        : undefined
      const kept = property === undefined ? undefined : this.#value(inner, property, target.root)
      return kept === undefined ? [] : [[name, kept]]
    })
    return Object.fromEntries(entries)
  }

  #list(items: Json[], schema: Schema, root: Schema): Json[] {
    return items.flatMap((item): Json[] => {
      const kept = this.#value(item, schema, root)
      return kept === undefined ? [] : [kept]
    })
  }

  #resolve(schema: Schema, root: Schema): { schema: Schema; root: Schema } {
    if (schema.$ref === undefined) return { schema, root }
    const [base = '', pointer = ''] = schema.$ref.split('#')
    const target = base === '' ? root : this.#schema(base.split('/').at(-2) as Entity | 'definitions')
    const name = pointer.split('/').at(-1) ?? ''
    return { schema: name === '' ? target : (target.$defs?.[name] ?? {}), root: target }
  }

  #schema(name: Entity | 'definitions'): Schema {
    const known = this.#schemas.get(name) ?? readSchema(name)
    this.#schemas.set(name, known)
    return known
  }
}

function hidden(value: Json): Json | undefined {
  if (typeof value === 'string') return MASK
  if (Array.isArray(value)) return value.flatMap((item): Json[] => (typeof item === 'string' ? [MASK] : []))
  return undefined
}
