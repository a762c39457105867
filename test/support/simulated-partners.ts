import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SimulatorOptions, Simulators } from '../../simulators/main.ts'
import { startSimulators } from '../../simulators/main.ts'
import { temporaryFolder } from './temp.ts'

export interface Received {
  path: string
  headers: Record<string, string>
  raw: Buffer
  body: Record<string, unknown>
}

/** A hub that only writes down the webhooks it gets; `answer` decides what it says to the nth of them (from 1). */
export async function listeningHub(
  answer: (received: Received, nth: number) => { status: number; body?: unknown } = () => ({ status: 200 }),
) {
  const received: Received[] = []
  const checks: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    if (request.method !== 'POST') {
      checks.push(`${request.method} ${request.url}`)
      response.end(new URL(request.url ?? '', 'http://hub').searchParams.get('check') ?? '')
      return
    }
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    const entry = {
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      raw,
      body: JSON.parse(raw.toString('utf8')) as Record<string, unknown>,
    }
    received.push(entry)
    const { status, body } = answer(entry, received.length)
    const shiphero = entry.path.endsWith('/shiphero') ? { code: '200', Status: 'Success' } : {}
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? shiphero))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    /** The partners' checks of the address. */
    checks,
    of: (slug: string) => received.filter((entry) => entry.path === `/webhooks/${slug}`),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export type Hub = Awaited<ReturnType<typeof listeningHub>>

/** Simulators in a folder of their own, as fast as they can; `close` removes everything. */
export async function simulatedPartners(hub: Hub, options: Partial<SimulatorOptions> = {}) {
  const folder = temporaryFolder()
  const simulators: Simulators = await startSimulators({ dir: folder.path, hubUrl: hub.url, speed: 0, ...options })
  return {
    ...simulators,
    close: async () => {
      await simulators.close()
      hub.close()
      folder.remove()
    },
  }
}

export interface Answered {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a partner's answer is looked at freely in tests
  body: any
}

/** Calls a partner as a client would; the answer's body is parsed when it is JSON. */
export async function ask(url: string, init: RequestInit & { json?: unknown } = {}): Promise<Answered> {
  const { json, ...rest } = init
  const headers = new Headers(rest.headers)
  if (json !== undefined) headers.set('content-type', 'application/json')
  const response = await fetch(url, {
    method: json === undefined ? 'GET' : 'POST',
    ...rest,
    headers,
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').includes('json') && text !== ''
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

export const basic = (user: string, password = '') => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
