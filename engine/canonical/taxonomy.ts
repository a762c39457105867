import type { EventType, Reason, ShipmentEventType, Variant } from './types.ts'

export interface EventDefinition {
  /**
   * How far along its delivery attempt a shipment is that had this event; compared as (attempt, rank). Equal ranks may
   * alternate. `null`: a side fact that never moves the status.
   */
  rank: number | null
  /** For people, in English. */
  label: string
}

/** The 35 canonical events of a shipment. Ranks have gaps, so that a later version can put an event between two others. */
export const EVENTS: Readonly<Record<ShipmentEventType, EventDefinition>> = {
  'shipment.created': { rank: 10, label: 'Shipment created' },
  'carrier.info_received': { rank: 12, label: 'Announced to the carrier' },
  'carrier.rejected': { rank: 13, label: 'Rejected by the carrier' },
  'courier.assigned': { rank: 14, label: 'Courier assigned' },
  'pickup.scheduled': { rank: 15, label: 'Pick-up scheduled' },
  'pickup.en_route': { rank: 16, label: 'On the way to pick-up' },
  'pickup.arrived': { rank: 18, label: 'Arrived at pick-up' },
  'pickup.failed': { rank: null, label: 'Pick-up failed' },
  'pickup.completed': { rank: 20, label: 'Picked up' },
  'transit.departed': { rank: 30, label: 'Departed from a facility' },
  'transit.arrived': { rank: 30, label: 'Arrived at a facility' },
  'transit.moving': { rank: 30, label: 'In transit' },
  'transit.handover': { rank: 30, label: 'Handed to another carrier' },
  'transit.delayed': { rank: null, label: 'Delayed' },
  'transit.rerouted': { rank: null, label: 'Rerouted' },
  'customs.started': { rank: 35, label: 'Customs clearance started' },
  'customs.held': { rank: null, label: 'Held by customs' },
  'customs.cleared': { rank: 36, label: 'Cleared by customs' },
  'shipment.held': { rank: null, label: 'Held' },
  'eta.changed': { rank: null, label: 'Expected arrival changed' },
  'delivery.scheduled': { rank: 40, label: 'Delivery scheduled' },
  'delivery.out_for_delivery': { rank: 50, label: 'Out for delivery' },
  'delivery.approaching': { rank: 52, label: 'Courier is close' },
  'delivery.arrived': { rank: 54, label: 'Courier is at the door' },
  // It ends its attempt: what was told of the way to the door must not stand over it.
  'delivery.attempt_failed': { rank: 56, label: 'Delivery attempt failed' },
  'delivery.ready_for_collection': { rank: 55, label: 'Ready for collection' },
  'delivery.completed': { rank: 90, label: 'Delivered' },
  'delivery.failed': { rank: 80, label: 'Delivery failed for good' },
  'pod.available': { rank: null, label: 'Proof of delivery available' },
  'return.started': { rank: 85, label: 'On its way back' },
  'return.completed': { rank: 95, label: 'Returned to the sender' },
  'shipment.damaged': { rank: null, label: 'Damaged' },
  'shipment.lost': { rank: 80, label: 'Lost' },
  'shipment.cancelled': { rank: 99, label: 'Cancelled' },
  'tracking.expired': { rank: null, label: 'Tracking expired' },
}

/** As a shipment's status: nothing will be delivered by it any more. */
export const UNDELIVERED: ReadonlySet<EventType> = new Set([
  'delivery.failed',
  'return.started',
  'return.completed',
  'shipment.lost',
  'shipment.cancelled',
])

/**
 * Types that travel beside the 35: a position is telemetry, never a shipment's status; a code that no table knows is kept
 * for the analyst and must not move anything.
 */
export const SIDE_EVENTS: Readonly<Record<Exclude<EventType, ShipmentEventType>, EventDefinition>> = {
  'position.updated': { rank: null, label: 'Position' },
  'status.unmapped': { rank: null, label: 'Unknown code of a partner' },
}

/** The 30 canonical reasons with a label for people, in English. The part before the dot says whose affair it is. */
export const REASONS: Readonly<Record<Reason, string>> = {
  'recipient.absent': 'Nobody was there',
  'recipient.refused': 'Refused by the recipient',
  'recipient.closed': 'The business was closed',
  'recipient.moved': 'The recipient has moved',
  'recipient.rescheduled': 'The recipient asked for another time',
  'recipient.id_failed': 'The recipient could not be identified',
  'recipient.payment_due': 'The recipient did not pay',
  'recipient.not_collected': 'Not collected in time',
  'recipient.cancelled': 'Cancelled by the recipient',
  'address.incorrect': 'The address is wrong or incomplete',
  'address.inaccessible': 'The address cannot be reached',
  'shipper.not_ready': 'The goods were not ready',
  'shipper.bad_data': 'Wrong data from the shipper',
  'shipper.packaging': 'Insufficient packaging or the wrong goods',
  'shipper.cancelled': 'Cancelled by the shipper',
  'shipper.hold': 'Held on behalf of the shipper',
  'carrier.missort': 'Sorted or sent to the wrong place',
  'carrier.no_time': 'The driver ran out of time',
  'carrier.capacity': 'No capacity',
  'carrier.vehicle': 'Vehicle trouble',
  'carrier.driver': "The driver's doing",
  'carrier.missed_connection': 'A connection was missed',
  'carrier.damage': 'Damaged by the carrier',
  'carrier.loss': 'Lost by the carrier',
  'customs.documents': 'Customs documents are missing or wrong',
  'customs.duty': 'Duties are not paid',
  'customs.inspection_or_ban': 'Inspected or banned by customs',
  'external.weather': 'Weather or a natural disaster',
  'external.civil_or_road': 'Road closure, unrest or force majeure',
  'other.unknown': 'Reason unknown',
}

/** How a delivery was completed. */
export const VARIANTS: Readonly<Record<Variant, string>> = {
  recipient: 'Handed to the recipient',
  neighbour: 'Left with a neighbour',
  safe_place: 'Left in a safe place',
  locker: 'Left in a locker',
  mailroom: 'Left in the mailroom',
  po_box: 'Delivered to a post-office box',
  partial: 'Delivered in part',
  damaged: 'Delivered damaged',
  cod_paid: 'Delivered and paid',
}

/** One of the 35 events of a shipment? */
export function isShipmentEventType(type: string): type is ShipmentEventType {
  return Object.hasOwn(EVENTS, type)
}

export function isReason(reason: string): reason is Reason {
  return Object.hasOwn(REASONS, reason)
}

/** Progress that an event stands for; `null` for side facts. */
export function rankOf(type: EventType): number | null {
  return isShipmentEventType(type) ? EVENTS[type].rank : null
}
