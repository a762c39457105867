import type { NodeAPI, NodeDef } from 'node-red'
import type { CloudEvent } from '../../engine/canonical/index.ts'
import type { DeliveryEvent, Money, Shipment } from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import { Billing, type BillingRecord, type BillingStatus, type InvoiceRule } from '../../engine/settlement/billing.ts'
import { type FlowMessage, type NodeKit, type Outputs, registerNode } from '../support/register.ts'
import { typedText } from '../support/typed.ts'

type What = 'released' | 'held' | 'accepted' | 'credited'

interface SettlementConfig extends NodeDef {
  action: 'judge' | 'clear' | 'note'
  /** When several shipments of one order are invoiced. */
  rule: string
  ruleType: string
  /** What is noted. */
  what: What
}

type Kit = NodeKit<SettlementConfig>

const STATUS: Readonly<Record<What, BillingStatus>> = {
  released: 'released',
  held: 'held',
  accepted: 'pending',
  credited: 'corrected',
}

export default function (RED: NodeAPI): void {
  registerNode<SettlementConfig>(RED, 'settlement', (kit) => {
    const action = { judge, clear, note }[kit.config.action || 'judge']
    return {
      rehearsable: true,
      input: (message, cartage) => {
        const { documents } = cartage.hub.store
        return action({ ...kit, cartage }, message, new Billing({ documents, clock: cartage.hub.clock }))
      },
    }
  })
}

/** What was handed over, line by line. A proof of what nobody has delivered yet leaves by the second output. */
async function judge({ badge }: Kit, message: FlowMessage, billing: Billing): Promise<Outputs> {
  const event = (message.payload as CloudEvent | undefined)?.data as DeliveryEvent | undefined
  if (!event?.type)
    throw new CartageError('invalid', 'settlement.no-event', 'msg.payload is no event', { field: 'payload' })
  const record = await billing.judge(shipmentOf(message), event)
  if (!record?.delivered) {
    badge({ fill: 'grey', shape: 'ring', key: 'early' })
    return [null, message]
  }
  const { outcome } = record.delivered
  badge({ fill: outcome === 'whole' ? 'green' : 'yellow', shape: 'dot', key: outcome })
  return [{ ...message, billing: record }, null]
}

/** Which shipments may be invoiced now: each a message of its own. */
async function clear(kit: Kit, message: FlowMessage, billing: Billing): Promise<Outputs> {
  const { cartage, badge, config } = kit
  const field = { value: config.rule || 'complete', type: config.ruleType || 'str' }
  const rule = await typedText(kit, 'rule', field, message)
  if (!isRule(rule))
    throw new CartageError('invalid', 'settlement.rule', 'the rule is neither "each" nor "complete"', { field: 'rule' })
  const partsOf = (orderId: string) => cartage.lifecycle.findByReference(orderId, 'order')
  const { invoice, waitsFor } = await billing.clear(shipmentOf(message), rule, partsOf)
  badge(
    waitsFor.length > 0
      ? { fill: 'yellow', shape: 'ring', key: 'waits', values: { n: waitsFor.length } }
      : { fill: 'green', shape: 'dot', key: 'cleared', values: { n: invoice.length } },
  )
  return [invoice.map((shipment) => ({ ...message, shipment })), waitsFor.length > 0 ? message : null]
}

/** What became of the invoice; msg.payload then tells it to others. */
async function note({ badge, config }: Kit, message: FlowMessage, billing: Billing): Promise<Outputs> {
  const { shipmentId, orderId } = shipmentOf(message)
  const what = config.what || 'released'
  const answer = (message.answer ?? {}) as { invoiceId?: string; net?: Money; creditNote?: string }
  const hold = what === 'held' ? reasonOf(message) : undefined
  const record = await billing.note(
    { shipmentId, orderId },
    {
      status: STATUS[what],
      ...(answer.invoiceId !== undefined && { invoice: answer.invoiceId }),
      ...(answer.net !== undefined && { net: answer.net }),
      ...(answer.creditNote !== undefined && { creditNote: answer.creditNote }),
      ...(hold && { hold }),
    },
  )
  badge({ fill: what === 'held' ? 'yellow' : 'green', shape: 'dot', key: what })
  const told = {
    ...{ shipmentId, orderId, what, at: record.updatedAt },
    ...(record.invoice !== undefined && { invoice: record.invoice }),
    ...(hold && { why: hold.why }),
  }
  return [{ ...message, billing: record, payload: told }, null]
}

/** Of a refused proof its failure, else what the judgement of the delivery says; never in the recipient's own words. */
function reasonOf(message: FlowMessage): { code: string; why: string } {
  const { failure } = message
  if (failure) return { code: failure.code, why: failure.message }
  const delivered = (message.billing as BillingRecord | undefined)?.delivered
  return { code: 'delivery.unclear', why: delivered?.outcome === 'unclear' ? delivered.why : 'held by the flow' }
}

function isRule(rule: string): rule is InvoiceRule {
  return rule === 'each' || rule === 'complete'
}

function shipmentOf(message: FlowMessage): Shipment {
  const shipment = message.shipment as Shipment | undefined
  if (!shipment?.shipmentId)
    throw new CartageError('invalid', 'settlement.no-shipment', 'msg.shipment is missing', { field: 'shipment' })
  return shipment
}
