import { account, node, partner } from './flow-nodes.ts'
import type { FlowNode } from './node-red.ts'

/** The test courier's webhook moves a shipment and tells the others, as the flows that come with the hub do it. */
export const COURIER_FLOW: FlowNode[] = [
  partner('test-courier'),
  node('hook', 'webhook-in', [['map']], { partner: account('test-courier'), path: '', ordered: true }),
  node('map', 'canonical-mapper', [['once'], []], {
    ...{ partner: account('test-courier'), direction: 'in', entity: 'delivery-event' },
    ...{ mapping: 'webhook.jsonata', mappingType: 'template' },
  }),
  node('once', 'idempotency-guard', [['apply'], ['suppressed']], { key: '', keyType: 'auto', scope: 'events' }),
  node('apply', 'shipment-lifecycle', [['out'], ['out'], []], { action: 'apply', referenceType: 'auto' }),
  node('out', 'event-out', [], { channel: 'shipments.events', channelType: 'str', keyType: 'auto' }),
]
