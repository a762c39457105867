import type { NodeAPI, NodeDef } from 'node-red'
import { validate } from '../../engine/canonical/index.ts'
import type { Charge, Settlement } from '../../engine/canonical/types.ts'
import { CAUSE_HEADER } from '../../engine/delivery/cause.ts'
import { CartageError } from '../../engine/errors.ts'
import { type Bill, Charges, type Received } from '../../engine/settlement/charges.ts'
import { parseTolerance, type Tolerance } from '../../engine/settlement/tolerance.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, type NodeKit, type Outputs, registerNode, withFailure } from '../support/register.ts'
import type { CartageRuntime } from '../support/runtime.ts'

interface ChargesConfig extends NodeDef {
  action: 'match' | 'bill' | 'posted'
  /** How far a charge may be from what was agreed: `0.50 2%; fuel 5%`. */
  tolerance: string
}

type Kit = NodeKit<ChargesConfig>
type Action = (kit: Kit, message: FlowMessage, charges: Charges, tolerance: Tolerance) => Promise<Outputs>

const ACTIONS: Readonly<Record<ChargesConfig['action'], Action>> = { match, bill, posted }

export default function (RED: NodeAPI): void {
  registerNode<ChargesConfig>(RED, 'charges', (kit) => {
    const action = ACTIONS[kit.config.action || 'match']
    const tolerance = parseTolerance(kit.config.tolerance ?? '')
    return {
      rehearsable: true,
      input: (message, cartage) => action({ ...kit, cartage }, message, chargesOf(cartage), tolerance),
    }
  })
}

function chargesOf({ hub, lifecycle, partners, profiles }: CartageRuntime): Charges {
  return new Charges({
    documents: hub.store.documents,
    clock: hub.clock,
    async shipmentOf(reference, courier) {
      const named = await lifecycle.get(reference)
      const found = named ? [named] : await lifecycle.findByReference(reference)
      return found.findLast(({ booking }) => booking?.partner === courier) ?? found.at(-1)
    },
    pricesOf: (courier) => partners.get(courier)?.profile ?? profiles.get(courier),
  })
}

/** Against what was agreed: decided, for finance, or a duplicate. */
async function match(kit: Kit, message: FlowMessage, charges: Charges, tolerance: Tolerance): Promise<Outputs> {
  const received = await receive(kit, message, charges, tolerance)
  const { outcome, entry, why } = received
  const told = { ...message, charge: entry }
  if (outcome === 'duplicate') {
    kit.badge({ fill: 'red', shape: 'ring', key: 'duplicate', values: { id: entry.chargeId } })
    const error = new CartageError('refused', 'charges.duplicate', why ?? 'the charge came before', {
      field: 'invoice',
    })
    return [null, null, withFailure(told, error, kit.node)]
  }
  const isOpen = entry.state === 'mismatched' || entry.state === 'proposed'
  kit.badge({ fill: isOpen ? 'yellow' : 'green', shape: 'dot', key: entry.state, values: { id: entry.chargeId } })
  return isOpen ? [null, told, null] : [await billFor(charges, entry.entryId, told), null, null]
}

async function receive(
  { cartage }: Kit,
  message: FlowMessage,
  charges: Charges,
  tolerance: Tolerance,
): Promise<Received> {
  const origin = originIn(cartage.tracker, message)
  if (validate('settlement', message.payload).length === 0) {
    const settlement = message.payload as Settlement
    const [first] = settlement.charges
    const shipment = (await cartage.lifecycle.findByReference(settlement.orderId, 'order')).at(-1)
    const courier = shipment?.booking?.partner ?? message.partner
    if (courier === undefined) throw unknown(first ?? settlement.settlementId)
    return charges.receiveCash(settlement, courier, tolerance)
  }
  const [issue] = validate('charge', message.payload)
  if (issue)
    throw new CartageError('invalid', 'charges.payload', `${issue.field}: ${issue.message}`, { field: issue.field })
  return charges.receive(message.payload as Charge, tolerance, origin.headers[CAUSE_HEADER] ?? origin.messageId)
}

/** After a decision of finance: the bill, if it was the last that was open. */
async function bill({ badge }: Kit, message: FlowMessage, charges: Charges): Promise<Outputs> {
  const { entryId } = (message.payload ?? {}) as { entryId?: unknown }
  if (typeof entryId !== 'string')
    throw new CartageError('invalid', 'charges.entry', 'msg.payload.entryId is missing', { field: 'payload.entryId' })
  const ready = await billFor(charges, entryId, message)
  badge({ fill: ready ? 'green' : 'grey', shape: ready ? 'dot' : 'ring', key: ready ? 'complete' : 'open' })
  return [ready, null, null]
}

async function billFor(charges: Charges, entryId: string, message: FlowMessage): Promise<FlowMessage | null> {
  const found = await charges.billOf(entryId)
  return found ? { ...message, payload: found as unknown as FlowMessage['payload'] } : null
}

/** msg.answer says under which number the books have the bill. */
async function posted({ badge }: Kit, message: FlowMessage, charges: Charges): Promise<Outputs> {
  const { courier, invoice } = (message.payload ?? {}) as Partial<Bill>
  const { billId } = (message.answer ?? {}) as { billId?: string }
  if (!courier || !invoice)
    throw new CartageError('invalid', 'charges.bill', 'msg.payload is no bill', { field: 'payload' })
  await charges.posted({ courier, invoice }, billId ?? '')
  badge({ fill: 'green', shape: 'dot', key: 'posted', values: { id: invoice } })
  return [message, null, null]
}

function unknown(id: string): CartageError {
  return new CartageError('invalid', 'charges.courier', `nobody knows which courier ${id} is from`, {
    field: 'orderId',
  })
}
