import { makeOrders } from '../demo/orders.ts'
import { deriveId } from '../engine/delivery/ids.ts'
import type { Json } from '../engine/json.ts'
import { ShipmentLifecycle } from '../engine/lifecycle/index.ts'
import { openStore } from '../engine/store/open.ts'
import type { NewMessage, Store } from '../engine/store/ports.ts'
import { COURIER, COURIER_CHANNEL, deliveredBodies, referenceOf, statusBodies } from './courier.ts'
import { answerCalls } from './worker.ts'

// Fills a store while no hub runs on it: with the shipments that webhooks are about, and with webhooks that wait.

const TOGETHER = 500
const CLOCK = { now: () => Date.now() }
/** Orders repeat after so many but for their number: making each from its own dice takes longer than storing it. */
const VARIETY = 200

interface Range {
  url: string
  from: number
  count: number
}

const [delivered, status] = [deliveredBodies(), statusBodies()]

/** Shipments of the orders `from` up to `from + count`, released as the ERP would and booked with the courier that tells of them. */
async function shipments({ url, from, count }: Range): Promise<void> {
  const patterns = makeOrders(VARIETY, 'bench', CLOCK.now())
  await withStore(url, async (store) => {
    const lifecycle = new ShipmentLifecycle({ documents: store.documents, clock: CLOCK })
    await inGroups(from, count, async (indexes) => {
      const created = indexes.map(async (index) => {
        const pattern = patterns[index % VARIETY]
        if (pattern === undefined) throw new Error('no such order')
        const order = { ...pattern.order, orderId: `SO-${referenceOf(index)}`, deliveryDocument: referenceOf(index) }
        const { shipment } = await lifecycle.create(order, { correlationId: order.orderId })
        const bookedAt = new Date(CLOCK.now()).toISOString()
        await lifecycle.recordBooking(shipment.shipmentId, {
          partner: COURIER,
          bookingId: `del_${referenceOf(index)}`,
          bookedAt,
        })
      })
      await Promise.all(created)
    })
  })
}

/** "Delivered" webhooks of the orders `from` up to `from + count`, as the webhook's node would have stored them. */
function webhooks(range: Range): Promise<void> {
  return store(range, (index) => message(delivered(index), referenceOf(index)))
}

/** Small webhooks that nobody gets to in time. */
function crowd(range: Range): Promise<void> {
  return store(range, (index) => message(status(index), `waiting-${index}`))
}

async function store({ url, from, count }: Range, make: (index: number) => NewMessage): Promise<void> {
  await withStore(url, async ({ messages }) => {
    await messages.subscribe(COURIER_CHANNEL, COURIER_CHANNEL, { ordered: true })
    await inGroups(from, count, async (indexes) => {
      await messages.append(indexes.map(make))
    })
  })
}

function message(body: string, key: string): NewMessage {
  const raw = Buffer.from(body)
  const payload = JSON.parse(body) as Record<string, Json>
  const own = [payload.kind ?? payload.event_type, payload.id ?? payload.event_id].join(':')
  return {
    id: deriveId('webhook', COURIER, own),
    channel: COURIER_CHANNEL,
    key,
    payload,
    headers: { partner: COURIER, intake: 'http' },
    correlationId: key,
    raw,
  }
}

/** Nothing of the courier's is given to any flow: intake goes on, work does not. */
async function hold({ url }: { url: string }): Promise<void> {
  await withStore(url, ({ messages }) => messages.hold(COURIER, true))
}

async function inGroups(from: number, count: number, work: (indexes: number[]) => Promise<void>): Promise<void> {
  for (let at = from; at < from + count; at += TOGETHER) {
    const length = Math.min(TOGETHER, from + count - at)
    await work(Array.from({ length }, (_, index) => at + index))
  }
}

async function withStore(url: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(url, { clock: CLOCK })
  try {
    await work(store)
  } finally {
    await store.close()
  }
}

answerCalls({ shipments, webhooks, crowd, hold })
