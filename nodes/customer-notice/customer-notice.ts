import type { NodeAPI, NodeDef } from 'node-red'
import type { CloudEvent } from '../../engine/canonical/index.ts'
import type { Customer, Shipment } from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import { type NoticeDefaults, noticeOf, type Told, type Withheld, zoneOfCustomer } from '../../engine/notices/notice.ts'
import { quietUntil } from '../../engine/notices/quiet.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, type NodeKit, type Outputs, registerNode } from '../support/register.ts'

interface CustomerNoticeConfig extends NodeDef {
  /** Where master data says nothing. */
  language: string
  quietFrom: string
  quietUntil: string
}

export default function (RED: NodeAPI): void {
  registerNode<CustomerNoticeConfig>(RED, 'customer-notice', (kit) => ({
    rehearsable: true,
    input: (message, cartage) => tell({ ...kit, cartage }, message),
  }))
}

/** Decides by which way the customer is told; in their quiet hours the message waits, in the store, until these are over. */
async function tell(kit: NodeKit<CustomerNoticeConfig>, message: FlowMessage): Promise<Outputs> {
  const { cartage, badge, config } = kit
  const shipment = shipmentOf(message)
  const customer = (message as { customer?: Customer }).customer
  const { quietFrom = '21:00', quietUntil: ends = '08:00', language = 'en' } = config
  const defaults: NoticeDefaults = { language, quietFrom, quietUntil: ends, publicUrl: cartage.publicUrl }
  const { messageId } = originIn(cartage.tracker, message)
  const notice = noticeOf(toldIn(message, shipment, messageId), shipment, customer, defaults)
  if ('withheld' in notice) {
    await record(cartage, notice)
    badge({ fill: 'grey', shape: 'ring', key: 'withheld', values: { why: notice.withheld } })
    return [null, null, { ...message, notice } as FlowMessage]
  }
  waitForMorning(cartage.hub.clock.now(), shipment, customer, defaults)
  badge({ fill: 'green', shape: 'dot', key: 'told', values: { milestone: notice.milestone } })
  const out = { ...message, notice } as FlowMessage
  return notice.channel === 'email' ? [out, null, null] : [null, out, null]
}

/** Thrown as a pause: the delivery stays open and comes again when the quiet hours are over, those of one shipment in their order. */
function waitForMorning(
  now: number,
  shipment: Shipment,
  customer: Customer | undefined,
  defaults: NoticeDefaults,
): void {
  const { quietFrom: from = defaults.quietFrom, quietUntil: until = defaults.quietUntil } = customer?.notices ?? {}
  const ends = quietUntil(now, { from, until, zone: zoneOfCustomer(shipment, customer) })
  if (ends === undefined) return
  const at = new Date(ends).toISOString()
  throw new CartageError('throttled', 'notice.quiet', `quiet hours of the customer until ${at}`, {
    retryAfterMs: ends - now,
  })
}

/** Who did not want to hear of it, or could not: on record, without their address. */
async function record({ hub, rehearsal }: CartageRuntime, { noticeId, milestone, withheld }: Withheld): Promise<void> {
  if (rehearsal) return
  const details = { milestone, why: withheld }
  await hub.store.audit.append({ actor: 'system', action: 'notice.withheld', subject: noticeId, details })
}

/**
 * A canonical event, or what was promised (channel shipments.promised). An attempt is told once; a promise each time that it is made: one
 * that comes back to an earlier window is news as well.
 */
function toldIn({ payload }: FlowMessage, shipment: Shipment, messageId: string): Told {
  const { type, data, cause } = (payload ?? {}) as Partial<CloudEvent> & { cause?: string }
  if (typeof type === 'string') {
    const attempt = data?.attempt ?? shipment.timeline.find(({ eventId }) => eventId === data?.eventId)?.attempt
    return { milestone: type, occasion: type.startsWith('delivery.') ? String(attempt ?? 1) : '' }
  }
  if (typeof cause === 'string') return { milestone: `promise.${cause}`, occasion: messageId }
  throw new CartageError('invalid', 'notice.milestone', 'msg.payload is neither an event nor a promise', {
    field: 'payload',
  })
}

function shipmentOf({ shipment }: FlowMessage): Shipment {
  if ((shipment as Shipment | undefined)?.shipmentId) return shipment as Shipment
  throw new CartageError('invalid', 'notice.no-shipment', 'msg.shipment is missing', { field: 'shipment' })
}
