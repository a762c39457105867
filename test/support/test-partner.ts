import { createHmac } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '../../engine/partner/profile.ts'
import { json, reset, type ScriptedServer, type Step, scriptedServer, silence } from './scripted-server.ts'
import { temporaryFolder } from './temp.ts'

export const WEBHOOK_SECRET = 'secret-of-the-courier'

/** What the partner does to a request that would change something, instead of simply doing it. */
export type Fault = 'refuse' | 'throttle' | 'fail' | 'drop' | 'commit then drop' | 'commit then hang'

export interface LedgerEntry {
  method: string
  path: string
  /** The idempotency key that came along. */
  key: string | undefined
  ref: string
}

/** Three partners on one real server with a ledger, and the folder of their templates. */
export interface TestPartners {
  url: string
  /** For `startHub`. */
  env: Record<string, string>
  /** Each change that the partner carried out, in order: what a person would find in its books. */
  ledger: LedgerEntry[]
  /** Every request, whatever came of it. */
  seen: ScriptedServer['seen']
  /** What happens to the next changes, one fault each; afterwards all is well. */
  faults(...faults: Fault[]): void
  /** How often it was carried out for this reference. */
  effects(ref: string): number
  /** A file that the server hands out under the path. */
  serve(path: string, bytes: Uint8Array, mediaType: string): void
  close(): Promise<void>
}

const LIMITS = { requestsPerSecond: 1000, timeoutMs: 400, maxResponseBytes: 100_000 }
const COMMON = {
  version: '1.0.0',
  status: 'live' as const,
  capabilities: ['book'],
  baseUrl: 'https://partner.example',
  auth: { type: 'none' as const },
  limits: LIMITS,
  breaker: { openAfter: 1000, openMs: 1000 },
}
const REF = '{input.orderId ? input.orderId : input.ref}'
const POST_ONCE = {
  method: 'POST' as const,
  body: 'json' as const,
  request: 'map/request.jsonata',
  refusal: 'map/refusal.jsonata',
}

const COURIER: Partial<Manifest> = {
  ...COMMON,
  id: 'test-courier',
  kind: 'courier',
  label: 'Test courier',
  serviceLevels: ['same_day', 'next_day', 'express', 'standard', 'economy'],
  parameters: [{ name: 'depot', label: 'Depot', default: 'D-0' }],
  credentials: [{ name: 'webhookSecret', label: 'Webhook secret', secret: true }],
  operations: {
    book: {
      ...POST_ONCE,
      path: '/deliveries',
      key: { header: 'Idempotency-Key' },
      lookup: { operation: 'findBooking', found: 'bookingId' },
    },
    /** As `book`, at a partner that can neither be asked nor recognise a repetition. */
    bookBlindly: { ...POST_ONCE, path: '/deliveries' },
    findBooking: { method: 'GET', path: `/deliveries/${REF}` },
    cancel: { ...POST_ONCE, path: '/cancellations', lookup: { operation: 'findCancellation', found: 'bookingId' } },
    findCancellation: { method: 'GET', path: `/cancellations/${REF}` },
    /** Only asks, though by POST. */
    ask: { method: 'POST', path: '/ask', body: 'json', safe: true },
    list: {
      method: 'GET',
      path: '/list',
      paging: { style: 'page', parameter: 'page', more: 'body.more', items: 'body.items' },
    },
    depot: { method: 'GET', path: '/depots/{params.depot}' },
    quote: { method: 'GET', path: '/quotes' },
  },
  documents: {
    statusFile: { direction: 'in', entity: 'delivery-event', mapping: 'map/status-file.jsonata', format: 'xml' },
    manifestFile: { direction: 'out', entity: 'shipment', mapping: 'map/manifest-file.jsonata', format: 'csv' },
    tender: { direction: 'out', entity: 'shipment', mapping: 'map/tender.jsonata', format: 'x12' },
  },
  webhook: {
    signature: {
      type: 'hmac',
      headers: ['x-test-signature'],
      algorithm: 'sha256',
      encoding: 'hex',
      secret: 'webhookSecret',
      signed: '{body}',
    },
    handshake: { method: 'GET', echoQuery: 'check' },
    messageId: 'body.id',
    key: 'body.ref',
    split: 'body.events ? body.events : body',
    mapping: 'map/webhook.jsonata',
  },
}

/** Two more that deliver, for when the first does not. */
const SECOND: Partial<Manifest> = { ...COURIER, id: 'test-second', label: 'Second courier' }
const THIRD: Partial<Manifest> = { ...COURIER, id: 'test-third', label: 'Third courier' }

const ERP: Partial<Manifest> = {
  ...COMMON,
  id: 'test-erp',
  kind: 'erp',
  label: 'Test ERP',
  parameters: [],
  credentials: [],
  operations: {
    postGoodsIssue: {
      ...POST_ONCE,
      path: '/postings',
      lookup: { operation: 'findPosting', found: 'bookingId' },
    },
    findPosting: { method: 'GET', path: `/postings/${REF}` },
    takeBack: { ...POST_ONCE, path: '/reversals', lookup: { operation: 'findReversal', found: 'bookingId' } },
    findReversal: { method: 'GET', path: `/reversals/${REF}` },
  },
}

const VANS: Partial<Manifest> = {
  ...COMMON,
  id: 'test-vans',
  kind: 'telematics',
  label: 'Test vans',
  capabilities: ['positions'],
  parameters: [],
  credentials: [],
  operations: {},
  mqtt: {
    topics: ['fleet/+/position'],
    mapping: 'map/position.jsonata',
    events: { topics: ['fleet/+/event'], mapping: 'map/event.jsonata' },
  },
}

