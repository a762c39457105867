import {
  type CloudEvent,
  cloudEvent,
  type DeliveryEvent,
  type Entity,
  ENTITIES,
  type Issue,
  type Position,
  validate,
} from '../canonical/index.ts'
import { deriveId } from '../delivery/ids.ts'
import { CartageError } from '../errors.ts'
import type { Profile } from '../partner/profile-types.ts'
import { codeFunction, IGNORED, UNMAPPED } from './codes.ts'
import type { Evaluator } from './evaluate.ts'

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
}

/** A canonical document of any entity, as a partner's payload gave it. */
export interface MappedEntity {
  entity: Entity
  value: Record<string, unknown>
}

/** Run the mapping. Nothing of interest gives an empty list, and so does a code that is left out on purpose. */
async function run(evaluator: Evaluator, job: MappingJob): Promise<Record<string, unknown>[]> {
  const { body, headers } = job
  const result = await evaluator.evaluate(
    job.mappingSource,
    { body, headers },
    { code: codeFunction(job.profile.codes), receivedAt: job.context.receivedAt, params: job.params ?? {} },
  )
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
 */
export async function mapEvents(evaluator: Evaluator, job: MappingJob): Promise<CloudEvent[]> {
  const items = await run(evaluator, job)
  return items.map((item) => {
    const data = finishEvent(item, job)
    check('delivery-event', data)
    return cloudEvent({ data, correlationId: job.context.correlationId })
  })
}

/** A partner's payload to canonical documents of other kinds; each result names its `entity`. */
export async function mapEntities(evaluator: Evaluator, job: MappingJob): Promise<MappedEntity[]> {
  const items = await run(evaluator, job)
  return items.map(({ entity, ...value }) => {
    if (!ENTITIES.includes(entity as Entity))
      throw new CartageError('invalid', 'mapping.result', `the mapping names no entity (${String(entity)})`, {
        field: 'entity',
      })
    check(entity as Entity, value)
    return { entity: entity as Entity, value }
  })
}

/** A device's message to a position, or undefined when it is none. */
export async function mapPosition(evaluator: Evaluator, job: MappingJob): Promise<Position | undefined> {
  const [item] = await run(evaluator, job)
  if (!item) return undefined
  const position = { ...item, provider: job.profile.id, receivedAt: job.context.receivedAt }
  check('position', position)
  return position as unknown as Position
}

/** An event as the mapping made it, with what the hub adds; not validated. */
export function finishEvent(
  item: Record<string, unknown>,
  { profile, context, mappingVersion }: MappingJob,
): DeliveryEvent {
  const type = typeof item.type === 'string' ? item.type : UNMAPPED.type
  const reference = item.shipmentRef as { type?: string; value?: string } | undefined
  const fact = [profile.id, reference?.value ?? '', type, String(item.rawCode ?? ''), String(item.occurredAt ?? '')]
  const dedupKey = typeof item.dedupKey === 'string' ? item.dedupKey : fact.join('|')
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

function check(entity: Entity, value: unknown): void {
  const [first]: Issue[] = validate(entity, value)
  if (first)
    throw new CartageError(
      'invalid',
      'mapping.result',
      `the mapped ${entity} is not valid: ${first.field} ${first.message}`,
      { field: first.field },
    )
}
