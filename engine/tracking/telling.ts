import { type CloudEvent, cloudEvent } from '../canonical/envelope.ts'
import type { DeliveryEvent, EventType, Position, Reason } from '../canonical/types.ts'
import { deriveId } from '../delivery/ids.ts'
import type { Json } from '../json.ts'
import type { NewMessage } from '../store/ports.ts'
import type { Load } from './aboard.ts'
import type { Fence } from './fences.ts'
import type { Happening } from './visits.ts'

/** A stay at a place, for what follows from its length. */
export interface Stay {
  kind: Fence['kind']
  name?: string
  stopSequence?: number
  /** RFC 3339. */
  arrivedAt: string
  departedAt?: string
  /** Whole minutes so far. */
  minutes: number
}

/** What the channel of a fence carries: an event of one shipment, and the stay that it is about. */
export interface Told {
  event: CloudEvent
  stay?: Stay
}

export interface Saying {
  type: EventType
  rawCode: string
  rawText: string
  /** What makes it this fact and no other: however often it is found out, it is told once. */
  fact: string
  stopSequence?: number
  reason?: Reason
  eta?: string
}

type About = Pick<Load, 'shipmentId' | 'orderId' | 'correlationId'>

const ARRIVED: Readonly<Record<Fence['kind'], EventType>> = {
  pickup: 'pickup.arrived',
  delivery: 'delivery.arrived',
  return: 'transit.arrived',
  yard: 'transit.arrived',
}

/** An event that nobody sent: the hub concludes it from where a vehicle is. */
export function concluded(about: About, position: Position, saying: Saying): CloudEvent {
  const { shipmentId, orderId, correlationId } = about
  const { fact, ...said } = saying
  const dedupKey = `${shipmentId}|${fact}`
  const data: DeliveryEvent = {
    ...said,
    eventId: deriveId('concluded', dedupKey),
    shipmentId,
    shipmentRef: { type: 'order', value: orderId },
    occurredAt: position.at,
    receivedAt: position.receivedAt,
    source: 'TELEMATICS',
    provider: position.provider,
    location: { lat: position.lat, lon: position.lon },
    // Leaving a door begins no new attempt, also when the one before has failed there.
    ...(said.type === 'transit.departed' && { attemptRule: 'same' as const }),
    dedupKey,
    mappingVersion: '1.0.0',
  }
  return cloudEvent({ data, correlationId })
}

/** As a message of a channel. A fact that is told already, perhaps by the position before, keeps its first telling. */
export function messageOf(channel: string, event: CloudEvent, payload: object): NewMessage {
  const { shipmentId = event.id, provider } = event.data
  return {
    id: deriveId('tracking', channel, event.id),
    channel,
    key: shipmentId,
    payload: payload as Json,
    headers: { partner: provider },
    correlationId: event.correlationid,
  }
}

/** What a happening tells of each of these shipments. */
export function tellings(position: Position, happening: Happening, loads: Load[]): Told[] {
  const { vehicleId } = position
  if (happening.what === 'deviated') {
    const fact = `${vehicleId}|deviated|${happening.number}`
    const rawText = 'the vehicle left the corridor of its route'
    const saying: Saying = { type: 'transit.rerouted', rawCode: 'geofence.deviated', rawText, fact }
    return loads.map((load) => ({ event: concluded(load, position, saying) }))
  }
  const saying = sayingOf(vehicleId, happening)
  const stay = stayOf(position, happening)
  return loads.map((load) => ({ event: concluded(load, position, saying), stay }))
}

type Stayed = Exclude<Happening, { what: 'deviated' }>

function sayingOf(vehicleId: string, { what, visit: { fence, number }, minutes }: Stayed): Saying {
  const { kind, name, stopSequence, key } = fence
  const place = name ?? `stop ${stopSequence}`
  const types = { arrived: ARRIVED[kind], departed: 'transit.departed', dwell: 'transit.delayed' } as const
  return {
    type: types[what],
    rawCode: `geofence.${what}`,
    rawText: what === 'arrived' ? `at ${place}` : `${minutes} min at ${place}`,
    fact: `${vehicleId}|${what}|${key}|${number}`,
    ...(stopSequence !== undefined && { stopSequence }),
    ...(what === 'dwell' && kind === 'pickup' && { reason: 'shipper.not_ready' }),
  }
}

function stayOf({ at }: Position, { what, visit: { fence, since }, minutes }: Stayed): Stay {
  const { kind, name, stopSequence } = fence
  return {
    ...{ kind, minutes, arrivedAt: since ?? at },
    ...(name !== undefined && { name }),
    ...(stopSequence !== undefined && { stopSequence }),
    ...(what === 'departed' && { departedAt: at }),
  }
}
