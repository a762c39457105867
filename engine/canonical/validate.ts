import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { currencyDecimals, isDate, isDateTime, isEmail, isFactKey, isHttpUrl } from './formats.ts'
import { findUnsafe } from './guard.ts'
import { ENTITIES, type Entity, entityOf, readSchema, type Schema, schemaId } from './schemas.ts'

/** One thing that is wrong with a document. Never contains the offending value: it may be personal, or an attack on a log. */
export interface Issue {
  /** Dotted path, `lines.0.quantity`; empty for the document as a whole. For a missing field the path that it should have. */
  field: string
  /** Stable, for programs: required, unknown-field, type, format, enum, const, pattern, range, length, items, number, characters, too-deep, too-large, decimals, schema. */
  code: string
  /** For people, in English. */
  message: string
}

/** More would help nobody, and the sender decides how many there are. */
const MAX_ISSUES = 20

const CODES: Readonly<Record<string, string>> = {
  additionalProperties: 'unknown-field',
  minimum: 'range',
  maximum: 'range',
  exclusiveMinimum: 'range',
  exclusiveMaximum: 'range',
  minLength: 'length',
  maxLength: 'length',
  minItems: 'items',
  maxItems: 'items',
  'x-currency-decimals': 'decimals',
}

const ajv = createAjv()

/**
 * Checks a value against an entity's schema, strictly: no type is coerced, no unknown field is let through. An empty
 * list means valid; at most 20 issues are given. Schemas are compiled when first needed, once (Ajv keeps them).
 */
export function validate(entity: Entity, value: unknown): Issue[] {
  return validateBy(ajv, entity, value)
}

/**
 * As `validate`, with one schema (or the shared definitions) as it might become. Throws what Ajv says of a schema that is none.
 */
export function validatorWith(name: Entity | 'definitions', schema: Schema): typeof validate {
  const instance = createAjv({ [name]: { ...schema, $id: readSchema(name).$id } as Schema })
  for (const entity of ENTITIES) instance.getSchema(schemaId(entity))
  return (entity, value) => validateBy(instance, entity, value)
}

function validateBy(instance: Ajv2020, entity: Entity, value: unknown): Issue[] {
  const unsafe = findUnsafe(value)
  if (unsafe !== undefined) return [unsafe]
  const check = instance.getSchema(schemaId(entity))
  if (check === undefined) return [{ field: '', code: 'schema', message: 'is of a kind that has no schema' }]
  if (check(value) === true) return []
  return issuesOf(check.errors ?? [])
}

/** Checks a CloudEvents envelope and the document in it, against the schema that the envelope names. */
export function validateEnvelope(value: unknown): Issue[] {
  const issues = validate('cloud-event', value)
  if (issues.length > 0) return issues
  const { dataschema, data, type } = value as { dataschema: string; data: unknown; type: string }
  const entity = entityOf(dataschema)
  if (entity === undefined)
    return [{ field: 'dataschema', code: 'schema', message: 'names a schema that is not known here' }]
  const inside = validate(entity, data).map((issue) => ({ ...issue, field: join('data', issue.field) }))
  if (inside.length > 0 || entity !== 'delivery-event') return inside
  if ((data as { type: string }).type === type) return []
  return [{ field: 'type', code: 'const', message: 'must be the type of the event inside' }]
}

function createAjv(changed: Partial<Record<Entity | 'definitions', Schema>> = {}): Ajv2020 {
  const instance = new Ajv2020({ allErrors: true, strict: true, strictTypes: true, allowUnionTypes: true })
  instance.addVocabulary(['x-unit', 'x-owner', 'x-names', 'x-personal'])
  instance.addKeyword({ keyword: 'x-currency-decimals', type: 'object', schemaType: 'boolean', validate: fitsCurrency })
  instance.addFormat('date-time', isDateTime)
  instance.addFormat('date', isDate)
  instance.addFormat('http-url', isHttpUrl)
  instance.addFormat('email', isEmail)
  instance.addFormat('fact-key', isFactKey)
  for (const name of ['definitions', ...ENTITIES] as const) instance.addSchema(changed[name] ?? readSchema(name))
  return instance
}

/** JSON Schema cannot compare two fields: 12.345 is an amount in dinars, not in euros. */
function fitsCurrency(on: boolean, money: { amount?: unknown; currency?: unknown }): boolean {
  if (!on || typeof money.amount !== 'string' || typeof money.currency !== 'string') return true
  const decimals = money.amount.split('.')[1]?.length ?? 0
  return decimals <= currencyDecimals(money.currency)
}

function issuesOf(errors: ErrorObject[]): Issue[] {
  const issues = new Map<string, Issue>()
  for (const error of errors) {
    const issue = issueOf(error)
    const key = `${issue.field} ${issue.code}`
    if (!issues.has(key)) issues.set(key, issue)
    if (issues.size === MAX_ISSUES) break
  }
  return [...issues.values()]
}

function issueOf(error: ErrorObject): Issue {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer).join('.')
  const code = CODES[error.keyword] ?? error.keyword
  if (error.keyword === 'required')
    return { field: join(path, String(error.params.missingProperty)), code, message: 'is missing' }
  if (error.keyword === 'additionalProperties')
    return {
      field: join(path, String(error.params.additionalProperty)),
      code,
      message: 'is not a field of this document',
    }
  return { field: path, code, message: messageOf(error) }
}

function messageOf(error: ErrorObject): string {
  const { keyword, params } = error
  if (keyword === 'x-currency-decimals') return 'has more decimals than its currency'
  if (keyword === 'format' && params.format === 'date-time')
    return 'must be an RFC 3339 date and time that exists, with offset, such as 2026-03-02T14:47:02Z'
  if (keyword === 'format' && params.format === 'http-url') return 'must be an http or https address'
  if (keyword === 'format' && params.format === 'fact-key')
    return 'ends in nothing: what tells this fact from others is missing'
  if (keyword === 'enum') {
    const allowed = params.allowedValues as string[]
    return allowed.length <= 40 ? `must be one of ${allowed.join(', ')}` : 'is not one of the known values'
  }
  return error.message ?? 'is not valid'
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function join(path: string, field: string): string {
  if (path === '') return field
  return field === '' ? path : `${path}.${field}`
}
