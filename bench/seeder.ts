import { makeOrders } from '../demo/orders.ts'
import { deriveId } from '../engine/delivery/ids.ts'
import type { Json } from '../engine/json.ts'
import { ShipmentLifecycle } from '../engine/lifecycle/index.ts'
import { openStore } from '../engine/store/open.ts'
import type { NewMessage, Store } from '../engine/store/ports.ts'
import { COURIER, COURIER_CHANNEL, deliveredBodies, referenceOf } from './courier.ts'
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

const bodyOf = deliveredBodies()

/** Shipments of the orders `from` up to `from + count`, released as the ERP would. */
async function shipments({ url, from, count }: Range): Promise<void> {
  const patterns = makeOrders(VARIETY, 'bench', CLOCK.now())
  await withStore(url, async (store) => {
    const lifecycle = new ShipmentLifecycle({ documents: store.documents, clock: CLOCK })
    await inGroups(from, count, async (indexes) => {
      const created = indexes.map((index) => {
        const pattern = patterns[index % VARIETY]
        if (pattern === undefined) throw new Error('no such order')
        const order = { ...pattern.order, orderId: `SO-${referenceOf(index)}`, deliveryDocument: referenceOf(index) }
        return lifecycle.create(order, { correlationId: order.orderId })
      })
      await Promise.all(created)
    })
  })
}

/** "Delivered" webhooks of the orders `from` up to `from + count`, as the webhook's node would have stored them. */
async function webhooks({ url, from, count }: Range): Promise<void> {
  await withStore(url, async (store) => {
    await store.messages.subscribe(COURIER_CHANNEL, COURIER_CHANNEL, { ordered: true })
    await inGroups(from, count, async (indexes) => {
      await store.messages.append(indexes.map((index) => webhook(index)))
    })
  })
}

function webhook(index: number): NewMessage {
  const raw = Buffer.from(bodyOf(index))
  const payload = JSON.parse(raw.toString()) as { kind: string; id: string } & Json
  const key = referenceOf(index)
  return {
    id: deriveId('webhook', COURIER, `${payload.kind}:${payload.id}`),
    channel: COURIER_CHANNEL,
    key,
    payload,
    headers: { partner: COURIER, intake: 'http' },
    correlationId: key,
    raw,
  }
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

answerCalls({ shipments, webhooks })
