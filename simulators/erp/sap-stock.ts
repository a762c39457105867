import type { Call, Reply, Route } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import type { SapGateway } from './sap-gateway.ts'
import { filterOf, SAP } from './sap-gateway.ts'

/** Of every material there are so many at the beginning, in the books and in the simulated warehouse. */
const FIRST_STOCK = 1000
/** What comes in; the other movement types of these documents go out. */
const RECEIPTS = new Set(['701', '451', '501', '561'])

/** The books of the plant: a goods issue takes away what was delivered, a material document what it says. */
export function sapBooks({ documents }: World) {
  const stockOf = (material: string): number =>
    Number(documents.get(SAP, 'stock', material)?.['quantity'] ?? FIRST_STOCK)

  function book(material: string, by: number): void {
    documents.put(SAP, 'stock', material, '', { material, quantity: stockOf(material) + by })
  }

  /** What a posted goods issue takes off the books. */
  function issue(items: JsonObject[]): void {
    for (const item of items) book(text(item['Material']), -Number(item['ActualDeliveryQuantity'] ?? 0))
  }

  return { stockOf, book, issue }
}

export function stockRoutes(world: World, { refuse, effect, session, withoutToken }: SapGateway): Route[] {
  const { documents } = world
  const books = sapBooks(world)

  function postMovement(call: Call): Reply {
    const given = object(object(call.body)['d'] ?? call.body)
    const item = object(array(object(given['to_MaterialDocumentItem'])['results'])[0])
    const material = text(item['Material'])
    const stale = withoutToken(call)
    if (stale !== undefined) return { ...stale, businessKey: material }
    const quantity = Number(item['QuantityInEntryUnit'])
    const reference = text(given['ReferenceDocument'])
    if (material === '' || !(quantity > 0))
      return refuse(400, 'M7/022', 'Enter material and quantity', { businessKey: material })
    if (reference.length > 16) return refuse(400, 'M7/001', 'The reference has more than 16 characters')
    const id = String(documents.next('sap-material-document', 4_900_000_001))
    const type = text(item['GoodsMovementType'])
    books.book(material, RECEIPTS.has(type) ? quantity : -quantity)
    const body = {
      ...given,
      MaterialDocument: id,
      MaterialDocumentYear: String(new Date(world.now()).getUTCFullYear()),
    }
    documents.put(SAP, 'material-document', id, reference, body)
    effect('stock-movement', material, { materialDocument: id, type, quantity })
    return json(201, { d: body }, { businessKey: material, effect: true })
  }

  function findMovements(call: Call): Reply {
    const reference = filterOf(call.query.get('$filter'))['ReferenceDocument'] ?? ''
    return listed(call, documents.find(SAP, 'material-document', reference), reference)
  }

  /** Every material that was moved, or stands in a delivery. */
  function listStock(call: Call): Reply {
    const delivered = documents
      .list(SAP, 'delivery')
      .flatMap((delivery) => array(delivery['items']).map((item) => text(object(item)['Material'])))
    const moved = documents.list(SAP, 'stock').map(({ material }) => text(material))
    const { Plant = '', StorageLocation = '' } = filterOf(call.query.get('$filter'))
    const results = [...new Set([...delivered, ...moved])].sort().map((material) => ({
      Material: material,
      Plant,
      StorageLocation,
      Batch: '',
      InventoryStockType: '01',
      MaterialBaseUnit: 'EA',
      MatlWrhsStkQtyInMatlBaseUnit: books.stockOf(material).toFixed(3),
    }))
    return listed(call, results, Plant)
  }

  const listed = (call: Call, results: JsonObject[], businessKey: string): Reply =>
    json(200, { d: { __count: String(results.length), results } }, { ...session(call), businessKey })

  const odata = (service: string, entity: string) => new RegExp(`^/sap/opu/odata/sap/${service}/${entity}$`)
  const movements = odata('API_MATERIAL_DOCUMENT_SRV', 'A_MaterialDocumentHeader')
  return [
    { method: 'POST', path: movements, operation: 'createMovement', handle: postMovement },
    { method: 'GET', path: movements, operation: 'findMovements', handle: findMovements },
    {
      method: 'GET',
      path: odata('API_MATERIAL_STOCK_SRV', 'A_MatlStkInAcctMod'),
      operation: 'listStock',
      handle: listStock,
    },
  ]
}
