import { cutOffOf } from '../cut-off.ts'
import type { CutOff, Limits, Manifest, NamedValue } from '../profile-types.ts'
import { isObject } from './objects.ts'
import { invalid } from './slug.ts'

/** What an analyst may say of a partner without writing a manifest. */
export interface ManifestFields {
  label?: string
  description?: string
  limits?: Partial<Limits>
  serviceLevels?: string[]
  /** null: there is none. */
  cutOff?: CutOff | null
  /** Defaults of the parameters by their names; an empty text takes one away. */
  parameters?: Record<string, string>
}

const FIELDS = ['label', 'description', 'limits', 'serviceLevels', 'cutOff', 'parameters'] as const
const LIMITS = ['requestsPerSecond', 'burst', 'concurrency', 'timeoutMs', 'maxResponseBytes']

/** The analyst's fields of a manifest, as they are read and written. */
export function fieldsOf(manifest: Manifest) {
  const { label, description = '', limits, serviceLevels = [], parameters } = manifest
  return { label, description, limits, serviceLevels, cutOff: cutOffOf(manifest) ?? null, parameters }
}

/**
 * A body as such fields; what stands in them is checked when they are laid over a manifest.
 * @throws CartageError invalid `partner.field` with the name of the field
 */
export function readFields(body: Record<string, unknown>, beside: readonly string[] = []): ManifestFields {
  const strange = Object.keys(body).find(
    (name) => !(FIELDS as readonly string[]).includes(name) && !beside.includes(name),
  )
  if (strange !== undefined) throw invalid('partner.field', strange.slice(0, 100), 'is not a field of a partner')
  const fields: Record<string, unknown> = {}
  for (const name of FIELDS) {
    const value = body[name]
    if (value === undefined) continue
    if ((name === 'limits' || name === 'parameters') && !isObject(value))
      throw invalid('partner.field', name, 'must be an object')
    if (name === 'cutOff' && value !== null && !isObject(value))
      throw invalid('partner.field', name, 'must be an object')
    if (name === 'serviceLevels' && !Array.isArray(value)) throw invalid('partner.field', name, 'must be a list')
    fields[name] = value
  }
  checkLimits(fields.limits as object | undefined)
  for (const [name, value] of Object.entries((fields.parameters ?? {}) as object))
    if (typeof value !== 'string') throw invalid('partner.field', `parameters.${name}`, 'must be a text')
  return fields as ManifestFields
}

/** The text of a manifest with fields laid over; the schema has the last word on it. */
export function withFields(text: string, fields: ManifestFields): string {
  const manifest = JSON.parse(text) as Manifest
  const { limits, parameters, cutOff, ...plain } = fields
  const next: Manifest = { ...manifest, ...plain }
  if (limits) next.limits = withoutGaps({ ...manifest.limits, ...limits }) as unknown as Limits
  if (cutOff) next.cutOff = cutOff
  if (cutOff === null) delete next.cutOff
  if (parameters) next.parameters = withDefaults(manifest.parameters ?? [], parameters)
  return `${JSON.stringify(next, null, 2)}\n`
}

function withDefaults(declared: NamedValue[], given: Record<string, string>): NamedValue[] {
  const strange = Object.keys(given).find((name) => !declared.some((one) => one.name === name))
  if (strange !== undefined)
    throw invalid('partner.field', `parameters.${strange}`, 'is not a parameter of the template')
  return declared.map((parameter) => {
    const value = given[parameter.name]
    if (value === undefined) return parameter
    const { default: _before, ...others } = parameter
    return value === '' ? others : { ...others, default: value }
  })
}

function checkLimits(limits: object = {}): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!LIMITS.includes(name)) throw invalid('partner.field', `limits.${name}`, 'is not a limit')
    if (value !== null && typeof value !== 'number')
      throw invalid('partner.field', `limits.${name}`, 'must be a number')
  }
}

/** null takes a limit away. */
function withoutGaps(limits: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null))
}
