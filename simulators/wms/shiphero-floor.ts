import type { JsonObject } from '../json.ts'
import { object, text, uuidOf } from '../json.ts'
import type { World } from '../simulator.ts'

export const SHIPHERO = 'shiphero'

/** ShipHero's times carry no zone. */
const sqlTime = (at: Date) => at.toISOString().slice(0, 19).replace('T', ' ')
export const globalId = (kind: string, id: number) => Buffer.from(`${kind}:${id}`).toString('base64')

export interface Line {
  sku: string
  partner_line_item_id: string
  quantity: number
  product_name: string
  picked: number
}

/** The warehouse floor: allocate, pick, count, ship, each with the webhook of the contract. */
export function shipheroFloor({ documents, ledger, webhooks }: World): (step: string, id: string, at: Date) => void {
  function send(event: string, reference: string, body: JsonObject): void {
    const id = uuidOf(SHIPHERO, documents.next('shiphero-hook', 1))
    webhooks.enqueue({
      partner: SHIPHERO,
      id,
      event,
      businessKey: reference,
      body,
      headers: { 'X-Shiphero-Message-ID': id },
    })
  }

  function play(step: string, id: string, at: Date): void {
    const order = documents.get(SHIPHERO, 'order', id)
    if (order === undefined) return
    const reference = text(order['partner_order_id'])
    const lines = order['lines'] as unknown as Line[]
    const legacy = Number(order['legacy_id'])
    const ids = {
      order_id: legacy,
      order_uuid: id,
      order_number: order['order_number'] ?? '',
      partner_order_id: reference,
    }
    const common = { test: '0' }
    const warehouse = { warehouse_id: 3141, warehouse_uuid: globalId('Warehouse', 3141) }
    const status = (value: string) =>
      documents.put(SHIPHERO, 'order', id, reference, { ...order, fulfillment_status: value })
    if (step === 'allocated') {
      status('allocated')
      send('Order Allocated', reference, {
        webhook_type: 'Order Allocated',
        ...common,
        allocation: {
          ...ids,
          ready_to_ship: 1,
          allocated_at: sqlTime(at),
          line_items: lines.map((line) => ({
            id: line.partner_line_item_id,
            partner_id: line.partner_line_item_id,
            sku: line.sku,
            quantity_allocated: line.quantity,
            is_kit_component: false,
            warehouse_id: 3141,
          })),
        },
      })
    }
    if (step === 'picked')
      send('Tote Cleared', reference, {
        webhook_type: 'Tote Cleared',
        ...common,
        tote: { barcode: `TOTE-${(legacy % 40) + 1}` },
        items: lines
          .filter((line) => line.picked > 0)
          .map((line, index) => ({
            order_id: legacy,
            line_item_id: legacy * 10 + index,
            sku: line.sku,
            quantity: line.picked,
          })),
      })
    if (step === 'inventory')
      send('Inventory Update', reference, {
        webhook_type: 'Inventory Update',
        ...common,
        account_id: 1042,
        account_uuid: globalId('Account', 1042),
        inventory: lines.map((line) => {
          const onHand = 1000 - (documents.next(`stock-${line.sku}`, 1) % 900)
          return {
            sku: line.sku,
            inventory: onHand - 2,
            backorder_quantity: line.quantity - line.picked,
            on_hand: String(onHand),
            virtual_inventory: onHand,
            ...warehouse,
            updated_warehouse: { warehouse_id: 3141, inventory: onHand - 2 },
          }
        }),
      })
    if (step === 'shipped') {
      status('fulfilled')
      ledger.effect({
        partner: SHIPHERO,
        kind: 'shipped',
        businessKey: reference,
        data: { short: order['short'] ?? false },
      })
      send('Shipment Update', reference, shipment(order, lines, at))
    }
  }

  function shipment(order: JsonObject, lines: Line[], at: Date): JsonObject {
    const legacy = 263_000_000 + (Number(order['legacy_id']) % 1_000_000)
    const tracking = `SIM${order['legacy_id']}`
    const shipped = lines.filter((line) => line.picked > 0)
    const address = { name: 'Jordan Sample', ...object(order['shipping_address']) }
    return {
      test: '0',
      webhook_type: 'Shipment Update',
      fulfillment: {
        shipment_id: legacy,
        shipment_uuid: globalId('Shipment', legacy),
        warehouse: 'Primary',
        warehouse_id: 3141,
        warehouse_uuid: globalId('Warehouse', 3141),
        webhook_type: 'Shipment Update',
        partner_order_id: order['partner_order_id'] ?? '',
        order_number: order['order_number'] ?? '',
        tracking_number: tracking,
        shipping_carrier: 'UPS',
        shipping_method: 'Ground',
        order_id: order['legacy_id'] ?? 0,
        order_uuid: order['id'] ?? '',
        line_items: shipped.map((line, index) => ({
          id: line.partner_line_item_id,
          shiphero_id: Number(order['legacy_id']) * 10 + index,
          quantity: line.picked,
          sku: line.sku,
          serial_numbers: [],
          customs_description: '',
          package: 'Package #1',
          lot_id: null,
          lot_name: null,
          lot_expiration: null,
        })),
        created_at: sqlTime(at),
      },
      total_packages: 1,
      packages: [
        {
          name: 'Package #1',
          tracking_number: tracking,
          line_items: shipped.map((line) => ({ sku: line.sku, quantity: line.picked })),
          shipping_label: {
            carrier: 'UPS',
            shipping_method: 'Ground',
            cost: '7.99',
            tracking_number: tracking,
            tracking_url: `https://example.com/track/${tracking}`,
            address,
          },
        },
      ],
    }
  }

  return play
}
