import { type DeliveryEvent, isReason, isShipmentEventType, type Shipment, validate } from '../canonical/index.ts'
import { cloudEvent } from '../canonical/envelope.ts'
import { deriveId } from '../delivery/ids.ts'
import type { JsonObject } from '../json.ts'
import { readBody } from './body.ts'
import type { Call } from './call.ts'
import { origin } from './commands.ts'
import { parseJsonObject } from './json.ts'
import { type FieldError, HttpProblem, invalidFields } from './problem.ts'
import { readQuery } from './query.ts'
import { shipmentOf } from './reads.ts'
import type { Reply } from './reply.ts'

const LONGEST_NOTE = 500

/** What an operator says was wrong, and what is so instead. */
interface Correction {
  corrects: string
  type: DeliveryEvent['type']
  occurredAt: string
  reason?: string
  note: string
}

/**
 * An event of the timeline is replaced by another: the only way on which a status goes back. What was told of the wrong one is
 * put right by the flows, which hear of the correction as of any event.
 */
export async function correctStatus(call: Call): Promise<Reply> {
  const { deps, req, principal } = call
  readQuery(req.url ?? '', [])
  const body = await readBody(req, { limitBytes: deps.bodyLimitBytes, types: ['application/json'] })
  const correction = correctionIn(parseJsonObject(body.bytes))
  const shipment = await shipmentOf(call)
  const data = eventOf(shipment, correction)
  const [issue] = validate('delivery-event', data)
  if (issue) throw invalidFields([{ field: issue.field, code: 'invalid', message: issue.message }])
  await deps.commands.for('correctStatus').accept({
    operationId: 'correctStatus',
    identity: ['correct', data.eventId],
    key: shipment.shipmentId,
    payload: cloudEvent({ data, correlationId: shipment.correlationId }) as unknown as JsonObject,
    ...origin(call, body.bytes),
    correlationId: shipment.correlationId,
  })
  const { corrects, type } = correction
  await deps.audit.append({
    actor: principal.name,
    action: 'shipment.correct',
    subject: shipment.shipmentId,
    details: { corrects, type, note: correction.note },
  })
  const { shipmentId, orderId, status } = shipment
  return { status: 202, body: { shipmentId, orderId, status, correction: 'requested' } }
}

function eventOf(shipment: Shipment, correction: Correction): DeliveryEvent {
  const { shipmentId, orderId, timeline } = shipment
  const { corrects, type, occurredAt, reason, note } = correction
  if (!timeline.some(({ eventId }) => eventId === corrects))
    throw new HttpProblem(409, 'shipment.no-such-event', 'The timeline has no such event to correct.')
  const fact = `correction|${shipmentId}|${corrects}|${type}|${occurredAt}`
  return {
    eventId: deriveId('correction', fact),
    type,
    shipmentId,
    shipmentRef: { type: 'order', value: orderId },
    occurredAt,
    // Said again at another time it is still one and the same message.
    receivedAt: occurredAt,
    source: 'MANUAL',
    provider: 'hub',
    rawCode: 'correction',
    rawText: note,
    ...(reason !== undefined && { reason: reason as NonNullable<DeliveryEvent['reason']> }),
    corrects,
    dedupKey: fact,
    mappingVersion: '1.0.0',
  }
}

function correctionIn({ corrects, type, occurredAt, reason, note, ...others }: JsonObject): Correction {
  const errors: FieldError[] = Object.keys(others).map((field) => ({
    field,
    code: 'unknown-field',
    message: 'is not a field of this document',
  }))
  const wrong = (field: string, message: string) => errors.push({ field, code: 'invalid', message })
  if (typeof corrects !== 'string' || corrects === '') wrong('corrects', 'must be the id of an event')
  if (typeof type !== 'string' || !isShipmentEventType(type)) wrong('type', 'must be a canonical event')
  if (typeof occurredAt !== 'string') wrong('occurredAt', 'must be a time')
  if (reason !== undefined && (typeof reason !== 'string' || !isReason(reason)))
    wrong('reason', 'must be a canonical reason')
  if (typeof note !== 'string' || note.trim() === '' || note.length > LONGEST_NOTE)
    wrong('note', `must be text of 1 to ${LONGEST_NOTE} characters`)
  if (errors.length > 0) throw invalidFields(errors)
  return { corrects, type, occurredAt, note, ...(reason !== undefined && { reason }) } as unknown as Correction
}
