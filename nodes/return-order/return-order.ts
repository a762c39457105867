import type { NodeAPI, NodeDef } from 'node-red'
import { type CloudEvent, validate } from '../../engine/canonical/index.ts'
import type { DeliveryEvent, ReturnOrder, ReturnReceipt, Shipment } from '../../engine/canonical/types.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { CartageError } from '../../engine/errors.ts'
import { withBooking, withCredit, withEvent, withReceipt } from '../../engine/returns/progress.ts'
import type { Wish } from '../../engine/returns/return-orders.ts'
import { tripOf } from '../../engine/returns/trip.ts'
import { type FlowMessage, type NodeKit, type Outputs, registerNode } from '../support/register.ts'

type Action = 'request' | 'comesBack' | 'booked' | 'event' | 'receipt' | 'credited'

interface ReturnOrderConfig extends NodeDef {
  action: Action
}

type Kit = NodeKit<ReturnOrderConfig>
type Act = (kit: Kit, message: FlowMessage) => Promise<{ order: ReturnOrder; payload?: unknown }>

export default function (RED: NodeAPI): void {
  registerNode<ReturnOrderConfig>(RED, 'return-order', (kit) => {
    const actions: Record<Action, Act> = { request, comesBack, booked, event, receipt, credited }
    const action = actions[kit.config.action || 'request']
    return {
      async input(message, cartage) {
        const { order, payload = order } = await action({ ...kit, cartage }, message)
        kit.badge({ fill: 'green', shape: 'dot', key: 'status', values: { status: order.status } })
        return [{ ...message, return: order, payload }] as Outputs
      },
    }
  })
}

/** A customer sends goods back (msg.payload, as the API hands it over): msg.payload becomes what a courier is to carry. */
async function request({ cartage }: Kit, message: FlowMessage) {
  const { returnOrderId, kind, lines, reason } = (message.payload ?? {}) as Partial<Wish>
  if (typeof returnOrderId !== 'string' || (kind !== 'customer' && kind !== 'damaged'))
    throw new CartageError('invalid', 'return.command', 'msg.payload needs returnOrderId and kind')
  const wish = { returnOrderId, kind, ...(lines && { lines }), ...(reason && { reason }) }
  const shipment = shipmentOf(message)
  const order = await cartage.returns.request(shipment, wish)
  return { order, payload: tripOf(order, shipment) }
}

/** A courier brings goods back without having been asked: what it did not deliver, or was refused at the door. */
async function comesBack({ cartage }: Kit, message: FlowMessage) {
  const shipment = shipmentOf(message)
  const { type, reason, lines } = eventOf(message)
  const refused = (lines ?? []).flatMap(({ lineId, sku, refused: quantity = 0 }) => {
    const line = shipment.lines.find((one) => (lineId === undefined ? one.sku === sku : one.lineId === lineId))
    return line && quantity > 0 ? [{ lineId: line.lineId, quantity }] : []
  })
  const isRefused = reason === 'recipient.refused'
  const kind = type === 'delivery.completed' ? 'partial' : isRefused ? 'refused' : 'undeliverable'
  // It comes back once, however often and with however many reasons the courier says so.
  const returnOrderId = `ret_${deriveId('comes-back', shipment.shipmentId)}`
  const wish = {
    returnOrderId,
    kind,
    ...(refused.length > 0 && { lines: refused }),
    ...(reason && { reason }),
  } as const
  return { order: await cartage.returns.request(shipment, wish) }
}

/** A courier is booked for it: msg.shipment is the shipment that brings it back. */
async function booked({ cartage }: Kit, message: FlowMessage) {
  const shipment = shipmentOf(message)
  return { order: await cartage.returns.update(returnIdIn(shipment), (order) => withBooking(order, shipment)) }
}

/** What a courier tells of the way back (msg.payload, a canonical event). */
async function event({ cartage }: Kit, message: FlowMessage) {
  const told = eventOf(message)
  return { order: await cartage.returns.update(returnIdIn(shipmentOf(message)), (order) => withEvent(order, told)) }
}

/** What the warehouse found (msg.payload, a canonical return receipt). */
async function receipt({ cartage }: Kit, message: FlowMessage) {
  const [issue] = validate('return-receipt', message.payload)
  if (issue)
    throw new CartageError('invalid', 'return.receipt', `${issue.field}: ${issue.message}`, { field: issue.field })
  const found = message.payload as ReturnReceipt
  return { order: await cartage.returns.update(found.returnOrderId, (order) => withReceipt(order, found)) }
}

/** The ERP's answer (msg.answer) to the credit. */
async function credited({ cartage }: Kit, message: FlowMessage) {
  const { creditNote } = (message.answer ?? {}) as { creditNote?: unknown }
  const { returnOrderId } = (message.return ?? message.payload ?? {}) as Partial<ReturnOrder>
  if (typeof creditNote !== 'string' || returnOrderId === undefined)
    throw new CartageError('invalid', 'return.credit', 'msg.answer.creditNote or the return is missing')
  return { order: await cartage.returns.update(returnOrderId, (order) => withCredit(order, creditNote)) }
}

function eventOf(message: FlowMessage): DeliveryEvent {
  const data = (message.payload as Partial<CloudEvent> | undefined)?.data
  const [issue] = validate('delivery-event', data)
  if (issue)
    throw new CartageError('invalid', 'return.event', `${issue.field}: ${issue.message}`, { field: issue.field })
  return data as DeliveryEvent
}

function returnIdIn({ returnOrderId }: Shipment): string {
  if (returnOrderId !== undefined) return returnOrderId
  throw new CartageError('invalid', 'return.no-return', 'msg.shipment brings nothing back', { field: 'shipment' })
}

function shipmentOf(message: FlowMessage): Shipment {
  const shipment = message.shipment as Shipment | undefined
  if (!shipment?.shipmentId)
    throw new CartageError('invalid', 'return.no-shipment', 'msg.shipment is missing', { field: 'shipment' })
  return shipment
}
