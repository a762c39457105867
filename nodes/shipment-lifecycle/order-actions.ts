import type { NodeDef } from 'node-red'
import { type CloudEvent, cloudEvent } from '../../engine/canonical/index.ts'
import type { DeliveryEvent, Hold, Location, Reason, Shipment } from '../../engine/canonical/types.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { CartageError } from '../../engine/errors.ts'
import { normaliseReference, shipmentIdsOf } from '../../engine/lifecycle/index.ts'
import { publishMatched } from '../support/matched.ts'
import { originIn } from '../support/origin.ts'
import type { FlowMessage, NodeKit, Outputs } from '../support/register.ts'

type Kit = NodeKit<NodeDef>

/** What a hold is called in a timeline. */
const HOLD_REASONS: Record<Hold['reason'], Reason> = {
  credit: 'shipper.hold',
  address: 'address.incorrect',
  data: 'shipper.bad_data',
}

/** No courier is booked while the hold stands (msg.hold); it is told as an event, once for each time. */
export async function hold(kit: Kit, message: FlowMessage, shipment: Shipment): Promise<Outputs> {
  const wish = (message.hold ?? shipment.holds?.at(-1)) as Hold | undefined
  if (wish === undefined || !Object.hasOwn(HOLD_REASONS, wish.reason))
    throw new CartageError('invalid', 'lifecycle.hold', 'msg.hold names no reason', { field: 'hold.reason' })
  const recorded = await kit.cartage.lifecycle.hold(shipment.shipmentId, wish)
  await publishMatched(kit.cartage, message, recorded.matched)
  kit.badge({ fill: 'yellow', shape: 'ring', key: 'held', values: { reason: wish.reason } })
  const held = recorded.shipment.holds?.find(({ reason }) => reason === wish.reason)
  // Lifted meanwhile: whoever lifted it has taken it on.
  if (held === undefined) return []
  const event = heldEvent(recorded.shipment, held)
  const applied = await kit.cartage.lifecycle.apply(event)
  const { correlationId } = recorded.shipment
  const payload: CloudEvent = cloudEvent({ data: applied.event, correlationId })
  return [null, { ...message, hold: held, payload, shipment: applied.shipment ?? recorded.shipment }, null]
}

function heldEvent({ shipmentId, orderId }: Shipment, { reason, detail, since }: Hold): DeliveryEvent {
  return {
    eventId: deriveId('shipment.held', shipmentId, reason, since),
    type: 'shipment.held',
    shipmentId,
    shipmentRef: { type: 'order', value: orderId },
    occurredAt: since,
    receivedAt: since,
    source: 'API',
    provider: 'hub',
    rawCode: `hold.${reason}`,
    ...(detail !== undefined && { rawText: detail }),
    reason: HOLD_REASONS[reason],
    actionRequired: reason !== 'credit',
    dedupKey: `hold:${shipmentId}:${reason}:${since}`,
    mappingVersion: '1.0.0',
  }
}

/** The place that a geocoder has found (msg.answer.location) becomes that of the consignee. */
export async function place(kit: Kit, message: FlowMessage, shipment: Shipment): Promise<Outputs> {
  const { location } = (message.answer ?? {}) as { location?: Location }
  if (location === undefined)
    throw new CartageError('invalid', 'lifecycle.place', 'msg.answer.location is missing', { field: 'answer.location' })
  const recorded = await kit.cartage.lifecycle.recordPlace(shipment.shipmentId, location)
  kit.badge({ fill: 'green', shape: 'dot', key: 'placed', values: { id: shipment.orderId } })
  return [{ ...message, shipment: recorded.shipment }, null, null]
}

/** Before the courier is asked to forget its booking. */
export async function callOff(kit: Kit, message: FlowMessage, shipment: Shipment): Promise<Outputs> {
  const recorded = await kit.cartage.lifecycle.callOff(shipment.shipmentId)
  kit.badge({ fill: 'yellow', shape: 'dot', key: 'callingOff', values: { id: shipment.orderId } })
  return [{ ...message, shipment: recorded.shipment, provider: recorded.shipment.booking?.partner ?? '' }, null, null]
}

/** Nobody needs to undo that booking any more, which is noted first: a crash in between comes by here again. */
export async function calledOff(kit: Kit, message: FlowMessage, shipment: Shipment): Promise<Outputs> {
  const { lifecycle, compensation } = kit.cartage
  const { booking } = shipment
  if (booking?.calledOffAt !== undefined) await compensation.calledOff(shipment.shipmentId, booking)
  const recorded = await lifecycle.recordCalledOff(shipment.shipmentId)
  kit.badge({ fill: 'green', shape: 'dot', key: 'calledOff', values: { id: shipment.orderId } })
  return [{ ...message, shipment: recorded.shipment }, null, null]
}

export async function stands(kit: Kit, message: FlowMessage, shipment: Shipment): Promise<Outputs> {
  const recorded = await kit.cartage.lifecycle.recordStanding(shipment.shipmentId)
  kit.badge({ fill: 'yellow', shape: 'ring', key: 'stands', values: { id: shipment.orderId } })
  return [{ ...message, shipment: recorded.shipment }, null, null]
}

/**
 * Loads msg.order by any of its references, and all its shipments as msg.shipments. `msg.changedAt` is when a change that this message asks
 * for was made: later than any that is known.
 */
export async function order(kit: Kit, message: FlowMessage, reference: string): Promise<Outputs> {
  const { lifecycle } = kit.cartage
  const named = await lifecycle.get(reference)
  const [shipment] = named ? [named] : await lifecycle.findByReference(normaliseReference(reference))
  const known = await lifecycle.orders.get(shipment?.orderId ?? reference)
  if (known === undefined) {
    kit.badge({ fill: 'yellow', shape: 'ring', key: 'unknown', values: { reference } })
    return [null, null, message]
  }
  const shipments = await Promise.all(shipmentIdsOf(known).map((id) => lifecycle.get(id)))
  kit.badge({ fill: 'green', shape: 'dot', key: 'found', values: { id: known.orderId } })
  const { acceptedAt } = originIn(kit.cartage.tracker, message)
  const after = Date.parse(known.changedAt ?? known.releasedAt) + 1
  const changedAt = new Date(Math.max(Date.parse(acceptedAt), after)).toISOString()
  return [{ ...message, changedAt, order: known, shipments: shipments.filter((one) => one !== undefined) }, null, null]
}
