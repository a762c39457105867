import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import { openStore } from '../engine/store/open.ts'
import type { Delivery, Store } from '../engine/store/ports.ts'
import { SIGNATURE_HEADER, signatureOf } from './courier.ts'
import { answerCalls } from './worker.ts'

// The least that can be done for a webhook with the same promise: verify it, store it in the same store, answer. And, for
// the whole way to the ERP, a loop that claims, posts and settles, without flows, mappings, shipments or an outbox.

const CHANNEL = 'bare'
const CLAIM_MS = 60_000

interface Webhook {
  id: string
  kind: string
  data: { external_id: string }
}

let store: Store | undefined
const server = createServer((incoming, response) => {
  take(incoming, response).catch(() => response.writeHead(500).end())
})

async function take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const raw = await bodyOf(incoming)
  const sent = Buffer.from(String(incoming.headers[SIGNATURE_HEADER] ?? ''))
  const expected = Buffer.from(signatureOf(raw))
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) return void response.writeHead(401).end()
  const payload = JSON.parse(raw.toString()) as Webhook
  const [id, key] = [`${payload.kind}:${payload.id}`, payload.data.external_id]
  await store?.messages.append([
    { id, channel: CHANNEL, key, payload: payload as never, headers: {}, correlationId: key, raw },
  ])
  response.writeHead(200, { 'content-length': 0 }).end()
}

function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.once('end', () => resolve(Buffer.concat(chunks)))
    incoming.once('error', reject)
  })
}

async function start({ url }: { url: string }): Promise<number> {
  store = await openStore(url, { clock: { now: () => Date.now() } })
  await store.messages.subscribe(CHANNEL, CHANNEL, { ordered: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Posts what is stored, `count` in all. */
async function forward({ erpPort, count }: { erpPort: number; count: number }): Promise<void> {
  const agent = new Agent({ connections: 8, pipelining: 1 })
  let left = count
  const work = async () => {
    while (left > 0) {
      const deliveries = (await store?.messages.claim(CHANNEL, { limit: 8, leaseMs: CLAIM_MS })) ?? []
      left -= deliveries.length
      await Promise.all(deliveries.map((delivery) => post(delivery, erpPort, agent)))
      if (deliveries.length === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await work()
  await agent.close()
}

async function post(delivery: Delivery, erpPort: number, agent: Agent): Promise<void> {
  const body = JSON.stringify({ to_Item: { results: [{ ReferenceSDDocument: delivery.message.key }] } })
  const answer = await request(`http://127.0.0.1:${erpPort}/A_BillingDocument`, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/json' },
    body,
  })
  await answer.body.dump()
  await store?.messages.settle(delivery)
}

answerCalls({ start, forward }, async () => {
  server.closeAllConnections()
  await store?.close()
})
