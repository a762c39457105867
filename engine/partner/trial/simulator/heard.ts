import type { IncomingMessage } from 'node:http'

/** A request as the simulator heard it. Header names in lower case; the path with its query. */
export interface HeardRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
}

/** What was said, in the order in which it was heard. */
export interface Exchange extends HeardRequest {
  /** Undefined where no operation of the template asks so. */
  operation?: string
  status: number
  /** Empty where the connection broke. */
  answer: string
}

/** More than any operation sends; the hub's own bodies are smaller. */
const MOST_BYTES = 16 * 1024 * 1024

export async function hear(req: IncomingMessage): Promise<HeardRequest> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error('the request is larger than anything that is simulated')
    chunks.push(chunk)
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(req.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  return { method: req.method ?? 'GET', path: req.url ?? '/', headers, body: Buffer.concat(chunks) }
}
