import type { DeliveryEvent, Shipment } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { ofCalledOff } from './called-off.ts'

/**
 * Which shipments a partner's events may move. `own`: those that are booked with it, or being booked with it. `unbooked`: those
 * too that nobody else carries, for couriers whose parcels are booked elsewhere. `any`: whoever carries them, for those that tell
 * of other people's parcels (aggregators, planners, vehicles).
 */
export type Scope = 'own' | 'unbooked' | 'any'

/** `unclaimed`: booked with nobody yet, so whose it will be is not known. */
export type Claim = 'theirs' | 'unclaimed' | 'another'

/**
 * Whether the sender of an event carries the shipment. A booking under way counts already: couriers tell of it before their own
 * answer is on record. An event that the shipment knows is only told again.
 */
export function claimOf(scope: Scope, event: DeliveryEvent, shipment: Shipment): Claim {
  const { booking, selection, timeline } = shipment
  const carriers = [booking?.partner, selection?.partner].filter((partner) => partner !== undefined)
  if (scope === 'any' || carriers.includes(event.provider)) return 'theirs'
  if (ofCalledOff(event, shipment)) return 'theirs'
  if (timeline.some(({ eventId }) => eventId === event.eventId)) return 'theirs'
  if (booking) return 'another'
  return scope === 'unbooked' ? 'theirs' : 'unclaimed'
}

export function notYours({ provider, type }: DeliveryEvent, shipment: Shipment): CartageError {
  const carrier = shipment.booking ? `is booked with ${shipment.booking.partner}` : 'is booked with nobody'
  const message = `${provider} tells ${type} of a shipment that ${carrier}`
  return new CartageError('unauthorised', 'event.not-yours', message, { field: 'shipmentRef', partner: provider })
}
