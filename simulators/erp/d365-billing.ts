import type { Call, Reply, Route } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import { D365, type D365Gateway } from './d365-gateway.ts'
import { conditionsOf } from './odata-filter.ts'

/** What a piece costs, in cents: the simulated system has one price. */
const PRICE = 1299

/** Invoices: what follows a shipment. */
export function d365Billing({ documents }: World, { refuse, effect, next, time }: D365Gateway) {
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

  const routes: Route[] = [
    { method: 'GET', path: /^\/data\/SalesInvoiceHeadersV2$/, operation: 'findInvoices', handle: findInvoices },
  ]
  return { postInvoice, routes }
}
