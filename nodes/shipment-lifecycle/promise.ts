import type { NodeDef } from 'node-red'
import type { Shipment } from '../../engine/canonical/types.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { CartageError } from '../../engine/errors.ts'
import { type Wish, withWish } from '../../engine/promise/record.ts'
import { mayReschedule, tooLate } from '../../engine/promise/reschedule.ts'
import { publishMatched } from '../support/matched.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, isWired, type NodeKit, type Outputs, withFailure } from '../support/register.ts'

/**
 * Whether the wish in msg.payload comes in time and is one that the service keeps, by what was known when it came in: a message
 * that is given again leaves by the same output.
 */
export async function mayChange<C extends NodeDef>(
  kit: NodeKit<C>,
  message: FlowMessage,
  shipment: Shipment,
): Promise<Outputs> {
  const { window } = wishIn(message)
  const asked = Date.parse(originIn(kit.cartage.tracker, message).acceptedAt)
  const refusal = window ? mayReschedule(shipment, window, asked) : tooLate(shipment, asked)
  if (!refusal) return [message, null, null]
  kit.badge({ fill: 'yellow', shape: 'ring', key: 'refused', values: { code: refusal.code } })
  if (!isWired(kit.node, 1)) throw refusal
  return [null, withFailure(message, refusal, kit.node), null]
}

/** The wish in msg.payload becomes the shipment's promise and what the driver is told. */
export async function recordPromise<C extends NodeDef>(
  kit: NodeKit<C>,
  message: FlowMessage,
  shipment: Shipment,
): Promise<Outputs> {
  const wish = wishIn(message)
  const operation = `promise:${deriveId('wish', JSON.stringify([wish.window, wish.safePlace]))}`
  const recorded = await kit.cartage.lifecycle.update(shipment.shipmentId, (now) => withWish(now, wish), operation)
  await publishMatched(kit.cartage, message, recorded.matched)
  kit.badge({ fill: 'green', shape: 'dot', key: 'promised', values: { id: recorded.shipment.orderId } })
  return [{ ...message, shipment: recorded.shipment }, null, null]
}

function wishIn({ payload }: FlowMessage): Wish {
  const { window, safePlace } = (payload ?? {}) as { window?: Partial<Wish['window']>; safePlace?: unknown }
  const place = typeof safePlace === 'string' && safePlace !== ''
  const times = typeof window?.from === 'string' && typeof window.to === 'string'
  if ((window !== undefined && !times) || !(times || place))
    throw new CartageError('invalid', 'lifecycle.wish', 'msg.payload has neither a window nor a safe place', {
      field: 'window',
    })
  return {
    ...(times && { window: { from: window.from!, to: window.to! } }),
    ...(place && { safePlace: safePlace as string }),
  }
}
