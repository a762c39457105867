import type { IncomingMessage } from 'node:http'
import type { Json } from './json.ts'

/** A request as a simulator sees it. */
export interface Call {
  method: string
  /** The path below the partner's mount point, still percent-encoded. */
  path: string
  /** The named groups of the route's pattern, decoded. */
  params: Record<string, string>
  query: URLSearchParams
  headers: Record<string, string>
  raw: Buffer
  /** The body as JSON; `undefined` when there is none or it does not parse. */
  body: Json | undefined
}

/** A partner's answer, with what the ledger should know about the request. */
export interface Reply {
  status: number
  /** Sent as JSON; text is sent as it is. */
  body?: Json
  /** A file instead of a JSON body; its type is in `headers`. */
  bytes?: Buffer
  headers?: Record<string, string | string[]>
  businessKey?: string
  idempotencyKey?: string
  /** True when the request changed something at the partner. */
  effect?: boolean
}

export interface Route {
  method: string
  /** Named groups become `params`. */
  path: RegExp
  /** The operation's name in ledger and faults. */
  operation: string
  /** Synchronous on purpose: state, ledger and outgoing webhooks of one request are one transaction. */
  handle: (call: Call) => Reply
}

const MAX_BODY = 4 * 1024 * 1024

/** Reads the whole body as bytes; rejects above 4 MiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw new Error('body too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function parseJson(raw: Buffer): Json | undefined {
  if (raw.length === 0) return undefined
  try {
    return JSON.parse(raw.toString('utf8')) as Json
  } catch {
    return undefined
  }
}

/** Header names in lower case, repeated ones joined. */
export function plainHeaders(request: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value
  return plain
}

/** The user and password of a Basic authorisation header, or undefined. */
export function basicOf(headers: Record<string, string>): { user: string; password: string } | undefined {
  const match = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(headers['authorization'] ?? '')
  if (match?.[1] === undefined) return undefined
  const decoded = Buffer.from(match[1], 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 0 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

/** The token of a bearer authorisation header, or undefined. */
export function bearerOf(headers: Record<string, string>): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
}
