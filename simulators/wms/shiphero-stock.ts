import type { JsonObject } from '../json.ts'
import { text, uuidOf } from '../json.ts'
import type { World } from '../simulator.ts'

export const SHIPHERO = 'shiphero'

/** ShipHero's times carry no zone. */
export const sqlTime = (at: Date) => at.toISOString().slice(0, 19).replace('T', ' ')
export const globalId = (kind: string, id: number) => Buffer.from(`${kind}:${id}`).toString('base64')
export const WAREHOUSE = { warehouse_id: 3141, warehouse_uuid: globalId('Warehouse', 3141) }

/** Of every item there are so many at the beginning, in the warehouse and in the books of the simulated ERP. */
export const FIRST_STOCK = 1000

export type ShipheroStock = ReturnType<typeof shipheroStock>

/** What lies in the warehouse, and the webhook that tells of a change that no order explains. */
export function shipheroStock({ documents, ledger, webhooks }: World) {
  const onHand = (sku: string): number => Number(documents.get(SHIPHERO, 'stock', sku)?.['on_hand'] ?? FIRST_STOCK)

  function move(sku: string, by: number): void {
    documents.put(SHIPHERO, 'stock', sku, '', { sku, on_hand: onHand(sku) + by })
  }

  function send(event: string, reference: string, body: JsonObject): void {
    const id = uuidOf(SHIPHERO, documents.next('shiphero-hook', 1))
    webhooks.enqueue({
      partner: SHIPHERO,
      id,
      event,
      businessKey: reference,
      body: { webhook_type: event, test: '0', ...body },
      headers: { 'X-Shiphero-Message-ID': id },
    })
  }

  /** Somebody counts, finds, loses or breaks something. */
  function adjust(sku: string, by: number, reason: string, at: Date): void {
    const before = onHand(sku)
    move(sku, by)
    ledger.effect({ partner: SHIPHERO, kind: 'stock-adjustment', businessKey: sku, data: { by, reason } })
    send('Inventory Change', sku, {
      account_id: 1042,
      ...WAREHOUSE,
      sku,
      previous_on_hand: before,
      change_in_on_hand: by,
      new_on_hand: before + by,
      reason,
      changed_at: sqlTime(at),
    })
  }

  /** A page of all items that were ever moved or ordered, by item number. */
  function page(after: string, size: number): { nodes: JsonObject[]; more: boolean; cursor: string } {
    const all = documents.list(SHIPHERO, 'stock').sort((a, b) => (text(a['sku']) < text(b['sku']) ? -1 : 1))
    const left = all.filter((one) => text(one['sku']) > after)
    const nodes = left.slice(0, size).map(({ sku, on_hand }) => ({
      sku: sku ?? '',
      warehouse_id: WAREHOUSE.warehouse_uuid,
      on_hand: on_hand ?? 0,
      allocated: 0,
      available: on_hand ?? 0,
    }))
    return { nodes, more: left.length > size, cursor: text(nodes.at(-1)?.['sku']) }
  }

  return { onHand, move, send, adjust, page }
}
