import type { Call, Reply, Route } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import { D365, type D365Gateway } from './d365-gateway.ts'
import { conditionsOf } from './odata-filter.ts'

/** What a piece costs, in cents: the simulated system has one price. */
const PRICE = 1299

/** A collection to which the hub adds records: found again by one field, told to the ledger by another. */
interface Collection {
  entity: string
  kind: string
  /** Field of the number that the system gives, with the series it comes from. */
  number: string
  prefix: string
  foundBy: string
  about: string
  lines: string
}

const COLLECTIONS: readonly Collection[] = [
  {
    entity: 'ReturnOrderHeaders',
    kind: 'return',
    number: 'ReturnOrderNumber',
    prefix: 'RMA',
    foundBy: 'CustomerRequisitionNumber',
    about: 'CustomerRequisitionNumber',
    lines: 'ReturnOrderLines',
  },
  {
    entity: 'CustomerCreditNotes',
    kind: 'credit',
    number: 'CreditNoteNumber',
    prefix: 'CN',
    foundBy: 'CustomerReference',
    about: 'ShipmentId',
    lines: 'CreditNoteLines',
  },
]

/** Invoices, returns and credit: what follows a shipment. */
export function d365Billing({ documents }: World, { refuse, effect, time, bodyOf }: D365Gateway) {
  const next = (prefix: string) =>
    `${prefix}-${String(documents.next(`d365-${prefix.toLowerCase()}`, 1)).padStart(6, '0')}`

  function postInvoice(shipment: JsonObject): Reply {
    const number = text(shipment['ShipmentId'])
    if (shipment['ShipmentStatus'] !== 'Shipped')
      return refuse(400, `The packing slip has not been posted for shipment ${number}`)
    if (shipment['InvoiceHold'] === 'Yes') return refuse(400, `Shipment ${number} is on hold for invoicing`)
    if (documents.find(D365, 'invoice', number).length > 0)
      return refuse(400, `Shipment ${number} has already been invoiced`)
    const pieces = array(shipment['lines']).reduce((sum: number, line) => sum + Number(object(line)['Quantity']), 0)
    const invoice = {
      dataAreaId: shipment['dataAreaId'] ?? '',
      InvoiceNumber: next('CIV'),
      SalesOrderNumber: shipment['OrderNumber'] ?? '',
      ShipmentId: number,
      InvoiceDate: time(),
      TotalInvoiceAmount: Math.round(pieces * PRICE) / 100,
      CurrencyCode: 'USD',
    }
    documents.put(D365, 'invoice', invoice.InvoiceNumber, number, invoice)
    const delivered = { confirmed: shipment['DeliveryConfirmation'] ?? 'No', pieces }
    effect('invoice', number, { invoice: invoice.InvoiceNumber, net: invoice.TotalInvoiceAmount, ...delivered })
    return json(200, invoice, { effect: true })
  }

  function findInvoices(call: Call): Reply {
    const number = conditionsOf(call.query.get('$filter'))['ShipmentId'] ?? ''
    return json(200, { value: documents.find(D365, 'invoice', number) }, { businessKey: number })
  }

  const create =
    (collection: Collection) =>
    (call: Call): Reply => {
      const input = bodyOf(call)
      const businessKey = text(input[collection.about])
      if (text(input[collection.foundBy]) === '')
        return refuse(400, `${collection.foundBy} must be filled in`, { businessKey })
      if (array(input[collection.lines]).length === 0)
        return refuse(400, `${collection.entity} need at least one line`, { businessKey })
      const record = { ...input, [collection.number]: next(collection.prefix) }
      documents.put(D365, collection.kind, text(record[collection.number]), text(input[collection.foundBy]), record)
      effect(collection.kind, businessKey, record)
      return json(201, record, { businessKey, effect: true })
    }

  const find =
    (collection: Collection) =>
    (call: Call): Reply => {
      const wanted = conditionsOf(call.query.get('$filter'))[collection.foundBy] ?? ''
      return json(200, { value: documents.find(D365, collection.kind, wanted) }, { businessKey: wanted })
    }

  const routes: Route[] = [
    { method: 'GET', path: /^\/data\/SalesInvoiceHeadersV2$/, operation: 'findInvoices', handle: findInvoices },
    ...COLLECTIONS.flatMap((collection): Route[] => {
      const path = new RegExp(`^/data/${collection.entity}$`)
      return [
        { method: 'POST', path, operation: `create-${collection.kind}`, handle: create(collection) },
        { method: 'GET', path, operation: `find-${collection.kind}`, handle: find(collection) },
      ]
    }),
  ]
  return { postInvoice, routes }
}
