import type { Call, Reply, Route } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import { sapDate } from './sap-documents.ts'
import type { SapGateway } from './sap-gateway.ts'
import { deepFind, filterOf, keyOf, SAP } from './sap-gateway.ts'

/** Billing documents and customer returns: what follows a delivery. */
export function billingRoutes({ documents, url }: World, gateway: SapGateway): Route[] {
  const { refuse, delivery, effect, session, withoutToken } = gateway
  const base = () => url(SAP)

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
    if (documents.find(SAP, 'billing', number).length > 0)
      return refuse(400, 'VF/048', `Delivery ${number} has already been billed`, { businessKey: number })
    const id = String(documents.next('sap-billing', 90_000_001))
    const body = {
      BillingDocument: id,
      BillingDocumentType: 'F2',
      BillingDocumentDate: sapDate(new Date()),
      SDDocumentCategory: 'M',
      ReferenceSDDocument: number,
      TotalNetAmount: netOf(document),
      items: billed(document),
      TransactionCurrency: 'EUR',
      OverallBillingStatus: 'C',
      BillingDocumentIsCancelled: false,
      AccountingPostingStatus: 'C',
    }
    documents.put(SAP, 'billing', id, number, body)
    effect('invoice', number, { billingDocument: id, net: body.TotalNetAmount })
    return json(201, { d: billing(body) }, { businessKey: number, effect: true })
  }

  const billing = ({ items, ...body }: JsonObject): JsonObject => {
    const uri = `${base()}/sap/opu/odata/sap/API_BILLING_DOCUMENT_SRV/A_BillingDocument('${text(body['BillingDocument'])}')`
    return {
      __metadata: { id: uri, uri, type: 'API_BILLING_DOCUMENT_SRV.A_BillingDocumentType', etag: `W/"'1'"` },
      ...body,
      to_Item: { results: items ?? [] },
    }
  }

  function findBilling(call: Call): Reply {
    const wanted = filterOf(call.query.get('$filter'))
    const number = wanted['ReferenceSDDocument'] ?? ''
    const found =
      wanted['BillingDocument'] === undefined
        ? documents.find(SAP, 'billing', number)
        : [documents.get(SAP, 'billing', wanted['BillingDocument'])].filter((one) => one !== undefined)
    return json(
      200,
      { d: { __count: String(found.length), results: found.map(billing) } },
      { ...session(call), businessKey: number },
    )
  }

  function readBilling(call: Call): Reply {
    const found = documents.get(SAP, 'billing', call.params['id'] ?? '')
    if (found === undefined) return refuse(404, 'VF/041', 'Billing document does not exist')
    return json(200, { d: billing(found) }, { ...session(call), businessKey: text(found['ReferenceSDDocument']) })
  }

  function createReturn(call: Call): Reply {
    const stale = withoutToken(call)
    const number = deepFind(call.body, ['PurchaseOrderByCustomer', 'ReferenceSDDocument', 'DeliveryDocument'])
    if (stale !== undefined) return { ...stale, businessKey: number }
    if (number === '') return refuse(400, 'V1/384', 'Reference document is missing')
    const id = String(documents.next('sap-return', 60_000_001))
    const body = { CustomerReturn: id, CustomerReturnType: 'CBAR', ...object(object(call.body)['d'] ?? call.body) }
    documents.put(SAP, 'return', id, number, body)
    effect('return', number, { customerReturn: id })
    return json(201, { d: body }, { businessKey: number, effect: true })
  }

  function findReturns(call: Call): Reply {
    const wanted = filterOf(call.query.get('$filter'))
    const number = wanted['PurchaseOrderByCustomer'] ?? wanted['ReferenceSDDocument'] ?? ''
    const found = documents.find(SAP, 'return', number)
    return json(
      200,
      { d: { __count: String(found.length), results: found } },
      { ...session(call), businessKey: number },
    )
  }

  const odata = (service: string, rest: string) => new RegExp(`^/sap/opu/odata/sap/${service}(?:;v=\\d+)?/${rest}$`)
  return [
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
}

/** What a piece costs, in cents: the simulated system has one price. */
const PRICE = 1299

const quantityOf = (item: JsonObject): number => Number(text(item['ActualDeliveryQuantity']))

/** An invoice is for what was delivered, whatever was ordered. */
function netOf(delivery: JsonObject): string {
  const pieces = array(delivery['items']).reduce((sum: number, item) => sum + quantityOf(object(item)), 0)
  return (Math.round(pieces * PRICE) / 100).toFixed(2)
}

const billed = (delivery: JsonObject): JsonObject[] =>
  array(delivery['items'])
    .map((item) => object(item))
    .map((item) => ({
      BillingDocumentItem: item['DeliveryDocumentItem'] ?? '',
      Material: item['Material'] ?? '',
      BillingQuantity: item['ActualDeliveryQuantity'] ?? '',
      ReferenceSDDocument: item['DeliveryDocument'] ?? '',
      ReferenceSDDocumentItem: item['DeliveryDocumentItem'] ?? '',
    }))
