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

/** A flow as analysts write them, of stock nodes: a mapping in JSONata, a decision, a function, a field set, a text. */
export function bookkeepingFlow(): FlowNode[] {
  const mapping =
    '{ "reference": payload.order, "event": "delivery." & payload.status, "day": $substring(payload.at, 0, 10) }'
  const set = (p: string, to: string, tot: string) => ({ rules: [{ t: 'set', p, pt: 'msg', to, tot }] })
  const code = 'msg.count = Object.keys(msg.payload).length; return msg;'
  return inTab('bookkeeping', [
    { id: 'source', type: 'bench-source', wires: [['map']] },
    { id: 'map', type: 'change', ...set('payload', mapping, 'jsonata'), wires: [['decide']] },
    {
      id: 'decide',
      type: 'switch',
      property: 'payload.event',
      propertyType: 'msg',
      rules: [{ t: 'eq', v: 'delivery.delivered', vt: 'str' }],
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
      template: '{{payload.reference}} was {{payload.event}}',
      output: 'str',
      wires: [['end']],
    },
    { id: 'end', type: 'bench-end', wires: [] },
  ])
}

/**
 * Stock Node-RED with the same two expressions that the courier's template has for its webhooks; it verifies nothing and
 * stores nothing.
 */
export function stockFlow(expressions: { messageId: string; key: string }): FlowNode[] {
  const body = (source: string) => source.replaceAll('body.', 'payload.')
  const to = `{ "id": ${body(expressions.messageId)}, "key": ${body(expressions.key)} }`
  const rule = { t: 'set', p: 'payload', pt: 'msg', to, tot: 'jsonata' }
  return inTab('stock', [
    { id: 'in', type: 'http in', url: COURIER_PATH, method: 'post', upload: false, wires: [['change']] },
    { id: 'change', type: 'change', rules: [rule], wires: [['out']] },
    { id: 'out', type: 'http response', statusCode: '200', headers: {}, wires: [] },
  ])
}
