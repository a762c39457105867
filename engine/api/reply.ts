import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ProblemAnswer, problemFor } from './problem.ts'

/**
 * On every answer of the API: nothing may be framed, sniffed, cached or run. Pages that need more (the docs, the tracking page)
 * replace the Content-Security-Policy with their own.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Cache-Control': 'no-store',
}

export interface Reply {
  status: number
  headers?: Record<string, string>
  /** An object is sent as JSON, text and bytes as they are with the `Content-Type` given in `headers`. */
  body?: object | string | Uint8Array
}

/** Sends the answer; with a request body still on its way, lets the sender see the answer before the connection closes. */
export function send(req: IncomingMessage, res: ServerResponse, reply: Reply): void {
  if (res.headersSent) {
    res.destroy()
    return
  }
  const { bytes, type } = encode(reply.body)
  res.statusCode = reply.status
  res.removeHeader('X-Powered-By')
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) res.setHeader(name, value)
  if (type !== undefined) res.setHeader('Content-Type', type)
  for (const [name, value] of Object.entries(reply.headers ?? {})) res.setHeader(name, value)
  res.setHeader('Content-Length', bytes.length)
  const content = req.method === 'HEAD' ? Buffer.alloc(0) : bytes
  if (req.complete || bodyless(req)) res.end(content)
  else endAfterLinger(req, res, content)
}

export function sendProblem(
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  correlationId: string,
): ProblemAnswer {
  const problem = problemFor(error, correlationId)
  send(req, res, {
    status: problem.status,
    headers: { ...problem.headers, 'Content-Type': 'application/problem+json', 'X-Correlation-Id': correlationId },
    body: problem.body,
  })
  return problem
}

function bodyless(req: IncomingMessage): boolean {
  return req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined
}

function encode(body: Reply['body']): { bytes: Buffer; type?: string } {
  if (body === undefined) return { bytes: Buffer.alloc(0) }
  if (typeof body === 'string') return { bytes: Buffer.from(body) }
  if (body instanceof Uint8Array) return { bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength) }
  return { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json' }
}

const LINGER_MS = 1000
const LINGER_BYTES = 1024 * 1024

/**
 * RFC 9112 section 9.6: closing while the client still writes makes TCP reset the connection, and the client may lose the
 * answer. So: answer whole, then throw away what comes for a bounded while, then close.
 */
function endAfterLinger(req: IncomingMessage, res: ServerResponse, content: Buffer): void {
  let seen = 0
  res.setHeader('Connection', 'close')
  res.write(content)
  const end = () => {
    clearTimeout(timer)
    req.off('data', count)
    res.end()
  }
  const count = (chunk: Buffer) => {
    seen += chunk.length
    if (seen > LINGER_BYTES) end()
  }
  const timer = setTimeout(end, LINGER_MS)
  req
    .on('data', count)
    .once('end', end)
    .once('close', end)
    .on('error', () => {})
  req.resume()
}
