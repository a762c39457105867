import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply, Route } from '../http.ts'
import { basicOf } from '../http.ts'
import type { Json, JsonObject } from '../json.ts'
import { array, idOf, object, text } from '../json.ts'
import type { Simulator, World } from '../simulator.ts'
import { json } from '../simulator.ts'
import type { DeliveryLine } from './sap-documents.ts'
import {
  atom,
  etagOf,
  newDelivery,
  nextVersion,
  present,
  SERVICE,
  sapDate,
  sapError,
  sapTime,
} from './sap-documents.ts'

const SLUG = 'sap-s4hana'
const SESSION_MS = 30 * 60_000
const COOKIE = 'SAP_SESSIONID_FIC_100'

/** Header fields that the hub may write, and what writing them means to the ledger; the first that matches counts. */
const MEANINGS: readonly [kind: string, fields: readonly string[]][] = [
  ['proof-of-delivery', ['ProofOfDeliveryDate', 'OverallProofOfDeliveryStatus']],
  ['booking-confirmation', ['BillOfLading', 'MeansOfTransport', 'ActualDeliveryRoute']],
]

/** Numbers of outbound deliveries begin with 8: those exist as soon as somebody asks for them. */
const LAZY = /^8\d{7,9}$/

export function sapS4hana(world: World): Simulator {
  const { documents, ledger } = world
  const base = () => world.url(SLUG)

  const refuse = (status: number, code: string, message: string, more: Partial<Reply> = {}): Reply =>
    json(status, sapError(code, message, idOf(20, SLUG, documents.next('sap-transaction', 1)).toUpperCase()), more)

  function delivery(number: string): JsonObject | undefined {
    const found = documents.get(SLUG, 'delivery', number)
    if (found !== undefined || !LAZY.test(number)) return found
    return createDelivery(number, number.slice(-5), [{ sku: 'SKU-1', quantity: 2, description: 'Sample carton' }])
  }

  function createDelivery(number: string, orderId: string, lines: DeliveryLine[]): JsonObject {
    const body = newDelivery(number, orderId, lines, new Date())
    documents.put(SLUG, 'delivery', number, orderId, body)
    return body
  }

  /** Every write changes the document's version and with it the ETag. */
  function write(document: JsonObject, change: JsonObject): JsonObject {
    const body = {
      ...document,
      ...change,
      DeliveryVersion: nextVersion(document['DeliveryVersion']),
      LastChangeDate: sapDate(new Date()),
    }
    documents.put(
      SLUG,
      'delivery',
      text(document['DeliveryDocument']),
      text(object(array(document['items'])[0])['ReferenceSDDocument']),
      body,
    )
    return body
  }

  const effect = (kind: string, number: string, data: JsonObject = {}) =>
    ledger.effect({ partner: SLUG, kind, businessKey: number, data })

  /** A session is a cookie with its token; a write needs both. */
  function session(call: Call): { headers: Record<string, string> } | undefined {
    if (call.headers['x-csrf-token']?.toLowerCase() !== 'fetch') return undefined
    const id = idOf(24, 'session', world.seed, documents.next('sap-session', 1))
    const token = Buffer.from(idOf(16, 'token', id)).toString('base64')
    documents.put(SLUG, 'session', id, '', { token, expiresAt: Date.now() + SESSION_MS })
    return { headers: { 'x-csrf-token': token, 'set-cookie': `${COOKIE}=${id}; path=/; secure; HttpOnly` } }
  }

  function withoutToken(call: Call): Reply | undefined {
    const cookie = new RegExp(`${COOKIE}=([^;\\s]+)`).exec(call.headers['cookie'] ?? '')?.[1] ?? ''
    const held = documents.get(SLUG, 'session', cookie)
    const good =
      held !== undefined && held['token'] === call.headers['x-csrf-token'] && Number(held['expiresAt']) > Date.now()
    return good
      ? undefined
      : refuse(403, '/IWFND/CM_BEC/026', 'CSRF token validation failed', { headers: { 'x-csrf-token': 'Required' } })
  }

  /** Runs a write on a delivery if token, document and ETag are right. */
  function onDelivery(call: Call, number: string, change: (document: JsonObject) => Reply): Reply {
    const stale = withoutToken(call)
    if (stale !== undefined) return { ...stale, businessKey: number }
    const document = delivery(number)
    if (document === undefined)
      return refuse(404, 'VL/559', `Delivery ${number} does not exist`, { businessKey: number })
    const expected = call.headers['if-match']
    if (expected === undefined)
      return refuse(428, '/IWBEP/CM_MGW_RT/020', 'Precondition required: the request needs an If-Match header', {
        businessKey: number,
      })
    if (expected !== '*' && expected !== etagOf(document['DeliveryVersion']))
      return refuse(412, '/IWBEP/CM_MGW_RT/021', 'Precondition failed: the document was changed', {
        businessKey: number,
      })
    return { businessKey: number, ...change(document) }
  }

  const wantsJson = (call: Call) =>
    call.query.get('$format') === 'json' || (call.headers['accept'] ?? '').includes('json')

  function read(call: Call): Reply {
    const number = call.params['id'] ?? ''
    const document = delivery(number)
    if (document === undefined)
      return refuse(404, 'VL/559', `Delivery ${number} does not exist`, { businessKey: number })
    const headers = { etag: etagOf(document['DeliveryVersion']), ...session(call)?.headers }
    return wantsJson(call)
      ? json(200, { d: present(document, base()) }, { headers, businessKey: number })
      : {
          status: 200,
          body: atom(document, base()),
          headers: { ...headers, 'content-type': 'application/atom+xml;type=entry' },
          businessKey: number,
        }
  }

  function list(call: Call): Reply {
    const wanted = filterOf(call.query.get('$filter'))
    const number = wanted['DeliveryDocument']
    const all =
      number === undefined
        ? documents.list(SLUG, 'delivery')
        : [delivery(number)].filter((found) => found !== undefined)
    const found = all.filter((document) =>
      Object.entries(wanted).every(
        ([name, value]) => text(document[name] ?? object(array(document['items'])[0])[name]) === value,
      ),
    )
    const top = Number(call.query.get('$top') ?? 100)
    return json(
      200,
      {
        d: { __count: String(found.length), results: found.slice(0, top).map((document) => present(document, base())) },
      },
      { ...session(call), businessKey: number ?? '' },
    )
  }

  function patch(call: Call): Reply {
    return onDelivery(call, call.params['id'] ?? '', (document) => {
      const input = object(object(call.body)['d'] ?? call.body)
      const unknown = Object.keys(input).find((name) => !(name in document) && !name.startsWith('__'))
      if (unknown !== undefined) return refuse(400, '/IWBEP/CM_MGW_RT/022', `Property ${unknown} is invalid`)
      if ('ProofOfDeliveryDate' in input && document['OverallGoodsMovementStatus'] !== 'C')
        return refuse(
          400,
          'VL/473',
          `Goods issue for delivery ${text(document['DeliveryDocument'])} has not been posted yet`,
        )
      const before = document
      const after = write(document, input)
      for (const kind of meanings(input, before)) effect(kind, text(document['DeliveryDocument']), input)
      return { status: 204, headers: { etag: etagOf(after['DeliveryVersion']) }, effect: true }
    })
  }

  function postGoodsIssue(call: Call): Reply {
    const number = keyOf(call, 'DeliveryDocument')
    return onDelivery(call, number, (document) => {
      if (document['OverallGoodsMovementStatus'] === 'C')
        return refuse(400, 'VL/150', `Delivery ${number} has already been posted`)
      const now = new Date()
      const items = array(document['items']).map((item) => ({
        ...object(item),
        GoodsMovementStatus: 'C',
        PickingStatus: 'C',
      }))
      const after = write(document, {
        items,
        OverallGoodsMovementStatus: 'C',
        OverallPickingStatus: 'C',
        ActualGoodsMovementDate: sapDate(now),
        ActualGoodsMovementTime: sapTime(now),
      })
      effect('goods-issue', number)
      const report = {
        __metadata: { type: 'API_OUTBOUND_DELIVERY_SRV.PutawayReport' },
        DeliveryDocument: number,
        SystemMessageType: 'S',
        SystemMessageNumber: '311',
        SystemMessageIdentification: 'VL',
      }
      return json(
        200,
        { d: { PostGoodsIssue: report } },
        { headers: { etag: etagOf(after['DeliveryVersion']) }, effect: true },
      )
    })
  }

  function patchItem(call: Call): Reply {
    const key = call.params['key'] ?? ''
    const number = /DeliveryDocument='([^']*)'/.exec(key)?.[1] ?? ''
    const position = Number(/DeliveryDocumentItem='([^']*)'/.exec(key)?.[1])
    return onDelivery(call, number, (document) => {
      const input = object(object(call.body)['d'] ?? call.body)
      const items = array(document['items']).map((item) =>
        Number(object(item)['DeliveryDocumentItem']) === position ? { ...object(item), ...input } : item,
      )
      const after = write(document, { items })
      effect('delivery-quantity', number, { item: position, ...input })
      return { status: 204, headers: { etag: etagOf(after['DeliveryVersion']) }, effect: true }
    })
  }

  function createBilling(call: Call): Reply {
    const stale = withoutToken(call)
    const number =
      deepFind(call.body, ['ReferenceSDDocument', 'SDDocument', 'DeliveryDocument']) || keyOf(call, 'DeliveryDocument')
    if (stale !== undefined) return { ...stale, businessKey: number }
    const document = delivery(number)
    if (document === undefined)
      return refuse(404, 'VF/045', `Delivery ${number} does not exist`, { businessKey: number })
    if (document['OverallGoodsMovementStatus'] !== 'C')
      return refuse(400, 'VF/016', `Goods issue for delivery ${number} has not been posted`, { businessKey: number })
    if (text(document['HeaderBillingBlockReason']) !== '')
      return refuse(400, 'VF/017', `Delivery ${number} is blocked for billing`, { businessKey: number })
    if (documents.find(SLUG, 'billing', number).length > 0)
      return refuse(400, 'VF/048', `Delivery ${number} has already been billed`, { businessKey: number })
    const id = String(documents.next('sap-billing', 90_000_001))
    const body = {
      BillingDocument: id,
      BillingDocumentType: 'F2',
      BillingDocumentDate: sapDate(new Date()),
      SDDocumentCategory: 'M',
      ReferenceSDDocument: number,
      TotalNetAmount: '25.98',
      TransactionCurrency: 'EUR',
      OverallBillingStatus: 'C',
      BillingDocumentIsCancelled: false,
      AccountingPostingStatus: 'C',
    }
    documents.put(SLUG, 'billing', id, number, body)
    effect('invoice', number, { billingDocument: id })
    return json(201, { d: billing(body) }, { businessKey: number, effect: true })
  }

  const billing = (body: JsonObject): JsonObject => {
    const uri = `${base()}/sap/opu/odata/sap/API_BILLING_DOCUMENT_SRV/A_BillingDocument('${text(body['BillingDocument'])}')`
    const item = {
      BillingDocument: body['BillingDocument'] ?? '',
      BillingDocumentItem: '10',
      ReferenceSDDocument: body['ReferenceSDDocument'] ?? '',
      ReferenceSDDocumentItem: '10',
    }
    return {
      __metadata: { id: uri, uri, type: 'API_BILLING_DOCUMENT_SRV.A_BillingDocumentType', etag: `W/"'1'"` },
      ...body,
      to_Item: { results: [item] },
    }
  }

  function findBilling(call: Call): Reply {
    const wanted = filterOf(call.query.get('$filter'))
    const number = wanted['ReferenceSDDocument'] ?? ''
    const found =
      wanted['BillingDocument'] === undefined
        ? documents.find(SLUG, 'billing', number)
        : [documents.get(SLUG, 'billing', wanted['BillingDocument'])].filter((one) => one !== undefined)
    return json(
      200,
      { d: { __count: String(found.length), results: found.map(billing) } },
      { ...session(call), businessKey: number },
    )
  }

  function readBilling(call: Call): Reply {
    const found = documents.get(SLUG, 'billing', call.params['id'] ?? '')
    if (found === undefined) return refuse(404, 'VF/041', 'Billing document does not exist')
    return json(200, { d: billing(found) }, { ...session(call), businessKey: text(found['ReferenceSDDocument']) })
  }

  function createReturn(call: Call): Reply {
    const stale = withoutToken(call)
    const number = deepFind(call.body, ['ReferenceSDDocument', 'PurchaseOrderByCustomer', 'DeliveryDocument'])
    if (stale !== undefined) return { ...stale, businessKey: number }
    if (number === '') return refuse(400, 'V1/384', 'Reference document is missing')
    const id = String(documents.next('sap-return', 60_000_001))
    const body = { CustomerReturn: id, CustomerReturnType: 'CBAR', ...object(object(call.body)['d'] ?? call.body) }
    documents.put(SLUG, 'return', id, number, body)
    effect('return', number, { customerReturn: id })
    return json(201, { d: body }, { businessKey: number, effect: true })
  }

  function findReturns(call: Call): Reply {
    const wanted = filterOf(call.query.get('$filter'))
    const number = wanted['ReferenceSDDocument'] ?? wanted['PurchaseOrderByCustomer'] ?? ''
    const found = documents.find(SLUG, 'return', number)
    return json(
      200,
      { d: { __count: String(found.length), results: found } },
      { ...session(call), businessKey: number },
    )
  }

  const outbound = `^${SERVICE.replace(/[.;]/g, '\\$&').replace('=', '(?:=|%3D)')}`
  const odata = (service: string, rest: string) => new RegExp(`^/sap/opu/odata/sap/${service}(?:;v=\\d+)?/${rest}$`)
  const routes: Route[] = [
    {
      method: 'GET',
      path: new RegExp(`${outbound}/A_OutbDeliveryHeader\\('(?<id>[^']+)'\\)$`),
      operation: 'getDelivery',
      handle: read,
    },
    { method: 'GET', path: new RegExp(`${outbound}/A_OutbDeliveryHeader$`), operation: 'listDeliveries', handle: list },
    {
      method: 'GET',
      path: new RegExp(`${outbound}/?$`),
      operation: 'service',
      handle: (call) =>
        json(200, { d: { EntitySets: ['A_OutbDeliveryHeader', 'A_OutbDeliveryItem'] } }, { ...session(call) }),
    },
    {
      method: 'PATCH',
      path: new RegExp(`${outbound}/A_OutbDeliveryHeader\\('(?<id>[^']+)'\\)$`),
      operation: 'patchDelivery',
      handle: patch,
    },
    {
      method: 'MERGE',
      path: new RegExp(`${outbound}/A_OutbDeliveryHeader\\('(?<id>[^']+)'\\)$`),
      operation: 'patchDelivery',
      handle: patch,
    },
    {
      method: 'PATCH',
      path: new RegExp(`${outbound}/A_OutbDeliveryItem\\((?<key>[^)]+)\\)$`),
      operation: 'patchDeliveryItem',
      handle: patchItem,
    },
    {
      method: 'POST',
      path: new RegExp(`${outbound}/PostGoodsIssue$`),
      operation: 'postGoodsIssue',
      handle: postGoodsIssue,
    },
    {
      method: 'GET',
      path: odata('API_BILLING_DOCUMENT_SRV', 'A_BillingDocument'),
      operation: 'findBilling',
      handle: findBilling,
    },
    {
      method: 'GET',
      path: odata('API_BILLING_DOCUMENT_SRV', "A_BillingDocument\\('(?<id>[^']+)'\\)"),
      operation: 'getBilling',
      handle: readBilling,
    },
    {
      method: 'POST',
      path: odata('API_BILLING_DOCUMENT_SRV', 'A_BillingDocument'),
      operation: 'createBilling',
      handle: createBilling,
    },
    {
      method: 'POST',
      path: odata('API_CUSTOMER_RETURN_SRV', 'A_CustomerReturn'),
      operation: 'createReturn',
      handle: createReturn,
    },
    {
      method: 'GET',
      path: odata('API_CUSTOMER_RETURN_SRV', 'A_CustomerReturn'),
      operation: 'findReturns',
      handle: findReturns,
    },
  ]

  return {
    slug: SLUG,
    routes,
    authorise: (call) => {
      const given = basicOf(call.headers)
      return given?.user === ACCOUNTS.sap.username && given.password === ACCOUNTS.sap.password
        ? undefined
        : {
            status: 401,
            body: '<html><body><h1>401 Unauthorized</h1></body></html>',
            headers: { 'content-type': 'text/html', 'www-authenticate': 'Basic realm="SAP NetWeaver"' },
          }
    },
    error: (status) =>
      status === 403
        ? refuse(403, '/IWFND/CM_BEC/026', 'CSRF token validation failed', { headers: { 'x-csrf-token': 'Required' } })
        : refuse(
            status,
            status === 423 ? 'VL/046' : 'SY/530',
            status === 423 ? 'Delivery is being processed by another user' : 'An internal error occurred',
          ),
  }
}

