import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply, Route } from '../http.ts'
import { basicOf } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'
import type { Simulator, World } from '../simulator.ts'
import { json } from '../simulator.ts'
import { billingRoutes } from './sap-billing.ts'
import { creditDepartment } from './sap-credit.ts'
import { financeRoutes } from './sap-finance.ts'
import { sapBooks, stockRoutes } from './sap-stock.ts'
import { atom, etagOf, present, SERVICE, sapDate, sapTime } from './sap-documents.ts'
import { filterOf, keyOf, SAP, sapGateway } from './sap-gateway.ts'
import { textRoutes } from './sap-texts.ts'

const SLUG = SAP

/** Header fields that the hub may write, and what writing them means to the ledger; the first that matches counts. */
const MEANINGS: readonly [kind: string, fields: readonly string[]][] = [
  ['proof-of-delivery', ['ProofOfDeliveryDate', 'OverallProofOfDeliveryStatus']],
  ['delivery-date', ['DeliveryDate', 'DeliveryTime']],
  ['booking-confirmation', ['BillOfLading', 'MeansOfTransport', 'ActualDeliveryRoute']],
]

export function sapS4hana(world: World): Simulator {
  const { documents } = world
  const gateway = sapGateway(world)
  const { refuse, delivery, write, effect, session, onDelivery } = gateway
  const base = () => world.url(SLUG)

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
      sapBooks(world).issue(items)
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

  const outbound = `^${SERVICE.replace(/[.;]/g, '\\$&').replace('=', '(?:=|%3D)')}`
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
      path: /^\/sap\/opu\/odata\/sap\/[^/]+\/?$/,
      operation: 'service',
      handle: (call) => json(200, { d: { EntitySets: [] } }, { ...session(call) }),
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
    ...billingRoutes(world, gateway),
    ...financeRoutes(world, gateway),
    ...stockRoutes(world, gateway),
    ...textRoutes(world, gateway),
  ]

  return {
    slug: SLUG,
    routes,
    ...creditDepartment(world, gateway),
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
