import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import type { CartageError } from '../engine/errors.ts'
import { openStore } from '../engine/store/open.ts'
import type { Delivery, NewMessage, Store } from '../engine/store/ports.ts'
import { deliveredBodies, SIGNATURE_HEADER, signatureOf } from './courier.ts'
import { answerCalls } from './worker.ts'

// The least that can be done for a webhook with the same promise: verify it, store it in the same store, answer. And, for
// the whole way to the ERP, a loop that claims, posts and settles, without flows, mappings, shipments or an outbox.

const CHANNEL = 'bare'
const CLAIM_MS = 60_000
const CONCURRENCY = 32
const TOGETHER = 500

interface Webhook {
  id: string
  kind: string
  data: { external_id: string }
}

const bodyOf = deliveredBodies()
const agent = new Agent({ connections: CONCURRENCY, pipelining: 1 })
let store: Store | undefined
const server = createServer((incoming, response) => {
  take(incoming, response).catch(() => response.writeHead(500).end())
})

async function take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const raw = await rawBodyOf(incoming)
  const sent = Buffer.from(String(incoming.headers[SIGNATURE_HEADER] ?? ''))
  const expected = Buffer.from(signatureOf(raw))
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) return void response.writeHead(401).end()
  await store?.messages.append([messageOf(raw)])
  response.writeHead(200, { 'content-length': 0 }).end()
}

function messageOf(raw: Buffer): NewMessage {
  const payload = JSON.parse(raw.toString()) as Webhook
  const [id, key] = [`${payload.kind}:${payload.id}`, payload.data.external_id]
  return { id, channel: CHANNEL, key, payload: payload as never, headers: {}, correlationId: key, raw }
}

function rawBodyOf(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.once('end', () => resolve(Buffer.concat(chunks)))
    incoming.once('error', reject)
  })
}

async function start({ url, redis }: { url: string; redis?: string }): Promise<number> {
  store = await openStore(url, { clock: { now: () => Date.now() }, ...(redis === undefined ? {} : { redis }) })
  await store.messages.subscribe(CHANNEL, CHANNEL, { ordered: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Stores webhooks as if they had come in. */
async function fill({ from, count }: { from: number; count: number }): Promise<void> {
  for (let at = from; at < from + count; at += TOGETHER) {
    const length = Math.min(TOGETHER, from + count - at)
    const bodies = Array.from({ length }, (_, index) => Buffer.from(bodyOf(at + index)))
    await store?.messages.append(bodies.map(messageOf))
  }
}

/** Posts what is stored, `count` in all, of which some may be still to come. */
async function forward({ erpPort, count }: { erpPort: number; count: number }): Promise<void> {
  for (let left = count; left > 0; ) {
    const done = await forwardSome(erpPort)
    left -= done
    if (done === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Posts what is stored until nothing is given any more. */
async function forwardAll({ erpPort }: { erpPort: number }): Promise<void> {
  while ((await forwardSome(erpPort)) > 0);
}

async function forwardSome(erpPort: number): Promise<number> {
  const deliveries = (await store?.messages.claim(CHANNEL, { limit: CONCURRENCY, leaseMs: CLAIM_MS })) ?? []
  await Promise.all(deliveries.map((delivery) => post(delivery, erpPort)))
  return deliveries.length
}

async function post(delivery: Delivery, erpPort: number): Promise<void> {
  const body = JSON.stringify({ to_Item: { results: [{ ReferenceSDDocument: delivery.message.key }] } })
  const answer = await request(`http://127.0.0.1:${erpPort}/A_BillingDocument`, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/json' },
    body,
  })
  await answer.body.dump()
  // A server that does not isolate updates gives one delivery to two: the ERP's count shows it.
  await store?.messages.settle(delivery).catch((error: CartageError) => {
    if (error.code !== 'store.stale') throw error
  })
}

answerCalls({ start, fill, forward, forwardAll }, async () => {
  await agent.close()
  server.closeAllConnections()
  await store?.close()
})
