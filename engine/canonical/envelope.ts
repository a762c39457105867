import { type Entity, schemaId } from './schemas.ts'
import type { CloudEventAttributes, DeliveryEvent } from './types.ts'

/** A CloudEvents 1.0 envelope around a canonical document, by default a delivery event. */
export type CloudEvent<T = DeliveryEvent> = Omit<CloudEventAttributes, 'data'> & { data: T }

interface Extensions {
  correlationId: string
  /** Id of what made this happen. */
  causationId?: string
  /** W3C trace context. */
  traceparent?: string
  /** Place in the order of the events of its subject. */
  sequence?: number
}

export interface EnvelopeInput<T> extends Extensions {
  id: string
  /** `/partners/<slug>` or `/hub`. */
  source: string
  type: string
  subject: string
  /** RFC 3339 with offset. */
  time: string
  entity: Entity
  data: T
}

/** Puts a canonical document into an envelope. Checks nothing: `validateEnvelope` does. */
export function envelope<T>(input: EnvelopeInput<T>): CloudEvent<T> {
  const { id, source, type, subject, time, entity, data, correlationId, causationId, traceparent, sequence } = input
  return {
    specversion: '1.0',
    id,
    source,
    type,
    subject,
    time,
    datacontenttype: 'application/json',
    dataschema: schemaId(entity),
    correlationid: correlationId,
    ...(causationId === undefined ? {} : { causationid: causationId }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(sequence === undefined ? {} : { sequence: String(sequence) }),
    data,
  }
}

/** Envelope of a delivery event: id, source, type, subject and time follow from the event, unless said otherwise. */
export function cloudEvent(
  input: Extensions & { data: DeliveryEvent } & Partial<
      Pick<EnvelopeInput<DeliveryEvent>, 'id' | 'source' | 'type' | 'subject' | 'time'>
    >,
): CloudEvent {
  const { data } = input
  return envelope({
    id: data.eventId,
    source: `/partners/${data.provider}`,
    type: data.type,
    subject: data.shipmentId ?? data.shipmentRef.value,
    time: data.occurredAt,
    ...input,
    entity: 'delivery-event',
  })
}
