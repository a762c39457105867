import {
  type CloudEvent,
  cloudEvent,
  type DeliveryEvent,
  type Entity,
  ENTITIES,
  type Position,
  validate,
} from '../canonical/index.ts'
import { deriveId } from '../delivery/ids.ts'
import { CartageError } from '../errors.ts'
import type { Profile } from '../partner/profile-types.ts'
import { codeFunction, IGNORED, UNMAPPED } from './codes.ts'
import type { Evaluator } from './evaluate.ts'
import { evaluateMapping, faultyResults, type Mapping } from './results.ts'

/** What the mapping does not know: when and under which correlation the payload came in. */
export interface MappingContext {
  /** RFC 3339. */
  receivedAt: string
  correlationId: string
  source?: DeliveryEvent['source']
}

export interface MappingJob {
  profile: Pick<Profile, 'id' | 'version' | 'codes'>
  /** JSONata over {body, headers}, with `$code`, `$receivedAt` and `$params`. */
  mappingSource: string
  body: unknown
  headers: Record<string, string>
  /** The account's parameters: what a payload leaves open, such as the zone of its local times. */
  params?: Readonly<Record<string, string>>
  context: MappingContext
  /** Of the mapping and the code table; the template's own when left out. */
  mappingVersion?: string
  /** Is told each code that the mapping looks up and the table does not know. */
  missed?: (code: string) => void
}

/** A canonical document of any entity, as a partner's payload gave it. */
export interface MappedEntity {
  entity: Entity
  value: Record<string, unknown>
}

/** Run the mapping. Nothing of interest gives an empty list, and so does a code that is left out on purpose. */
async function run(evaluator: Evaluator, mapping: Mapping): Promise<Record<string, unknown>[]> {
  const result = await evaluateMapping(evaluator, mapping)
  const items = result === undefined || result === null ? [] : Array.isArray(result) ? result : [result]
  const objects = items.map((item, index) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item))
      throw new CartageError('invalid', 'mapping.result', `result ${index} of the mapping is no object`)
    return item as Record<string, unknown>
  })
  return objects.filter(({ type }) => type !== IGNORED.type)
}

/**
 * A partner's payload to canonical events in their envelopes. The event's id is derived from the real-world fact (its
 * `dedupKey`), so that however often and by whatever way a fact is told, it is one event.
 *
 * All or nothing: where one of several events is not valid, none goes on, and the error (`mapping.result`, invalid) names all
 * that is wrong in any of them. Half a message would be done again as a whole once it is corrected.
 */
export async function mapEvents(evaluator: Evaluator, job: MappingJob): Promise<CloudEvent[]> {
  const mapping = mappingOf(job, 'delivery-event')
  const items = await run(evaluator, mapping)
  const events = items.map((item) => finishEvent(item, job))
  check(
    evaluator,
    mapping,
    events.map((value) => ({ entity: 'delivery-event', value })),
  )
  return events.map((data) => cloudEvent({ data, correlationId: job.context.correlationId }))
}

/** A partner's payload to canonical documents of other kinds; each result names its `entity`. All or nothing, too. */
export async function mapEntities(evaluator: Evaluator, job: MappingJob): Promise<MappedEntity[]> {
  const mapping = mappingOf(job)
  const documents = (await run(evaluator, mapping)).map(({ entity, ...value }): MappedEntity => {
    if (!ENTITIES.includes(entity as Entity))
      throw new CartageError('invalid', 'mapping.result', `the mapping names no entity (${String(entity)})`, {
        field: 'entity',
      })
    return { entity: entity as Entity, value }
  })
  check(evaluator, mapping, documents)
  return documents
}

/** A device's message to positions: one, several that it had queued, or none; all or nothing as well. */
export async function mapPositions(evaluator: Evaluator, job: MappingJob): Promise<Position[]> {
  const mapping = mappingOf(job, 'position')
  const items = await run(evaluator, mapping)
  const positions = items.map((item) => ({ ...item, provider: job.profile.id, receivedAt: job.context.receivedAt }))
  check(
    evaluator,
    mapping,
    positions.map((value) => ({ entity: 'position', value })),
  )
  return positions as unknown as Position[]
}

function mappingOf(
  { profile, mappingSource, body, headers, params = {}, context, missed }: MappingJob,
  entity?: Entity,
): Mapping {
  const bindings = { code: codeFunction(profile.codes, missed), receivedAt: context.receivedAt, params }
  return { source: mappingSource, input: { body, headers }, bindings, direction: 'in', ...(entity && { entity }) }
}

/** An event as the mapping made it, with what the hub adds; not validated. */
export function finishEvent(
  item: Record<string, unknown>,
  { profile, context, mappingVersion }: MappingJob,
): DeliveryEvent {
  const type = typeof item.type === 'string' ? item.type : UNMAPPED.type
  const reference = item.shipmentRef as { type?: string; value?: string } | undefined
  const fact = [profile.id, reference?.value ?? '', type, String(item.rawCode ?? ''), String(item.occurredAt ?? '')]
  const own = typeof item.dedupKey === 'string' ? item.dedupKey : fact.join('|')
  const dedupKey = type === UNMAPPED.type ? unmappedKey(own) : own
  const idOf = (key: string) => deriveId('delivery-event', profile.id, key)
  const { correctsKey, ...told } = item
  return {
    ...told,
    // Partners that take a step back name the step, not our id of it.
    ...(typeof correctsKey === 'string' && { corrects: idOf(correctsKey) }),
    type,
    eventId: idOf(dedupKey),
    receivedAt: context.receivedAt,
    source: (item.source ?? context.source ?? 'API') as DeliveryEvent['source'],
    provider: profile.id,
    dedupKey,
    mappingVersion: mappingVersion ?? profile.version,
  } as DeliveryEvent
}

/** Longest business key of an event. */
const MAX_KEY = 600

/** While its code is not mapped, an event is another one than it will be: that one must not be taken for told already. */
function unmappedKey(key: string): string {
  const own = `${key}|${UNMAPPED.type}`
  return own.length <= MAX_KEY ? own : deriveId(UNMAPPED.type, key)
}

function check(evaluator: Evaluator, mapping: Mapping, results: { entity: Entity; value: unknown }[]): void {
  const faulty = results
    .map(({ entity, value }, item) => ({ entity, value, item, issues: validate(entity, value) }))
    .filter(({ issues }) => issues.length > 0)
  if (faulty.length > 0) throw faultyResults(faulty, evaluator, mapping)
}