/** What a change of a header means: POD, booking, or a billing block set or taken away. */
function meanings(input: JsonObject, before: JsonObject): string[] {
  const kinds = MEANINGS.filter(([, fields]) => fields.some((field) => field in input)).map(([kind]) => kind)
  const block = ['HeaderBillingBlockReason', 'DeliveryBlockReason'].find(
    (field) => field in input && input[field] !== before[field],
  )
  if (block !== undefined) kinds.push(text(input[block]) === '' ? 'invoice-release' : 'invoice-hold')
  return kinds.length > 0 ? kinds : ['delivery-update']
}

/** The equality conditions of an OData filter. */
function filterOf(filter: string | null): Record<string, string> {
  return Object.fromEntries(
    [...(filter ?? '').matchAll(/([A-Za-z_/]+) eq '([^']*)'/g)].map((match): [string, string] => [
      match[1]?.split('/').at(-1) ?? '',
      match[2] ?? '',
    ]),
  )
}

/** A function import's parameter: quoted text in the query. */
const keyOf = (call: Call, name: string) => (call.query.get(name) ?? '').replace(/^'|'$/g, '')

function deepFind(value: Json | undefined, names: readonly string[]): string {
  if (value === null || typeof value !== 'object') return ''
  const own = Array.isArray(value) ? undefined : names.map((name) => text(value[name])).find((found) => found !== '')
  if (own !== undefined) return own
  for (const inner of Object.values(value)) {
    const found = deepFind(inner as Json, names)
    if (found !== '') return found
  }
  return ''
}
