import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { transaction } from './database.ts'
import type { Fault, Faults } from './faults.ts'
import type { Call, Reply, Route } from './http.ts'
import { parseJson, plainHeaders, readBody } from './http.ts'
import type { Ledger } from './ledger.ts'
import type { Simulator } from './simulator.ts'

interface Deps {
  db: DatabaseSync
  ledger: Ledger
  faults: Faults
  simulators: Map<string, Simulator>
  control: (call: Call) => Reply
  log: (message: string) => void
  /** Requests that each partner is working on. */
  atWork: Map<string, number>
}

/** The simulators' one HTTP server: `/<slug>/…` is a partner, `/_control/…` the control API. */
export function createSimulatorServer(given: Omit<Deps, 'atWork'>): Server {
  const deps: Deps = { ...given, atWork: new Map() }
  return createServer((request, response) => {
    handle(deps, request, response).catch((error: unknown) => {
      deps.log(`${request.method} ${request.url}: ${error instanceof Error ? error.stack : error}`)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
}

async function handle(deps: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulators')
  const [, mount = '', rest = ''] = /^\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? []
  const raw = await readBody(request)
  const headers = plainHeaders(request)
  const form = (headers['content-type'] ?? '').includes('x-www-form-urlencoded')
  const body = form ? undefined : parseJson(raw)
  const call: Call = {
    method: request.method ?? 'GET',
    path: rest || '/',
    params: {},
    query: url.searchParams,
    headers,
    raw,
    body,
  }
  if (mount === '_control')
    return answer(
      response,
      transaction(deps.db, () => deps.control(call)),
    )
  const simulator = deps.simulators.get(mount)
  if (simulator === undefined) return answer(response, { status: mount === 'healthz' ? 200 : 404, body: {} })
  const atWork = (change: number) => {
    const now = (deps.atWork.get(mount) ?? 0) + change
    deps.atWork.set(mount, now)
    return now
  }
  const busy = atWork(1) > (simulator.concurrent ?? Number.POSITIVE_INFINITY)
  await serve(deps, simulator, call, response, busy).finally(() => atWork(-1))
}

async function serve(
  deps: Deps,
  simulator: Simulator,
  call: Call,
  response: ServerResponse,
  busy: boolean,
): Promise<void> {
  const { faults } = deps
  const route = routeOf(simulator, call)
  const operation = route?.operation ?? 'unknown'
  const hit = (...kinds: Fault['kind'][]) => faults.hit(kinds, simulator.slug, operation)
  const outage = hit('outage')
  if (outage !== undefined) {
    record(deps, simulator, call, operation, { status: outage.form === 'cut' ? 0 : 503 }, 'outage')
    return outage.form === 'cut' ? void response.socket?.destroy() : answer(response, simulator.error(503))
  }
  const latency = hit('latency')
  if (latency !== undefined) await pause(latency.ms ?? 500)
  const turnedAway = hit('throttle', 'error')
  if (turnedAway !== undefined) {
    const reply =
      turnedAway.kind === 'throttle' ? throttled(simulator, turnedAway) : simulator.error(turnedAway.status ?? 500)
    record(deps, simulator, call, operation, reply, turnedAway.kind)
    return answer(response, reply)
  }
  const after = hit('timeout-after-commit', 'html', 'truncated', 'drip')
  const reply = transaction(deps.db, () => {
    const made = busy ? simulator.error(429) : ask(simulator, route, call)
    const status = after?.kind === 'timeout-after-commit' ? 0 : made.status
    record(deps, simulator, call, operation, { ...made, status }, after?.kind ?? '')
    return made
  })
  await deliver(response, reply, after)
}

function ask(simulator: Simulator, route: Route | undefined, call: Call): Reply {
  const refused = simulator.authorise(call) ?? simulator.limit?.(call)
  if (refused !== undefined) return refused
  if (route === undefined) return simulator.error(404)
  const isJson = (call.headers['content-type'] ?? '').includes('json')
  if (isJson && call.raw.length > 0 && call.body === undefined) return simulator.error(400)
  return route.handle(call)
}

function routeOf(simulator: Simulator, call: Call): Route | undefined {
  for (const route of simulator.routes) {
    const match =
      route.method === call.method ? (route.path.exec(call.path) ?? route.path.exec(decoded(call.path))) : null
    if (match === null) continue
    call.params = Object.fromEntries(Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)]))
    return route
  }
  return undefined
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function throttled(simulator: Simulator, fault: Fault): Reply {
  const seconds = Math.max(1, Math.round((fault.ms ?? 1000) / 1000))
  const asDate = fault.form === 'date' || (fault.form === undefined && fault.hits % 2 === 0)
  // An HTTP date has whole seconds: one more, so that it is never already past.
  const value = asDate ? new Date(Date.now() + (seconds + 1) * 1000).toUTCString() : String(seconds)
  const reply = simulator.error(429)
  return { ...reply, status: 429, headers: { ...reply.headers, 'retry-after': value } }
}

function record(deps: Deps, simulator: Simulator, call: Call, operation: string, reply: Reply, fault: string): void {
  deps.ledger.request({
    partner: simulator.slug,
    method: call.method,
    path: call.path,
    operation,
    businessKey: reply.businessKey ?? '',
    idempotencyKey: reply.idempotencyKey ?? '',
    correlation: call.headers['x-correlation-id'] ?? '',
    traceparent: call.headers.traceparent ?? '',
    status: reply.status,
    effect: reply.effect ?? false,
    fault,
  })
}

async function deliver(response: ServerResponse, reply: Reply, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === 'timeout-after-commit') {
    await pause(fault.ms ?? 0)
    response.socket?.resetAndDestroy()
    return
  }
  if (fault?.kind === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<html><body><h1>Please log in</h1></body></html>')
    return
  }
  const { head, bytes } = encode(reply)
  response.writeHead(reply.status, { ...head, ...(bytes.length > 0 ? { 'content-length': bytes.length } : {}) })
  if (fault?.kind === 'truncated') {
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroy())
    return
  }
  if (fault?.kind === 'drip') {
    for (const byte of bytes) {
      if (response.destroyed) return
      response.write(Buffer.of(byte))
      await pause(fault.ms ?? 1000)
    }
  } else response.write(bytes)
  response.end()
}

function encode(reply: Reply): { head: Record<string, string | string[]>; bytes: Buffer } {
  if (reply.bytes !== undefined) return { head: { ...reply.headers }, bytes: reply.bytes }
  if (reply.body === undefined) return { head: { ...reply.headers }, bytes: Buffer.alloc(0) }
  const isText = typeof reply.body === 'string'
  const bytes = Buffer.from(isText ? String(reply.body) : JSON.stringify(reply.body))
  return { head: { 'content-type': isText ? 'text/plain' : 'application/json', ...reply.headers }, bytes }
}

function answer(response: ServerResponse, reply: Reply): void {
  const { head, bytes } = encode(reply)
  response.writeHead(reply.status, head)
  response.end(bytes)
}
