import type { NodeAPI, NodeDef } from 'node-red'
import { type CloudEvent, cloudEvent, validate } from '../../engine/canonical/index.ts'
import type {
  Booking,
  Case,
  CaseReference,
  DeliveryEvent,
  FulfilmentOrder,
  Order,
  ReturnOrder,
  RouteAssignment,
  Shipment,
} from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import { eventOf, publishMatched } from '../support/matched.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, isWired, type NodeKit, type Outputs, registerNode } from '../support/register.ts'
import { typedText } from '../support/typed.ts'
import { callOff, calledOff, hold, order, place, stands } from './order-actions.ts'
import { mayChange, recordPromise } from './promise.ts'

type Action =
  | 'create'
  | 'apply'
  | 'booking'
  | 'fulfilment'
  | 'route'
  | 'case'
  | 'find'
  | 'cancel'
  | 'reschedulable'
  | 'promise'
  | ('order' | 'hold' | 'place' | 'callOff' | 'calledOff' | 'stands')

interface ShipmentLifecycleConfig extends NodeDef {
  action: Action
  reference: string
  referenceType: string
}

type Kit = NodeKit<ShipmentLifecycleConfig>

export default function (RED: NodeAPI): void {
  registerNode<ShipmentLifecycleConfig>(RED, 'shipment-lifecycle', (kit) => {
    const actions: Record<Action, (kit: Kit, message: FlowMessage) => Promise<Outputs>> = {
      create,
      apply,
      booking,
      fulfilment,
      route,
      case: recordCase,
      find,
      cancel,
      reschedulable: (known, message) => mayChange(known, message, shipmentOf(message)),
      promise: (known, message) => recordPromise(known, message, shipmentOf(message)),
      order: loadOrder,
      hold: onShipment(hold),
      place: onShipment(place),
      callOff: onShipment(callOff),
      calledOff: onShipment(calledOff),
      stands: onShipment(stands),
    }
    const action = actions[kit.config.action || 'apply']
    return { rehearsable: true, input: (message, cartage) => action({ ...kit, cartage }, message) }
  })
}

/**
 * A released order becomes a shipment, or one for each of its parts. The same order again gives the same; a change that says when it was
 * made is followed; other content under its id is refused.
 */
async function create(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const { lifecycle, tracker } = kit.cartage
  const issues = validate('order', message.payload)
  if (issues[0])
    throw new CartageError('invalid', 'lifecycle.order', `${issues[0].field}: ${issues[0].message}`, {
      field: issues[0].field,
    })
  const { correlationId } = originIn(tracker, message)
  const returned = message.return as ReturnOrder | undefined
  const created = await lifecycle.create(message.payload as Order, {
    correlationId,
    ...(returned && { returnOrderId: returned.returnOrderId }),
  })
  if (created.outcome === 'conflict')
    throw new CartageError(
      'refused',
      'lifecycle.order-changed',
      `order ${created.shipment.orderId} is known with other content`,
    )
  await publishMatched(kit.cartage, message, created.matched)
  const key = created.outcome === 'changed' ? 'changed' : 'created'
  kit.badge({ fill: 'green', shape: 'dot', key, values: { id: created.shipment.orderId } })
  return [created.shipments.map((shipment) => ({ ...message, shipment })), null, null]
}

/** A canonical event moves the shipment, is noted in its timeline, or waits for a shipment that is not known yet. */
async function apply(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const event = message.payload as CloudEvent
  const issues = validate('delivery-event', event?.data)
  if (issues[0])
    throw new CartageError('invalid', 'lifecycle.event', `${issues[0].field}: ${issues[0].message}`, {
      field: issues[0].field,
    })
  const { cause } = originIn(kit.cartage.tracker, message)
  const result = await kit.cartage.lifecycle.apply(event.data as DeliveryEvent, cause)
  if (result.outcome === 'parked') {
    kit.badge({ fill: 'yellow', shape: 'ring', key: 'parked', values: { reference: result.event.shipmentRef.value } })
    return [null, null, message]
  }
  const out: FlowMessage = { ...message, payload: eventOf(result), shipment: result.shipment }
  kit.badge({ fill: 'green', shape: 'dot', key: result.outcome, values: { type: result.event.type } })
  return result.outcome === 'moved' ? [out, null, null] : [null, out, null]
}

