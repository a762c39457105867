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
  /**
   * `present`: the same order again. `changed`: a later change of it. `older`: it was changed since. `conflict`: other content that does
   * not say that it is newer. After the last two nothing was changed.
   */
  outcome: 'created' | 'present' | 'changed' | 'older' | 'conflict'
  /** The first one. */
  shipment: Shipment
  /** All of the order's, in the order of its parts. */
  shipments: Shipment[]
  /** As in `Recorded`; the same events again when the same creation is repeated. */
  matched: Applied[]
}

/** One shipment of an order. */
export interface Made extends Pick<Recorded, 'shipment' | 'matched'> {
  created: boolean
}

export interface Change {
  cause: 'created' | 'event' | 'recorded'
  shipment: Shipment
  applied?: Applied
}
