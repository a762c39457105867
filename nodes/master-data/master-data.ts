import type { NodeAPI, NodeDef } from 'node-red'
import { type MasterBatch, validate } from '../../engine/canonical/index.ts'
import type { Item, Shipment } from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import { enriched } from '../../engine/master-data/enrich.ts'
import { publishMatched } from '../support/matched.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, type NodeKit, type Outputs, registerNode } from '../support/register.ts'

type Action = 'apply' | 'find' | 'enrich'

interface MasterDataConfig extends NodeDef {
  action: Action
}

type Kit = NodeKit<MasterDataConfig>

export default function (RED: NodeAPI): void {
  registerNode<MasterDataConfig>(RED, 'master-data', (kit) => {
    const actions: Record<Action, (kit: Kit, message: FlowMessage) => Promise<Outputs>> = { apply, find, enrich }
    const action = actions[kit.config.action || 'apply']
    return { rehearsable: true, input: (message, cartage) => action({ ...kit, cartage }, message) }
  })
}

/** The batch in msg.payload holds from one moment on, with all its records. */
async function apply({ cartage, badge }: Kit, message: FlowMessage): Promise<Outputs> {
  const [issue] = validate('master-batch', message.payload)
  if (issue)
    throw new CartageError('invalid', 'master-data.batch', `${issue.field}: ${issue.message}`, { field: issue.field })
  const batch = message.payload as MasterBatch
  const { messageId } = originIn(cartage.tracker, message)
  const state = await cartage.masterData.apply(batch.batchId ?? messageId, batch)
  const n = Object.values(state.counts).reduce((sum, count) => sum + count, 0)
  badge({ fill: 'green', shape: 'dot', key: 'applied', values: { n } })
  return [{ ...message, masterBatch: state } as FlowMessage]
}

/** msg.customer: what is known of who gets the shipment; left away when nothing is. */
async function find({ cartage, badge }: Kit, message: FlowMessage): Promise<Outputs> {
  const { partyId } = shipmentOf(message).consignee
  const customer = partyId === undefined ? undefined : await cartage.masterData.customer(partyId)
  badge({ fill: customer ? 'green' : 'grey', shape: 'dot', key: customer ? 'found' : 'unknown' })
  const { customer: _before, ...rest } = message as FlowMessage & { customer?: unknown }
  return [{ ...rest, ...(customer && { customer }) } as FlowMessage]
}

/** The shipment gets what its order left open and master data know. */
async function enrich({ cartage, badge }: Kit, message: FlowMessage): Promise<Outputs> {
  const { shipmentId, lines, serviceLevel } = shipmentOf(message)
  const { masterData, lifecycle } = cartage
  const found = await Promise.all([...new Set(lines.map(({ sku }) => sku))].map((sku) => masterData.item(sku)))
  const items = found.filter((item): item is Item => item !== undefined)
  const terms = await masterData.serviceLevel(serviceLevel)
  const recorded = await lifecycle.update(shipmentId, (now) => enriched(now, { items, terms }), 'enrich')
  await publishMatched(cartage, message, recorded.matched)
  badge({ fill: 'green', shape: 'dot', key: recorded.changed ? 'enriched' : 'complete' })
  return [{ ...message, shipment: recorded.shipment }]
}

function shipmentOf(message: FlowMessage): Shipment {
  const shipment = message.shipment as Shipment | undefined
  if (!shipment?.shipmentId)
    throw new CartageError('invalid', 'master-data.no-shipment', 'msg.shipment is missing', { field: 'shipment' })
  return shipment
}