const MAPPINGS = {
  'request.jsonata': '{ "ref": orderId ? orderId : ref }',
  'refusal.jsonata': 'errors.{ "code": code, "message": text, "field": field }',
  'webhook.jsonata': `body.(
  $found := $code(status);
  status = "noise" ? undefined : {
    "type": $found.type, "reason": $found.reason, "rawCode": status, "rawText": words,
    "shipmentRef": { "type": "order", "value": ref }, "occurredAt": at
  })`,
  'status-file.jsonata': `body.events.event.{ "type": $code(@status).type, "rawCode": @status,
    "shipmentRef": { "type": "order", "value": ref }, "occurredAt": at }`.replaceAll('@status', '`@status`'),
  'manifest-file.jsonata': '{ "rows": [$.{ "order": orderId, "note": note }] }',
  'tender.jsonata': `{
    "interchange": { "sender": "US", "receiver": "THEM", "date": "260302", "time": "0900" },
    "groups": [{ "transactions": [{ "set": "204", "segments": [{ "tag": "B2", "B204": orderId }] }] }] }`,
  'label.jsonata': '{ "label": ref & "!" }',
  'position.jsonata':
    'body[$exists(lat)].{ "vehicleId": $uppercase($split($$.headers.topic, "/")[1]), "deviceId": "box", "at": at, "lat": lat, "lon": lon }',
  'event.jsonata': `body.{ "type": $code(status).type, "rawCode": status,
    "shipmentRef": { "type": "order", "value": ref }, "occurredAt": at, "reason": reason }`,
}

const CODES = {
  picked_up: { type: 'pickup.completed' },
  delivered: { type: 'delivery.completed' },
  arrived: { type: 'delivery.arrived' },
}

/** Starts the partners. The templates are real ones, checked and read by the hub like any other. */
export async function testPartners(): Promise<TestPartners> {
  const templates = temporaryFolder()
  for (const [place, manifest] of [
    ['couriers', COURIER],
    ['couriers', SECOND],
    ['couriers', THIRD],
    ['erp', ERP],
    ['telematics', VANS],
  ] as const)
    writeTemplate(join(templates.path, place, manifest.id ?? ''), manifest)
  const server = await scriptedServer()
  const ledger: LedgerEntry[] = []
  const files = new Map<string, { bytes: Uint8Array; mediaType: string }>()
  let faults: Fault[] = []
  server.script((request, response) => {
    const file = files.get(request.path)
    if (file) return void response.writeHead(200, { 'content-type': file.mediaType }).end(file.bytes)
    if (request.method === 'GET') return lookUp(ledger, request.path)(request, response)
    const ref = String((JSON.parse(request.body) as { ref?: unknown }).ref)
    const [collection] = request.path.split('?')
    const entry = { method: request.method, path: collection ?? '', key: keyOf(request.headers), ref }
    return change(ledger, entry, faults.shift())(request, response)
  })
  return {
    url: server.url,
    env: {
      CARTAGE_TEMPLATES: templates.path,
      CARTAGE_TEST_COURIER_URL: server.url,
      CARTAGE_TEST_COURIER_WEBHOOK_SECRET: WEBHOOK_SECRET,
      CARTAGE_TEST_SECOND_URL: server.url,
      CARTAGE_TEST_THIRD_URL: server.url,
      CARTAGE_TEST_ERP_URL: server.url,
    },
    ledger,
    seen: server.seen,
    faults: (...next) => {
      faults = next
    },
    effects: (ref) => ledger.filter((entry) => entry.ref === ref).length,
    serve: (path, bytes, mediaType) => files.set(path, { bytes, mediaType }),
    close: async () => {
      await server.close()
      templates.remove()
    },
  }
}

/** The body as the partner signs it. */
export function signed(body: string, secret = WEBHOOK_SECRET): RequestInit {
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return { method: 'POST', body, headers: { 'content-type': 'application/json', 'x-test-signature': signature } }
}

function writeTemplate(folder: string, manifest: Partial<Manifest>): void {
  mkdirSync(join(folder, 'map'), { recursive: true })
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'codes.json'), JSON.stringify(CODES))
  for (const [name, source] of Object.entries(MAPPINGS)) writeFileSync(join(folder, 'map', name), source)
}

function keyOf(headers: Record<string, string | string[] | undefined>): string | undefined {
  const key = headers['idempotency-key']
  return typeof key === 'string' ? key : undefined
}

function answerOf(ref: string) {
  return { bookingId: `B-${ref}`, trackingNumber: `T-${ref}` }
}

/** A partner that keeps no keys: what comes twice is carried out twice. */
function change(ledger: LedgerEntry[], entry: LedgerEntry, fault: Fault | undefined): Step {
  const done = json(201, answerOf(entry.ref))
  switch (fault) {
    case 'refuse':
      return json(422, { errors: [{ code: 'CLOSED', text: 'the period is closed', field: 'date' }] })
    case 'throttle':
      return json(429, {}, { 'retry-after': '0' })
    case 'fail':
      return json(500, {})
    case 'drop':
      return reset
    case 'commit then drop':
      ledger.push(entry)
      return reset
    case 'commit then hang':
      ledger.push(entry)
      return silence
    default:
      ledger.push(entry)
      return done
  }
}

function lookUp(ledger: LedgerEntry[], path: string): Step {
  const [, collection, ref] = path.split('/')
  const found = ledger.some((entry) => entry.path === `/${collection}` && entry.ref === ref)
  return found ? json(200, answerOf(ref ?? '')) : json(404, {})
}
