import type { DeliveryEvent, EventType, Shipment, TimelineEntry } from '../canonical/types.ts'

export interface Applied {
  /** As it was the first time, also on a redelivery. */
  outcome: 'moved' | 'noted'
  redelivered: boolean
  /** As it is now. On a redelivery other events may have moved it since: what is emitted must not be made from it. */
  shipment: Shipment
  /** The event with its `shipmentId`: the same on every redelivery. */
  event: DeliveryEvent
  entry: TimelineEntry
  /** Grows by one with each event of the shipment. */
  sequence: number
  /** Of an event that had waited: id of the message that it came with. */
  cause?: string
  /** Status before and after the event, the first time. */
  from: EventType
  to: EventType
}

export interface ParkedOutcome {
  outcome: 'parked'
  redelivered: boolean
  event: DeliveryEvent
  shipment?: undefined
}

export type ApplyResult = Applied | ParkedOutcome

export interface Recorded {
  changed: boolean
  shipment: Shipment
  /** Events that were waiting for an id that the shipment has now: applied, for the caller to emit; oldest first. */
  matched: Applied[]
}

export interface Created {
  /** `present`: the same order again. `conflict`: the order id is there with other content, and nothing was changed. */
  outcome: 'created' | 'present' | 'conflict'
  shipment: Shipment
  /** As in `Recorded`; the same events again when the same creation is repeated. */
  matched: Applied[]
}

export interface Change {
  cause: 'created' | 'event' | 'recorded'
  shipment: Shipment
  applied?: Applied
}
