import type { Call, Reply, Route } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import type { SapGateway } from './sap-gateway.ts'
import { filterOf, SAP } from './sap-gateway.ts'

const SUPPLIER_INVOICES = 'API_SUPPLIERINVOICE_PROCESS_SRV'
const CREDIT_MEMOS = 'API_CREDIT_MEMO_REQUEST_SRV'

/** What is owed: invoices of suppliers, and credit that customers get. */
export function financeRoutes({ documents }: World, { refuse, effect, session, withoutToken }: SapGateway): Route[] {
  /** One invoice of one supplier is entered once: the same number again is refused, as the check for double invoices does. */
  function postInvoice(call: Call): Reply {
    const stale = withoutToken(call)
    const given = object(object(call.body)['d'] ?? call.body)
    const number = text(given['SupplierInvoiceIDByInvcgParty'])
    if (stale !== undefined) return { ...stale, businessKey: number }
    const items = array(object(given['to_SupplierInvoiceItemGLAcct'])['results'])
    if (number === '' || number.length > 16) return refuse(400, 'M8/147', 'Enter a reference of up to 16 characters')
    if (cents(given['InvoiceGrossAmount']) !== items.reduce((sum: number, item) => sum + signed(object(item)), 0))
      return refuse(400, 'M8/534', 'Balance is not zero', { businessKey: number })
    const supplier = text(given['InvoicingParty'])
    if (invoices(number, supplier).length > 0)
      return refuse(400, 'M8/108', `Check if invoice already entered: ${number}`, { businessKey: number })
    const id = String(documents.next('sap-supplier-invoice', 5_105_600_001))
    const body = { ...given, SupplierInvoice: id, FiscalYear: String(new Date().getUTCFullYear()) }
    documents.put(SAP, 'supplier-invoice', id, number, body)
    effect('supplier-invoice', number, {
      supplierInvoice: id,
      amount: given['InvoiceGrossAmount'] ?? '',
      supplier,
      items: items.length,
    })
    return json(201, { d: body }, { businessKey: number, effect: true })
  }

  const invoices = (number: string, supplier: string): JsonObject[] =>
    documents.find(SAP, 'supplier-invoice', number).filter((one) => text(one['InvoicingParty']) === supplier)

  function findInvoices(call: Call): Reply {
    const wanted = filterOf(call.query.get('$filter'))
    const number = wanted['SupplierInvoiceIDByInvcgParty'] ?? ''
    return listed(call, invoices(number, wanted['InvoicingParty'] ?? ''), number)
  }

  function createCredit(call: Call): Reply {
    const stale = withoutToken(call)
    const given = object(object(call.body)['d'] ?? call.body)
    const number = text(given['ReferenceSDDocument'])
    if (stale !== undefined) return { ...stale, businessKey: number }
    if (array(object(given['to_Item'])['results']).length === 0)
      return refuse(400, 'V1/555', 'A credit memo request needs items', { businessKey: number })
    const id = String(documents.next('sap-credit', 70_000_001))
    const body = { ...given, CreditMemoRequest: id }
    documents.put(SAP, 'credit', id, text(given['PurchaseOrderByCustomer']), body)
    effect('credit', number, {
      creditMemoRequest: id,
      for: given['PurchaseOrderByCustomer'] ?? '',
      items: array(object(given['to_Item'])['results']),
    })
    return json(201, { d: body }, { businessKey: number, effect: true })
  }

  function findCredits(call: Call): Reply {
    const number = filterOf(call.query.get('$filter'))['PurchaseOrderByCustomer'] ?? ''
    return listed(call, documents.find(SAP, 'credit', number), number)
  }

  const listed = (call: Call, results: JsonObject[], businessKey: string): Reply =>
    json(200, { d: { __count: String(results.length), results } }, { ...session(call), businessKey })

  const odata = (service: string, entity: string) => new RegExp(`^/sap/opu/odata/sap/${service}/${entity}$`)
  return [
    ...both(odata(SUPPLIER_INVOICES, 'A_SupplierInvoice'), 'SupplierInvoice', postInvoice, findInvoices),
    ...both(odata(CREDIT_MEMOS, 'A_CreditMemoRequest'), 'CreditMemo', createCredit, findCredits),
  ]
}

function both(path: RegExp, name: string, create: Route['handle'], find: Route['handle']): Route[] {
  return [
    { method: 'POST', path, operation: `create${name}`, handle: create },
    { method: 'GET', path, operation: `find${name}`, handle: find },
  ]
}

const cents = (amount: JsonObject[string] | undefined): number => Math.round(Number(text(amount)) * 100)

/** `S` is a debit; `H`, a credit, makes the invoice smaller. */
const signed = (item: JsonObject): number =>
  cents(item['SupplierInvoiceItemAmount']) * (item['DebitCreditCode'] === 'H' ? -1 : 1)
