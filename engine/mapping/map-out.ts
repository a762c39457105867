import { type Entity, ENTITIES, type Issue, validate, validateEnvelope } from '../canonical/index.ts'
import { CartageError } from '../errors.ts'
import type { Evaluator } from './evaluate.ts'
import { evaluateMapping } from './results.ts'

export interface OutJob {
  /** What the document is; empty or no canonical entity: it is mapped as it is. */
  entity: string
  mappingSource: string
  /** A canonical document, a list of them, or events in their envelopes. */
  document: unknown
  /** The account's parameters. */
  params: Readonly<Record<string, string>>
}

/**
 * Canonical to the partner's. The document is validated first, so that a mapping never has to deal with one that is none:
 * `mapping.input` (invalid) names every field that is wrong. What the partner cannot do without beyond that, the mapping says
 * with `$requires`.
 */
export async function mapOut(
  evaluator: Evaluator,
  { entity, mappingSource, document, params }: OutJob,
): Promise<unknown> {
  const known = ENTITIES.includes(entity as Entity) ? (entity as Entity) : undefined
  if (known) check(known, document)
  return evaluateMapping(evaluator, {
    source: mappingSource,
    input: document,
    bindings: { params },
    direction: 'out',
    ...(known && { entity: known }),
  })
}

function check(entity: Entity, document: unknown): void {
  const several = Array.isArray(document)
  const issues = [document]
    .flat()
    .flatMap((one, item) =>
      issuesOf(entity, one).map((issue) => ({ field: issue.field, message: issue.message, ...(several && { item }) })),
    )
  const [first] = issues
  if (!first) return
  const more = issues.length > 1 ? `, and ${issues.length - 1} more` : ''
  const message = `the ${entity} to map is not valid: ${first.field} ${first.message}${more}`
  throw new CartageError('invalid', 'mapping.input', message, { field: first.field, issues: issues.slice(0, 20) })
}

function issuesOf(entity: Entity, document: unknown): Issue[] {
  const enveloped = document !== null && typeof document === 'object' && Object.hasOwn(document, 'specversion')
  return enveloped ? validateEnvelope(document) : validate(entity, document)
}