/** The courier's answer (msg.answer) becomes the shipment's booking; from here on the courier's own ids find it. */
async function booking(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const { lifecycle, hub } = kit.cartage
  const shipment = shipmentOf(message)
  const { eta, ...answer } = (message.answer ?? {}) as Omit<Booking, 'partner' | 'bookedAt'> & { eta?: string }
  if (!answer.bookingId || !message.provider)
    throw new CartageError('invalid', 'lifecycle.booking', 'msg.answer.bookingId or msg.provider is missing', {
      field: 'answer.bookingId',
    })
  const bookedAt = new Date(hub.clock.now()).toISOString()
  const recorded = await lifecycle.recordBooking(shipment.shipmentId, {
    ...answer,
    partner: message.provider,
    bookedAt,
  })
  await publishMatched(kit.cartage, message, recorded.matched)
  let current = recorded.shipment
  if (eta && !current.eta) {
    const foretold = await lifecycle.update(shipment.shipmentId, (now) => ({ ...now, eta }))
    await publishMatched(kit.cartage, message, foretold.matched)
    current = foretold.shipment
  }
  kit.badge({
    fill: 'green',
    shape: 'dot',
    key: 'booked',
    values: { id: brief(current.booking?.trackingNumber ?? answer.bookingId) },
  })
  return [{ ...message, shipment: current }, null, null]
}

/** What the warehouse reports (msg.payload, a fulfilment order): how far it is, what it packed, what it shipped. */
async function fulfilment(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const issues = validate('fulfilment-order', message.payload)
  if (issues[0])
    throw new CartageError('invalid', 'lifecycle.fulfilment', `${issues[0].field}: ${issues[0].message}`, {
      field: issues[0].field,
    })
  const reported = message.payload as FulfilmentOrder
  const recorded = await kit.cartage.lifecycle.recordFulfilment(shipmentOf(message).shipmentId, reported)
  await publishMatched(kit.cartage, message, recorded.matched)
  kit.badge({ fill: 'green', shape: 'dot', key: 'fulfilment', values: { status: reported.status } })
  return [{ ...message, shipment: recorded.shipment }, null, null]
}

/** Where a planner has put it (msg.answer): its place in a route, and when the vehicle is to be there. */
async function route(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const { arrivesAt, ...assignment } = (message.answer ?? {}) as RouteAssignment & { arrivesAt?: string }
  const { shipmentId } = shipmentOf(message)
  const recorded = await kit.cartage.lifecycle.recordRoute(shipmentId, assignment, arrivesAt)
  await publishMatched(kit.cartage, message, recorded.matched)
  kit.badge({ fill: 'green', shape: 'dot', key: 'routed', values: { id: recorded.shipment.orderId } })
  return [{ ...message, shipment: recorded.shipment }, null, null]
}

/** A case at customer service (msg.answer) is noted at the shipment, or noted as solved. */
async function recordCase(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const { caseId, externalId, status } = (message.answer ?? {}) as Partial<Case>
  if (!caseId || !status)
    throw new CartageError('invalid', 'lifecycle.case', 'msg.answer.caseId or status is missing', {
      field: 'answer.caseId',
    })
  const { kind, cause } = (message.problem ?? {}) as Pick<CaseReference, 'cause'> & Partial<Pick<Case, 'kind'>>
  const about = { ...(kind && { kind }), ...(cause && { cause }) }
  const facts = { caseId, status, ...(externalId !== undefined && { externalId }), ...about }
  const recorded = await kit.cartage.lifecycle.recordCase(shipmentOf(message).shipmentId, facts)
  await publishMatched(kit.cartage, message, recorded.matched)
  kit.badge({ fill: 'green', shape: 'dot', key: 'case', values: { id: caseId, status } })
  return [{ ...message, shipment: recorded.shipment }, null, null]
}

