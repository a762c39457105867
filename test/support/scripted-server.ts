import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export interface SeenRequest {
  method: string
  /** With its query. */
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** One step of a server's script; it has the whole request and may answer, break or dawdle as it likes. */
export type Step = (request: SeenRequest, response: ServerResponse) => void | Promise<void>

export interface ScriptedServer {
  url: string
  port: number
  /** Every request that came in whole, in order. */
  seen: SeenRequest[]
  /** What comes next, one step per request; the last one stays. */
  script(...steps: Step[]): void
  close(): Promise<void>
}

/** A real HTTP(S) server on a free port of this machine that does what its script says. */
export async function scriptedServer(options: { tls?: { key: string; cert: string } } = {}): Promise<ScriptedServer> {
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let steps: Step[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() }
    seen.push(one)
    const step = steps.length > 1 ? steps.shift() : steps[0]
    await step?.(one, response)
  }
  const server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    seen,
    script: (...next) => {
      steps = next
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Step =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }

export const text =
  (status: number, body: string, headers: Record<string, string> = {}): Step =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }

/** The request arrives, and the connection is reset instead of an answer. */
export const reset: Step = (_request, response) => {
  ;(response.socket as Socket).resetAndDestroy()
}

/** One byte every `everyMs`, for as long as the client listens; with the type of a good answer. */
export const drip =
  (everyMs: number): Step =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write(' '), everyMs)
    response.on('close', () => clearInterval(timer))
  }

/** As fast as the client reads, without end. */
export const endless: Step = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const chunk = Buffer.alloc(64 * 1024, 0x20)
  const more = () => {
    while (!response.destroyed && response.write(chunk)) {}
  }
  response.on('drain', more)
  more()
}

/** Nothing at all, ever. */
export const silence: Step = () => {}
