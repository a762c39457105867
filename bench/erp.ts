import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerCalls } from './worker.ts'

// An ERP at full pace: it bills whatever delivery it is told of, as SAP answers, keeps count and has no limits of its own.

const REFERENCE = /"ReferenceSDDocument":"([^"]+)"/

export interface Tally {
  /** Different deliveries billed. */
  billed: number
  /** Deliveries billed more than once. */
  doubled: number
}

const billed = new Map<string, number>()
let waiting: { count: number; resolve: (at: number) => void } | undefined
/** Longest wait for postings. */
const PATIENCE_MS = 180_000

const server = createServer((incoming, response) => {
  if (incoming.method !== 'POST') {
    incoming.resume()
    response.writeHead(200, { 'x-csrf-token': 'bench', 'content-type': 'application/json' }).end('{"d":{"results":[]}}')
    return
  }
  let body = ''
  incoming.setEncoding('utf8').on('data', (chunk) => (body += chunk))
  incoming.on('end', () => bill(body, response))
})

function bill(body: string, response: ServerResponse): void {
  const reference = REFERENCE.exec(body)?.[1]
  if (reference === undefined) return void response.writeHead(400).end()
  billed.set(reference, (billed.get(reference) ?? 0) + 1)
  const document = { BillingDocument: String(90_000_000 + billed.size), BillingDocumentType: 'F2' }
  const prices = { TotalNetAmount: '25.98', TransactionCurrency: 'EUR', BillingDocumentIsCancelled: false }
  const answer = JSON.stringify({ d: { ...document, ReferenceSDDocument: reference, ...prices } })
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) })
  response.end(answer)
  if (waiting !== undefined && billed.size >= waiting.count) {
    waiting.resolve(Date.now())
    waiting = undefined
  }
}

async function start(): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Epoch milliseconds at which so many deliveries were billed. */
function until({ count }: { count: number }): number | Promise<number> {
  if (billed.size >= count) return Date.now()
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`${billed.size} of ${count} deliveries were billed, and no more came`))
    const timer = setTimeout(late, PATIENCE_MS)
    const done = (at: number) => {
      clearTimeout(timer)
      resolve(at)
    }
    waiting = { count, resolve: done }
  })
}

function tally(): Tally {
  return { billed: billed.size, doubled: [...billed.values()].filter((times) => times > 1).length }
}

answerCalls({ start, until, tally, reset: () => billed.clear() }, () => server.closeAllConnections())
