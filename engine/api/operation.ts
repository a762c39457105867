import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { announcedBytes } from './body.ts'
import type { ApiDeps, Operation } from './call.ts'
import { authorise, type Principal } from './keys.ts'
import { OPERATIONS } from './operations.ts'
import { HttpProblem } from './problem.ts'
import { pathSegment } from './query.ts'
import { send, sendProblem } from './reply.ts'

export type Routed = { operation: Operation; params: Record<string, string> }

/** The operation of a method and path. 404 for an unknown path, 405 with Allow for a known path with another method. */
export function route(method: string, path: string): Routed {
  const segments = path.split('/')
  const allowed: string[] = []
  for (const operation of OPERATIONS) {
    const params = matchPath(operation.path.split('/'), segments)
    if (params === undefined) continue
    if (operation.method === method || (operation.method === 'GET' && method === 'HEAD')) return { operation, params }
    allowed.push(operation.method)
  }
  if (allowed.length === 0) throw new HttpProblem(404, 'api.not-found', 'There is nothing at this address.')
  throw new HttpProblem(405, 'api.method', 'This method is not for this address.', {
    headers: { Allow: allowed.join(', ') },
  })
}

function matchPath(pattern: string[], segments: string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const named: [string, string][] = []
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) named.push([part.slice(1, -1), segment])
    else if (part !== segment) return undefined
  }
  return Object.fromEntries(named.map(([name, segment]) => [name, pathSegment(segment)]))
}

/**
 * One request through one operation: authenticate, limit, authorise, do, answer, log. Never throws, never answers with a stack.
 * The path is read from `originalUrl`, so that it does not matter where a framework mounted it.
 */
export async function handleRequest(req: IncomingMessage, res: ServerResponse, deps: ApiDeps): Promise<void> {
  const started = performance.now()
  const correlationId = correlationOf(req)
  const seen: { operation: string; principal?: Principal } = { operation: 'none' }
  let status = 0
  let failure: { code: string; error?: unknown } | undefined
  try {
    const reply = await perform(req, deps, correlationId, seen)
    status = reply.status
    send(req, res, { ...reply, headers: { 'X-Correlation-Id': correlationId, ...reply.headers } })
  } catch (error) {
    const problem = sendProblem(req, res, error, correlationId)
    status = problem.status
    failure = status === 500 ? { code: problem.body.code, error } : { code: problem.body.code }
  }
  deps.log({
    operation: seen.operation,
    method: req.method ?? '',
    status,
    ...(seen.principal === undefined ? {} : { principal: seen.principal.name }),
    ...failure,
    correlationId,
    durationMs: Math.round(performance.now() - started),
  })
}

async function perform(
  req: IncomingMessage,
  deps: ApiDeps,
  correlationId: string,
  seen: { operation: string; principal?: Principal },
) {
  // Before the path is looked at: a stranger does not learn which addresses exist.
  const principal = await identify(req, deps)
  seen.principal = principal
  await deps.limits.request(principal)
  const { operation, params } = route(req.method ?? '', pathOf(req))
  seen.operation = operation.operationId
  authorise(principal, operation.roles)
  const leave = deps.gate.enter(`api:${principal.name}`, announcedBytes(req, deps.bodyLimitBytes))
  try {
    return await operation.handle({ req, principal, params, correlationId, deps })
  } finally {
    leave()
  }
}

async function identify(req: IncomingMessage, deps: ApiDeps): Promise<Principal> {
  try {
    return deps.keys.authenticate(req.headers.authorization)
  } catch (error) {
    await deps.limits.failedLogin(req.socket.remoteAddress ?? '')
    throw error
  }
}

/** Path without query, as the client sent it. */
export function pathOf(req: IncomingMessage): string {
  const url = (req as IncomingMessage & { originalUrl?: string }).originalUrl ?? req.url ?? '/'
  return url.split('?', 1)[0] ?? '/'
}

/** The caller's id when it is one that can stand in a log, the trace's id, or a new one. */
export function correlationOf(req: IncomingMessage): string {
  const given = req.headers['x-correlation-id']
  if (typeof given === 'string' && /^[A-Za-z0-9._:-]{8,64}$/.test(given)) return given
  const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(String(req.headers.traceparent ?? ''))?.[1]
  return trace ?? randomUUID()
}
