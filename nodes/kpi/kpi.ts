import type { NodeAPI, NodeDef } from 'node-red'
import { CartageError } from '../../engine/errors.ts'
import { periodOf } from '../../engine/kpi/period.ts'
import { KpiRecords } from '../../engine/kpi/records.ts'
import { type FlowMessage, type NodeKit, type Outputs, registerNode } from '../support/register.ts'
import type { CartageRuntime } from '../support/runtime.ts'

interface KpiConfig extends NodeDef {
  action: 'note' | 'read' | 'recount'
}

type Kit = NodeKit<KpiConfig>
type Action = (kit: Kit, message: FlowMessage, kpi: KpiRecords) => Promise<Outputs>

/** What a message may say of a shipment: a canonical event, a booking, something about its invoice. */
interface About {
  shipmentId?: unknown
  subject?: unknown
  data?: { shipmentId?: unknown }
  what?: unknown
  at?: unknown
}

const ACTIONS: Readonly<Record<KpiConfig['action'], Action>> = { note, read, recount }

export default function (RED: NodeAPI): void {
  registerNode<KpiConfig>(RED, 'kpi', (kit) => {
    const action = ACTIONS[kit.config.action || 'note']
    return { rehearsable: true, input: (message, cartage) => action(kit, message, recordsOf(cartage)) }
  })
}

function recordsOf({ hub }: CartageRuntime): KpiRecords {
  return new KpiRecords({ documents: hub.store.documents, clock: hub.clock })
}

/** Only whose shipment it is counts: the facts are made from the shipment as it is stored. */
async function note({ badge }: Kit, message: FlowMessage, kpi: KpiRecords): Promise<Outputs> {
  const about = (message.payload ?? {}) as About
  const shipmentId = [about.data?.shipmentId, about.shipmentId, about.subject].find(
    (id) => typeof id === 'string' && id,
  )
  if (typeof shipmentId !== 'string')
    throw new CartageError('invalid', 'kpi.shipment', 'the message names no shipment', { field: 'payload.shipmentId' })
  const invoicedAt = about.what === 'released' ? Date.parse(String(about.at)) : Number.NaN
  await kpi.note(shipmentId, Number.isNaN(invoicedAt) ? {} : { invoicedAt })
  badge({ fill: 'green', shape: 'dot', key: 'noted', values: { id: shipmentId } })
  return [message]
}

async function read({ badge, cartage }: Kit, message: FlowMessage, kpi: KpiRecords): Promise<Outputs> {
  const figures = await kpi.figures(periodOf(message.payload, cartage.hub.clock.now()))
  badge({ fill: 'green', shape: 'dot', key: 'read', values: { from: figures.from.slice(0, 10), n: figures.ended } })
  return [{ ...message, payload: figures }]
}

async function recount({ badge }: Kit, message: FlowMessage, kpi: KpiRecords): Promise<Outputs> {
  badge({ fill: 'blue', shape: 'dot', key: 'counting' })
  const shipments = await kpi.recount()
  badge({ fill: 'green', shape: 'dot', key: 'counted', values: { n: shipments } })
  return [{ ...message, payload: { shipments } }]
}
