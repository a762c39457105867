import { type DeliveryEvent, type Entity, type Order, readSchema } from '../../engine/canonical/index.ts'

/** A fresh copy of an entity's first example: the business thread SO-10042 / 80001042 / FICT1042 / VAN-1. */
export function example<T>(entity: Entity, index = 0): T {
  const found = readSchema(entity).examples?.[index]
  if (found === undefined) throw new Error(`${entity} has no example ${index}`)
  return found as T
}

/** The example order under another number, so that tests do not meet. */
export function order(orderId = 'SO-10042', change: Partial<Order> = {}): Order {
  return { ...example<Order>('order'), orderId, ...change }
}

/** A delivery event of the example order; `minute` counts from 12:00 on the day of delivery. */
export function event(type: DeliveryEvent['type'], minute: number, change: Partial<DeliveryEvent> = {}): DeliveryEvent {
  const at = new Date(Date.UTC(2026, 2, 2, 12, minute)).toISOString()
  return {
    eventId: `evt-${type}-${minute}`,
    type,
    shipmentRef: { type: 'order', value: 'SO-10042' },
    occurredAt: at,
    receivedAt: at,
    source: 'API',
    provider: 'fictional-courier',
    rawCode: type,
    dedupKey: `fictional-courier/${type}/${minute}`,
    mappingVersion: '1.0.0',
    ...change,
  }
}
