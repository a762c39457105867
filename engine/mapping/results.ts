import { type Entity, type Issue, personalPaths } from '../canonical/index.ts'
import { CartageError, type FieldIssue } from '../errors.ts'
import type { Evaluator } from './evaluate.ts'
import type { Json } from '../json.ts'
import { isPersonal, type PersonalHints } from './lab/personal.ts'
import { hintsFrom } from './lab/provenance.ts'
import { FunctionError, MissingFields } from './library/index.ts'
import { type ExplainedIssue, explainFailure, explainTraced } from './trace/index.ts'

/** One use of a mapping, with all that helps to explain why it went wrong. */
export interface Mapping {
  source: string
  /** What the mapping sees. */
  input: unknown
  bindings?: Record<string, unknown>
  direction: 'in' | 'out'
  /** What comes out of it, or is given in; undefined where each result says it. */
  entity?: Entity
}

/** A result of a mapping and what is wrong with it. */
export interface Faulty {
  entity: Entity
  /** As the mapping made it. */
  value: unknown
  issues: Issue[]
}

/** What stands for a value that is or may be personal: errors go to people with and without that right. */
const MASK = '***'
/** Characters of a value that are shown. */
const SHOWN = 80
/** Fields that a message names as where a value came from; the issues have all. */
const NAMED = 4
/** Issues of one error. */
const MAX_ISSUES = 20

/** Evaluates; an error says which field was being made and from what, as far as the mapping's text tells. */
export async function evaluateMapping(evaluator: Evaluator, mapping: Mapping): Promise<unknown> {
  try {
    return await evaluator.evaluate(mapping.source, mapping.input, mapping.bindings)
  } catch (error) {
    throw error instanceof CartageError ? explained(error, evaluator, mapping) : error
  }
}

function explained(error: CartageError, evaluator: Evaluator, mapping: Mapping): CartageError {
  const { category, code } = error
  const { direction, entity } = mapping
  if (code !== 'mapping.value' && code !== 'mapping.failed') return error
  const place = placeOf(error)
  const message = withPosition(error.message, place.position)
  if (error instanceof MissingFields) {
    const issues = error.fields.map((field): FieldIssue => ({ field, message: 'is missing' }))
    return new CartageError(category, code, message, { issues, ...(issues[0] && { field: issues[0].field }) })
  }
  const trace = evaluator.compile(mapping.source).trace()
  const found = explainFailure(trace, place, mapping.input)
  if (!found) return new CartageError(category, code, message, { cause: error.cause })
  const value = error instanceof FunctionError ? error.value : undefined
  const issue = { ...found, code: 'value', message: error.message, ...(value !== undefined && { value }) }
  const masked = maskedIssue(
    issue,
    hintsFrom({ direction, entity }, () => trace),
    personalIn(entity),
  )
  return new CartageError(category, code, `${message}, making ${found.field}${fromWhere(found)}`, {
    field: found.field,
    issues: [masked],
    cause: error.cause,
  })
}

/** As the evaluator says it of the language's own functions: editors underline what stands there. */
function withPosition(message: string, position: number | undefined): string {
  return position === undefined || /at position \d/.test(message) ? message : `${message} at position ${position}`
}

function placeOf(error: CartageError): { position?: number; function?: string } {
  const told = /at position (\d+)/.exec(error.message)?.[1]
  const position = error instanceof FunctionError ? error.position : told === undefined ? undefined : Number(told)
  return {
    ...(position !== undefined && { position }),
    ...(error instanceof FunctionError && { function: error.function.slice(1) }),
  }
}

/** `mapping.result`: names every field that is wrong, in any of the results, with what it was made from. */
export function faultyResults(
  faulty: (Faulty & { item: number })[],
  evaluator: Evaluator,
  mapping: Mapping,
): CartageError {
  const trace = evaluator.compile(mapping.source).trace()
  const all = faulty.flatMap(({ issues, ...one }) => issues.map((issue) => ({ ...one, issue })))
  const whose = new Map<Entity, [PersonalHints, ReadonlySet<string>]>()
  const issues = all.slice(0, MAX_ISSUES).map(({ entity, value, item, issue }): FieldIssue => {
    const known = whose.get(entity)
    const [hints, personal] = known ?? [hintsFrom({ direction: 'in', entity }, () => trace), personalIn(entity)]
    if (!known) whose.set(entity, [hints, personal])
    return { ...maskedIssue(explainTraced(trace, issue, mapping.input, value), hints, personal), item }
  })
  const [first] = issues
  const more = all.length > 1 ? `, and ${all.length - 1} more` : ''
  const { field, message } = first!
  const said = `the mapped ${faulty[0]!.entity} is not valid: ${field} ${message}${fromWhere(first!)}${more}`
  return new CartageError('invalid', 'mapping.result', said, { field, issues })
}

/** Paths only: what is said goes to logs. */
function fromWhere({ from = [] }: { from?: { path: string }[] }): string {
  if (from.length === 0) return ''
  const more = from.length > NAMED ? ' …' : ''
  return ` (from ${from
    .slice(0, NAMED)
    .map(({ path }) => path)
    .join(', ')}${more})`
}

function personalIn(entity: Entity | undefined): ReadonlySet<string> {
  return new Set(entity ? personalPaths(entity).map((path) => path.replaceAll('.*', '')) : [])
}

function maskedIssue(
  { field, message, value, from }: ExplainedIssue,
  hints: PersonalHints,
  personal: ReadonlySet<string>,
): FieldIssue {
  const somebodys = from.map((one) =>
    [one.value].flat().some((leaf) => isPersonal({ path: one.path, value: leaf as string }, hints)),
  )
  const own = [...personal].some((path) => within(field.replace(/\.\d+(?=\.|$)/g, ''), path))
  // Of what nobody can say where it comes from, nobody can say whose it is.
  const hidden = own || from.length === 0 || somebodys.includes(true) || looksLikeSomebodys(value)
  return {
    field,
    message,
    ...valueShown(value, hidden),
    from: from.map((one, index) => ({ path: one.path, ...valueShown(one.value, own || somebodys[index]!) })),
  }
}

/** A mail address or a telephone number, wherever it stands. */
function looksLikeSomebodys(value: unknown): boolean {
  return typeof value === 'string' && isPersonal({ path: '', value }, {})
}

function within(path: string, holder: string): boolean {
  return path === holder || path.startsWith(`${holder}.`)
}

/** Single values, shortened; objects say too much and too little. */
function valueShown(value: unknown, masked: boolean): { value?: Json } {
  if (value === undefined) return {}
  if (masked) return { value: MASK }
  if (Array.isArray(value)) return { value: value.flatMap((one) => valueShown(one, false).value ?? []) }
  if (typeof value === 'string') return { value: [...value.slice(0, 2 * SHOWN)].slice(0, SHOWN).join('') }
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? { value } : {}
}