function onShipment(act: (kit: Kit, message: FlowMessage, shipment: Shipment) => Promise<Outputs>) {
  return async (kit: Kit, message: FlowMessage) => act(kit, message, shipmentOf(message))
}

async function loadOrder(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const reference = await referenceOf(kit, message)
  const found = await order(kit, message, reference)
  if (found[0] || isWired(kit.node, 2)) return found
  throw new CartageError('transient', 'lifecycle.unknown-order', `no order has the reference ${reference}`, {
    field: 'reference',
  })
}

async function referenceOf(kit: Kit, message: FlowMessage): Promise<string> {
  const { reference: value, referenceType: type } = kit.config
  return type && type !== 'auto' ? typedText(kit, 'reference', { value, type }, message) : referenceIn(message)
}

/** Load msg.shipment by any of its references. */
async function find(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const { cartage, badge } = kit
  const value = await referenceOf(kit, message)
  const shipment = (await cartage.lifecycle.get(value)) ?? (await cartage.lifecycle.findByReference(value)).at(-1)
  badge(
    shipment
      ? { fill: 'green', shape: 'dot', key: 'found', values: { id: shipment.orderId } }
      : { fill: 'yellow', shape: 'ring', key: 'unknown', values: { reference: value } },
  )
  if (shipment) return [{ ...message, shipment }, null, null]
  // It may come yet (a booking or a case that is being recorded): tried again, unless the flow has a way of its own for it.
  if (!isWired(kit.node, 2))
    throw new CartageError('transient', 'lifecycle.unknown-shipment', `no shipment has the reference ${value}`, {
      field: 'reference',
    })
  return [null, null, message]
}

/** The shipment is called off. The event's id is derived from the message, so a redelivery cancels once. */
async function cancel(kit: Kit, message: FlowMessage): Promise<Outputs> {
  const shipment = shipmentOf(message)
  const origin = originIn(kit.cartage.tracker, message)
  const event: DeliveryEvent = {
    eventId: `cancel-${origin.messageId}`,
    type: 'shipment.cancelled',
    shipmentId: shipment.shipmentId,
    shipmentRef: { type: 'order', value: shipment.orderId },
    occurredAt: origin.acceptedAt,
    receivedAt: origin.acceptedAt,
    source: 'API',
    provider: 'hub',
    rawCode: 'cancel',
    dedupKey: `cancel:${shipment.shipmentId}`,
    mappingVersion: '1.0.0',
  }
  return apply(kit, { ...message, payload: cloudEvent({ data: event, correlationId: shipment.correlationId }) })
}

/** A badge has room for so much of a number, below its node. */
function brief(id: string): string {
  return id.length > 14 ? `${id.slice(0, 13)}…` : id
}

function shipmentOf(message: FlowMessage): Shipment {
  const shipment = message.shipment as Shipment | undefined
  if (!shipment?.shipmentId)
    throw new CartageError('invalid', 'lifecycle.no-shipment', 'msg.shipment is missing', { field: 'shipment' })
  return shipment
}

function referenceIn(message: FlowMessage): string {
  const payload = (message.payload ?? {}) as Record<string, unknown> & { data?: Record<string, unknown> }
  const candidates = [payload.data?.shipmentId, payload.subject, payload.shipmentId, payload.orderId, payload.reference]
  const found = candidates.find((candidate) => typeof candidate === 'string' && candidate !== '')
  if (typeof found !== 'string')
    throw new CartageError('invalid', 'lifecycle.reference', 'the message names no shipment', { field: 'payload' })
  return found
}
