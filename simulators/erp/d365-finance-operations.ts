import type { Call, Reply, Route } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'
import type { Simulator, World } from '../simulator.ts'
import { json } from '../simulator.ts'
import { d365Billing } from './d365-billing.ts'
import { collectionRoutes, d365Books } from './d365-collections.ts'
import { D365, d365Gateway, NOTHING } from './d365-gateway.ts'
import { conditionsOf } from './odata-filter.ts'

/** Fields of a shipment that the hub may write, and what writing them means to the ledger. */
const MEANINGS: Readonly<Record<string, string>> = {
  CarrierCode: 'booking-confirmation',
  CarrierServiceCode: 'booking-confirmation',
  CarrierReference: 'booking-confirmation',
  InvoiceHold: 'invoice-hold',
  ExpectedReceiptDateTime: 'delivery-date',
}

/**
 * Dynamics 365 Finance & Operations: the data entities and actions that the template calls. Entity and action names are such
 * as an environment publishes them itself; errors, ETags and Entra's tokens are as OData v4 and Entra have them.
 */
export function d365FinanceOperations(world: World): Simulator {
  const gateway = d365Gateway(world)
  const { refuse, effect, shipment, write, etagOf, present, numberOf, onShipment, time, bodyOf } = gateway
  const { documents } = world
  const books = d365Books(world)

  function read(call: Call): Reply {
    const number = numberOf(call)
    const record = shipment(number)
    if (record === undefined) return refuse(404, `No resource was found: shipment ${number}`, { businessKey: number })
    return json(200, present(record, record), { headers: { etag: etagOf(record) }, businessKey: number })
  }

  function list(call: Call): Reply {
    const wanted = conditionsOf(call.query.get('$filter'))
    const found = documents
      .list(D365, 'shipment')
      .filter((record) => Object.entries(wanted).every(([name, value]) => text(record[name]) === value))
    return json(200, { value: found.map((record) => present(record, record)) })
  }

  function lines(call: Call): Reply {
    const { ShipmentId: number = '', LineNumber: line } = conditionsOf(call.query.get('$filter'))
    const found = array(shipment(number)?.['lines'])
      .map((one) => object(one))
      .filter((one) => line === undefined || Number(one['LineNumber']) === Number(line))
    return json(200, { value: found.map((one) => ({ ShipmentId: number, ...one })) }, { businessKey: number })
  }

  function stock(call: Call): Reply {
    const { InventoryWarehouseId: warehouse = '' } = conditionsOf(call.query.get('$filter'))
    const value = books.all().map((one) => ({ InventoryWarehouseId: warehouse, InventoryUnitSymbol: 'ea', ...one }))
    return json(200, { value })
  }

  function patch(call: Call): Reply {
    return onShipment(call, (record) => {
      const input = bodyOf(call)
      const unknown = Object.keys(input).find((name) => !(name in record))
      if (unknown !== undefined) return refuse(400, `Could not find a property named '${unknown}'`)
      if (call.headers['if-match'] === undefined) return refuse(428, 'The request needs an If-Match header')
      const changed = Object.keys(input).filter((name) => input[name] !== record[name])
      write(record, input)
      for (const kind of new Set(Object.keys(input).flatMap((name) => meaning(name, input, changed))))
        effect(kind, text(record['ShipmentId']), input)
      return { status: 204, effect: true }
    })
  }

  /** A hold that stands already is set by nobody. */
  function meaning(name: string, input: JsonObject, changed: string[]): string[] {
    const kind = MEANINGS[name] ?? 'delivery-update'
    if (kind !== 'invoice-hold') return [kind]
    if (!changed.includes(name)) return []
    return [input[name] === 'Yes' ? 'invoice-hold' : 'invoice-release']
  }

  function postPackingSlip(call: Call): Reply {
    return onShipment(call, (record) => {
      const number = text(record['ShipmentId'])
      if (record['ShipmentStatus'] === 'Shipped')
        return refuse(400, `The packing slip of shipment ${number} has already been posted`)
      write(record, { ShipmentStatus: 'Shipped', ShipConfirmUTCDateTime: time() })
      for (const line of array(record['lines']).map((one) => object(one)))
        books.book(text(line['ItemNumber']), -Number(line['Quantity']))
      effect('goods-issue', number)
      return json(200, { value: `PS-${number}` }, { effect: true })
    })
  }

  function confirmDelivery(call: Call): Reply {
    return onShipment(call, (record) => {
      const number = text(record['ShipmentId'])
      const { deliveredDateTime, receivedBy } = bodyOf(call)
      if (Number.isNaN(Date.parse(text(deliveredDateTime)))) return refuse(400, 'deliveredDateTime is not a time')
      if (record['ShipmentStatus'] !== 'Shipped')
        return refuse(400, `The packing slip has not been posted for shipment ${number}`)
      if (record['DeliveryConfirmation'] === 'Yes') return refuse(400, `Shipment ${number} has already been confirmed`)
      const delivered = { DeliveredDateTime: deliveredDateTime ?? NOTHING, DeliveredTo: receivedBy ?? '' }
      write(record, { DeliveryConfirmation: 'Yes', ...delivered })
      effect('proof-of-delivery', number, delivered)
      return json(200, { value: number }, { effect: true })
    })
  }

  function setDeliveredQuantity(call: Call): Reply {
    return onShipment(call, (record) => {
      const [number, input] = [text(record['ShipmentId']), bodyOf(call)]
      const before = array(record['lines']).map((line) => object(line))
      const line = before.find((one) => Number(one['LineNumber']) === Number(input['lineNumber']))
      if (line === undefined) return refuse(400, `Shipment ${number} has no line ${text(input['lineNumber'])}`)
      if (!(Number(input['quantity']) >= 0)) return refuse(400, 'quantity is not a number')
      const lines = before.map((one) => (one === line ? { ...one, Quantity: Number(input['quantity']) } : one))
      write(record, { lines })
      effect('delivery-quantity', number, input)
      return json(200, { value: number }, { effect: true })
    })
  }

  const entity = /^\/data\/WarehouseShipments\(dataAreaId=[^,]*,ShipmentId=(?<id>[^)]*)\)/.source
  const action = (name: string, handle: Route['handle']): Route => ({
    method: 'POST',
    path: new RegExp(`${entity}/Microsoft\\.Dynamics\\.DataEntities\\.${name}$`),
    operation: name,
    handle,
  })
  const billing = d365Billing(world, gateway)
  return {
    slug: D365,
    routes: [
      { method: 'POST', path: /^\/[^/]+\/oauth2\/v2\.0\/token$/, operation: 'token', handle: gateway.token },
      { method: 'GET', path: new RegExp(`${entity}$`), operation: 'getShipment', handle: read },
      { method: 'PATCH', path: new RegExp(`${entity}$`), operation: 'patchShipment', handle: patch },
      { method: 'GET', path: /^\/data\/WarehouseShipments$/, operation: 'listShipments', handle: list },
      { method: 'GET', path: /^\/data\/WarehouseShipmentLines$/, operation: 'listLines', handle: lines },
      action('postPackingSlip', postPackingSlip),
      action('confirmDelivery', confirmDelivery),
      action('setDeliveredQuantity', setDeliveredQuantity),
      action('postInvoice', (call) => onShipment(call, billing.postInvoice)),
      ...billing.routes,
      ...collectionRoutes(world, gateway, books),
      { method: 'GET', path: /^\/data\/InventoryWarehousesOnHandV2$/, operation: 'listStock', handle: stock },
    ],
    authorise: gateway.authorise,
    error: (status) =>
      refuse(status, status === 429 ? 'Too many requests: priority based throttling' : 'Unexpected error'),
  }
}
