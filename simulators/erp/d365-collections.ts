import type { Call, Reply, Route } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import { D365, type D365Gateway } from './d365-gateway.ts'
import { conditionsOf } from './odata-filter.ts'

/** A collection to which the hub adds records. */
interface Collection {
  entity: string
  /** In the ledger. */
  kind: string
  /** Field of the number that the system gives, and the series that it comes from. */
  number: string
  prefix: string
  /** Field by which the hub finds a record again. */
  foundBy: string
  /** Field, or one of the first line, that the ledger knows it by. */
  about: string
  /** What a record must have at least one of. */
  lines?: string
  /** Field that together with `foundBy` is taken only once. */
  onceWith?: string
}

const COLLECTIONS: readonly Collection[] = [
  {
    ...{ entity: 'ReturnOrderHeaders', kind: 'return', number: 'ReturnOrderNumber', prefix: 'RMA' },
    ...{ foundBy: 'CustomerRequisitionNumber', about: 'CustomerRequisitionNumber', lines: 'ReturnOrderLines' },
  },
  {
    ...{ entity: 'CustomerCreditNotes', kind: 'credit', number: 'CreditNoteNumber', prefix: 'CN' },
    ...{ foundBy: 'CustomerReference', about: 'ShipmentId', lines: 'CreditNoteLines' },
  },
  {
    ...{ entity: 'WarehouseShipmentNotes', kind: 'milestone', number: 'NoteId', prefix: 'NOTE' },
    ...{ foundBy: 'ExternalReference', about: 'ShipmentId' },
  },
  {
    ...{ entity: 'InventoryMovementJournals', kind: 'stock-movement', number: 'JournalNumber', prefix: 'INVM' },
    ...{ foundBy: 'ExternalReference', about: 'ItemNumber', lines: 'JournalLines' },
  },
  {
    ...{ entity: 'VendorInvoiceHeaders', kind: 'supplier-invoice', number: 'VendorInvoiceNumber', prefix: 'VI' },
    ...{ foundBy: 'InvoiceNumber', about: 'InvoiceNumber', lines: 'VendorInvoiceLines', onceWith: 'VendorReference' },
  },
]

/** Of every item there are so many at the beginning. */
const FIRST_STOCK = 1000

/** The books of the warehouse: a packing slip takes away what left, a journal changes what it says. */
export function d365Books({ documents }: World) {
  const stockOf = (item: string) => Number(documents.get(D365, 'stock', item)?.['OnHandQuantity'] ?? FIRST_STOCK)
  return {
    book: (item: string, by: number) =>
      documents.put(D365, 'stock', item, '', { ItemNumber: item, OnHandQuantity: stockOf(item) + by }),
    all: () => documents.list(D365, 'stock'),
  }
}

/** Returns, credit, notes, stock journals and invoices of vendors. */
export function collectionRoutes(
  { documents }: World,
  { refuse, effect, next, bodyOf }: D365Gateway,
  books: ReturnType<typeof d365Books>,
): Route[] {
  function create(collection: Collection, call: Call): Reply {
    const input = bodyOf(call)
    const { kind, entity, foundBy, lines: list, onceWith } = collection
    const lines = array(input[list ?? '']).map((line) => object(line))
    const businessKey = text(input[collection.about] ?? lines[0]?.[collection.about])
    const reference = text(input[foundBy])
    if (reference === '') return refuse(400, `${foundBy} must be filled in`, { businessKey })
    if (list !== undefined && lines.length === 0)
      return refuse(400, `${entity} need at least one line`, { businessKey })
    const before = onceWith === undefined ? [] : documents.find(D365, kind, reference)
    if (before.some((one) => one[onceWith ?? ''] === input[onceWith ?? '']))
      return refuse(400, `${foundBy} ${reference} already exists`, { businessKey })
    const record: JsonObject = { ...input, [collection.number]: next(collection.prefix) }
    documents.put(D365, kind, text(record[collection.number]), reference, record)
    if (kind === 'stock-movement')
      for (const line of lines) books.book(text(line['ItemNumber']), Number(line['InventoryQuantity']))
    effect(kind, businessKey, record)
    return json(201, record, { businessKey, effect: true })
  }

  function find({ kind, foundBy, onceWith }: Collection, call: Call): Reply {
    const wanted = conditionsOf(call.query.get('$filter'))
    const found = documents.find(D365, kind, wanted[foundBy] ?? '')
    const value = found.filter((one) => onceWith === undefined || text(one[onceWith]) === wanted[onceWith])
    return json(200, { value }, { businessKey: wanted[foundBy] ?? '' })
  }

  return COLLECTIONS.flatMap((collection): Route[] => {
    const path = new RegExp(`^/data/${collection.entity}$`)
    return [
      { method: 'POST', path, operation: `create-${collection.kind}`, handle: (call) => create(collection, call) },
      { method: 'GET', path, operation: `find-${collection.kind}`, handle: (call) => find(collection, call) },
    ]
  })
}
