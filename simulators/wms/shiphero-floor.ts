import type { JsonObject } from '../json.ts'
import { object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { globalId, SHIPHERO, type ShipheroStock, sqlTime, WAREHOUSE } from './shiphero-stock.ts'

export interface Line {
  sku: string
  partner_line_item_id: string
  quantity: number
  product_name: string
  picked: number
}

/** Of one piece, in pounds. */
const POUNDS = 2

/** The warehouse floor: allocate, pick, pack, ship, count, each with the webhook of the contract. */
export function shipheroFloor(
  { documents, ledger }: World,
  stock: ShipheroStock,
): (step: string, id: string, at: Date) => void {
  const { send } = stock

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
    const status = (value: string) =>
      documents.put(SHIPHERO, 'order', id, reference, { ...order, fulfillment_status: value })
    if (step === 'allocated') {
      status('allocated')
      send('Order Allocated', reference, {
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
    if (step === 'packed') {
      documents.put(SHIPHERO, 'order', id, reference, { ...order, packed: true })
      const pieces = lines.reduce((sum, { picked }) => sum + picked, 0)
      send('Order Packed Out', reference, {
        ...ids,
        ...WAREHOUSE,
        packages: [
          {
            name: 'Package #1',
            tracking_number: `SIM${legacy}`,
            weight: (pieces * POUNDS).toFixed(1),
            length: '16',
            width: '12',
            height: '8',
          },
        ],
        created_at: sqlTime(at),
      })
    }
    if (step === 'cancelled') send('Order Canceled', reference, { ...ids, ...WAREHOUSE, created_at: sqlTime(at) })
    if (step === 'inventory')
      send('Inventory Update', reference, {
        account_id: 1042,
        account_uuid: globalId('Account', 1042),
        inventory: lines.map((line) => {
          const onHand = stock.onHand(line.sku)
          return {
            sku: line.sku,
            inventory: onHand,
            backorder_quantity: line.quantity - line.picked,
            on_hand: String(onHand),
            virtual_inventory: onHand,
            ...WAREHOUSE,
            updated_warehouse: { warehouse_id: 3141, inventory: onHand },
          }
        }),
      })
    if (step === 'shipped' && object(order['holds'])['payment_hold'] === true)
      documents.put(SHIPHERO, 'order', id, reference, { ...order, waits: true })
    else if (step === 'shipped') {
      status('fulfilled')
      for (const line of lines) stock.move(line.sku, -line.picked)
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
      fulfillment: {
        shipment_id: legacy,
        shipment_uuid: globalId('Shipment', legacy),
        warehouse: 'Primary',
        ...WAREHOUSE,
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
