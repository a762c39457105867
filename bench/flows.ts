import { COURIER, COURIER_PATH } from './courier.ts'

type FlowNode = Record<string, unknown> & { id: string; type: string }

/** File name → its nodes, as in the folder of flows. */
export type FlowFolder = Record<string, FlowNode[]>

const partner = (template: string): FlowNode => ({
  id: `partner-${template}`,
  type: 'partner',
  name: template,
  template,
  baseUrl: '',
  parameters: '{}',
})

const tab = (id: string): FlowNode => ({ id, type: 'tab', label: id, disabled: false, info: '', env: [] })

function inTab(z: string, nodes: FlowNode[]): FlowNode[] {
  return [tab(z), ...nodes.map((node, index) => ({ z, x: 100 + 160 * index, y: 100, ...node }))]
}

const hook = (next: string[]): FlowNode => ({
  id: 'hook',
  type: 'webhook-in',
  partner: `partner-${COURIER}`,
  path: '',
  ordered: true,
  concurrency: 32,
  maxAttempts: 12,
  wires: [next],
})

/** Takes webhooks; the partner is held, so they are stored and wait. What is measured is the taking. */
export function intakeFlow(): FlowFolder {
  return { '_global.json': [partner(COURIER)], 'intake.json': inTab('intake', [hook([])]) }
}

/**
 * The way of a "delivered" webhook from the courier to the invoice, node for node as in the shipped flows (courier events,
 * proof of delivery to billing) without the fetching of the picture, which is the courier's time.
 */
export function wholeFlow(): FlowFolder {
  const erp = 'sap-s4hana'
  const source = { ordered: true, concurrency: 32, maxAttempts: 12, visibilitySeconds: 60 }
  const delivered = { property: 'payload.type', propertyType: 'msg', checkall: 'false', repair: false, outputs: 1 }
  const lookUp = { action: 'find', reference: '', referenceType: 'auto' }
  const release = { partner: `partner-${erp}`, operation: 'releaseInvoice', subject: '', window: '', perSecond: '' }
  return {
    '_global.json': [partner(COURIER), partner(erp)],
    'courier.json': inTab('courier', [
      hook(['map']),
      {
        id: 'map',
        type: 'canonical-mapper',
        partner: `partner-${COURIER}`,
        direction: 'in',
        entity: 'delivery-event',
        mapping: 'webhook.jsonata',
        mappingType: 'template',
        wires: [['once'], []],
      },
      {
        id: 'once',
        type: 'idempotency-guard',
        key: '',
        keyType: 'auto',
        scope: 'delivery-events',
        ttlDays: 30,
        wires: [['apply'], []],
      },
      {
        id: 'apply',
        type: 'shipment-lifecycle',
        action: 'apply',
        reference: '',
        referenceType: 'auto',
        wires: [['tell'], ['tell'], []],
      },
      {
        id: 'tell',
        type: 'event-out',
        channel: 'shipments.events',
        channelType: 'str',
        key: '',
        keyType: 'auto',
        wires: [],
      },
    ]),
    'billing.json': inTab('billing', [
      {
        id: 'in',
        type: 'event-in',
        channel: 'shipments.events',
        subscription: 'events.billing',
        ...source,
        wires: [['when']],
      },
      {
        id: 'when',
        type: 'switch',
        ...delivered,
        rules: [{ t: 'eq', v: 'delivery.completed', vt: 'str' }],
        wires: [['find']],
      },
      { id: 'find', type: 'shipment-lifecycle', ...lookUp, wires: [['release'], [], []] },
      {
        id: 'release',
        type: 'erp-poster',
        ...release,
        input: '{ "shipment": shipment, "event": payload.data }',
        inputType: 'jsonata',
        wires: [[], []],
      },
    ]),
  }
}

/** Takes the positions of drivers' phones and keeps the latest of each vehicle, as the shipped flow does. */
export function telematicsFlow(): FlowFolder {
  const phones: FlowNode = {
    id: 'phones',
    type: 'telematics-in',
    partner: 'partner-owntracks',
    topics: '',
    minIntervalSeconds: 30,
    maxAttempts: 12,
    wires: [[], []],
  }
  return { '_global.json': [partner('owntracks')], 'telematics.json': inTab('telematics', [phones]) }
}

/**
 * What an analyst would write into a change node for this courier's webhook: the canonical event out of the partner's payload,
 * field by field, with a table for the codes. (The shipped template does more: returns, reasons, unknown codes.)
 */
const CANONICAL_EVENT = `(
  $types := {
    "pickup": "pickup.en_route", "pickup_complete": "pickup.completed", "dropoff": "delivery.out_for_delivery",
    "delivered": "delivery.completed", "canceled": "shipment.cancelled", "returned": "return.completed"
  };
  {
    "id": payload.kind & ":" & payload.id,
    "type": $lookup($types, payload.data.status) ? $lookup($types, payload.data.status) : "status.unmapped",
    "shipmentRef": payload.data.external_id
      ? { "type": "delivery", "value": payload.data.external_id }
      : { "type": "booking", "value": payload.delivery_id },
    "occurredAt": payload.created,
    "rawCode": payload.data.status,
    "location": { "lat": payload.data.courier.location.lat, "lon": payload.data.courier.location.lng },
    "eta": payload.data.complete ? null : payload.data.dropoff_eta,
    "evidence": [payload.data.dropoff.verification.picture.image_url.{ "kind": "photo", "url": $ }]
  }
)`

/** A flow as analysts write them, of stock nodes: a mapping in JSONata, a decision, a function, a field set, a text. */
export function bookkeepingFlow(): FlowNode[] {
  const set = (p: string, to: string, tot: string) => ({ rules: [{ t: 'set', p, pt: 'msg', to, tot }] })
  const code = 'msg.count = Object.keys(msg.payload).length; return msg;'
  return inTab('bookkeeping', [
    { id: 'source', type: 'bench-source', wires: [['map']] },
    { id: 'map', type: 'change', ...set('payload', CANONICAL_EVENT, 'jsonata'), wires: [['decide']] },
    {
      id: 'decide',
      type: 'switch',
      property: 'payload.type',
      propertyType: 'msg',
      rules: [{ t: 'eq', v: 'delivery.completed', vt: 'str' }],
      checkall: 'true',
      repair: false,
      outputs: 1,
      wires: [['work']],
    },
    {
      id: 'work',
      type: 'function',
      func: code,
      outputs: 1,
      timeout: 0,
      initialize: '',
      finalize: '',
      libs: [],
      wires: [['mark']],
    },
    { id: 'mark', type: 'change', ...set('partner', 'bench', 'str'), wires: [['text']] },
    {
      id: 'text',
      type: 'template',
      field: 'text',
      fieldType: 'msg',
      format: 'handlebars',
      syntax: 'mustache',
      template: '{{payload.shipmentRef.value}}: {{payload.type}}',
      output: 'str',
      wires: [['end']],
    },
    { id: 'end', type: 'bench-end', wires: [] },
  ])
}

/** Stock Node-RED: the webhook is mapped in a change node and answered; nothing is verified, nothing stored. */
export function stockFlow(): FlowNode[] {
  const rule = { t: 'set', p: 'payload', pt: 'msg', to: CANONICAL_EVENT, tot: 'jsonata' }
  return inTab('stock', [
    { id: 'in', type: 'http in', url: COURIER_PATH, method: 'post', upload: false, wires: [['change']] },
    { id: 'change', type: 'change', rules: [rule], wires: [['out']] },
    { id: 'out', type: 'http response', statusCode: '200', headers: {}, wires: [] },
  ])
}
