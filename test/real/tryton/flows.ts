import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tryton } from '../../support/servers/tryton.ts'

/** Packed shipments of the ERP go to a courier; what the courier proves goes back to the ERP. */
export function writeFlows(folder: string, tryton: Tryton): void {
  mkdirSync(folder, { recursive: true })
  const write = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content))
  write('_order.json', ['tab'])
  write('_global.json', [erpNode(tryton), { id: 'courier', type: 'partner', name: 'Courier', template: 'onfleet' }])
  write('tab.json', [
    { id: 'tab', type: 'tab', label: 'From the sale to the invoice' },
    ...release(),
    ...road(),
    ...invoice(),
  ])
}

function erpNode(tryton: Tryton) {
  const parameters = {
    database: tryton.database,
    company: String(tryton.ids.company),
    version: '6.0',
    warehouse: 'WH',
    parcelWeightKg: '4',
  }
  return { id: 'erp', type: 'partner', name: 'ERP', template: 'tryton', parameters: JSON.stringify(parameters) }
}

const posting = { inputType: 'jsonata', partner: 'erp', perSecond: '', window: '', subject: '' }
const shipment = { type: 'shipment-lifecycle', reference: '', referenceType: 'auto' }

function release() {
  const book = { operation: 'book', input: 'shipment', inputType: 'msg', onUnreachable: 'retry', subject: '' }
  return onTab([
    { id: 'ask', type: 'poll-in', partner: 'erp', everySeconds: 1, ordered: true, wires: [['order'], []] },
    {
      ...{ id: 'order', type: 'canonical-mapper', partner: 'erp', direction: 'in', entity: 'order' },
      ...{ mapping: 'orders.jsonata', mappingType: 'template', wires: [['once'], []] },
    },
    {
      ...{ id: 'once', type: 'idempotency-guard', key: 'payload.orderId', keyType: 'jsonata', scope: 'orders' },
      ...{ ttlDays: 30, wires: [['make'], []] },
    },
    { ...shipment, id: 'make', action: 'create', wires: [['book'], [], []] },
    { id: 'book', type: 'provider-connector', partner: 'courier', ...book, wires: [['note'], [], []] },
    { ...shipment, id: 'note', action: 'booking', wires: [['tell'], [], []] },
    {
      ...{ id: 'tell', type: 'erp-poster', operation: 'confirmBooking', ...posting },
      ...{ input: '{ "shipment": shipment }', wires: [[], []] },
    },
  ])
}

function road() {
  return onTab([
    { id: 'hook', type: 'webhook-in', partner: 'courier', path: '', ordered: true, wires: [['event']] },
    {
      ...{ id: 'event', type: 'canonical-mapper', partner: 'courier', direction: 'in', entity: 'delivery-event' },
      ...{ mapping: 'webhook.jsonata', mappingType: 'template', wires: [['first'], []] },
    },
    {
      ...{ id: 'first', type: 'idempotency-guard', key: '', keyType: 'auto', scope: 'delivery-events', ttlDays: 30 },
      wires: [['move'], []],
    },
    { ...shipment, id: 'move', action: 'apply', wires: [['all'], ['all'], []] },
    { id: 'all', type: 'event-out', channel: 'shipments.events', channelType: 'str', key: '', keyType: 'auto' },
  ])
}

function invoice() {
  const delivered = { t: 'eq', v: 'delivery.completed', vt: 'str' }
  return onTab([
    {
      ...{ id: 'told', type: 'event-in', channel: 'shipments.events', subscription: 'events.erp', ordered: true },
      wires: [['delivered']],
    },
    {
      ...{ id: 'delivered', type: 'switch', property: 'payload.type', propertyType: 'msg', rules: [delivered] },
      ...{ checkall: 'false', outputs: 1, wires: [['find']] },
    },
    { ...shipment, id: 'find', action: 'find', wires: [['done'], [], []] },
    {
      ...{ id: 'done', type: 'erp-poster', operation: 'confirmDelivery', ...posting },
      ...{ input: '{ "shipment": shipment, "event": payload.data }', wires: [[], []] },
    },
  ])
}

function onTab(nodes: object[]) {
  return nodes.map((node, at) => ({ z: 'tab', x: 140 + 180 * at, y: 100, wires: [], ...node }))
}
