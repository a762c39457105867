import type { Reply } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, idOf, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import { globalId, SHIPHERO, type ShipheroStock, sqlTime, WAREHOUSE } from './shiphero-stock.ts'

type Fail = (operation: string, code: number, message: string, more?: JsonObject) => Reply

/** Returns that were announced, and the dock where they arrive. */
export function shipheroReturns({ documents, ledger }: World, stock: ShipheroStock, fail: Fail) {
  function create(data: JsonObject): Reply {
    const reference = text(data['partner_id'])
    if (reference === '' || array(data['line_items']).length === 0)
      return { ...fail('return_create', 2, 'partner_id and line_items are required.'), businessKey: reference }
    if (documents.find(SHIPHERO, 'return', reference).length > 0)
      return { ...fail('return_create', 4, `Return ${reference} already exists.`), businessKey: reference }
    const legacy = documents.next('shiphero-return', 5_000_001)
    const id = globalId('Return', legacy)
    const kept = {
      id,
      legacy_id: legacy,
      partner_id: reference,
      status: 'pending',
      line_items: data['line_items'] ?? [],
    }
    documents.put(SHIPHERO, 'return', id, reference, kept)
    ledger.effect({ partner: SHIPHERO, kind: 'return', businessKey: reference, data: { id } })
    const body = { request_id: idOf(24, id), complexity: 10, return: shown(kept) }
    return json(200, { data: { return_create: body } }, { businessKey: reference, effect: true })
  }

  function find(variables: JsonObject): Reply {
    const reference = text(variables['partner_id'])
    const edges = documents.find(SHIPHERO, 'return', reference).map((one) => ({ node: shown(one) }))
    const body = { request_id: idOf(24, reference), complexity: 5, data: { edges } }
    return json(200, { data: { returns: body } }, { businessKey: reference })
  }

  /** The dock: each line gets the grade given, or the parcel is refused. What can be sold again goes back on the shelf. */
  function arrive(reference: string, grade: string, at: Date): void {
    const [found] = documents.find(SHIPHERO, 'return', reference)
    if (found === undefined) throw new Error(`no return ${reference} was announced`)
    const isRefused = grade === 'refused'
    const lines = array(found['line_items']).map((line) => object(line))
    documents.put(SHIPHERO, 'return', text(found['id']), reference, {
      ...found,
      status: isRefused ? 'refused' : 'received',
    })
    ledger.effect({ partner: SHIPHERO, kind: 'return-receipt', businessKey: reference, data: { grade } })
    stock.send('Return Update', reference, {
      return_id: found['legacy_id'] ?? 0,
      partner_id: reference,
      ...WAREHOUSE,
      status: isRefused ? 'refused' : 'received',
      note: isRefused ? 'Not what was announced' : null,
      line_items: lines.map((line) => ({
        sku: line['sku'] ?? '',
        quantity: line['quantity'] ?? 0,
        quantity_received: isRefused ? 0 : (line['quantity'] ?? 0),
        condition: isRefused ? null : grade,
        restock: grade === 'A' || grade === 'B' ? 1 : 0,
      })),
      updated_at: sqlTime(at),
    })
    if (grade !== 'A' && grade !== 'B') return
    for (const line of lines) stock.adjust(text(line['sku']), Number(line['quantity']), 'Return', at)
  }

  const shown = ({ id, legacy_id, partner_id, status }: JsonObject): JsonObject => ({
    id: id ?? '',
    legacy_id: legacy_id ?? 0,
    partner_id: partner_id ?? '',
    status: status ?? '',
  })

  return { create, find, arrive }
}
