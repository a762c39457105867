import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { CartageError } from '../errors.ts'
import { HttpProblem } from './problem.ts'

export interface BodyRules {
  /** Most bytes of the body, counted after decompression. */
  limitBytes: number
  /** Media types taken. `application/json` takes every `+json` too; `*` takes anything, also a missing Content-Type. */
  types: readonly string[]
  /** Milliseconds for the whole body to arrive; 30 s when left out. */
  deadlineMs?: number
  /** True: no body at all is fine, and then no Content-Type is asked for. */
  optional?: boolean
}

export interface Body {
  /** The body as sent, after decompression: what a signature is over and what is kept. */
  bytes: Buffer
  /** Lower case, without parameters; empty when the sender named none. */
  mediaType: string
}

const DECODERS = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate) }
const DEADLINE_MS = 30_000

/** Checks rules once, at start: a limit that is no limit must stop the start, not disappear (CVE-2026-12590 in body-parser). */
export function bodyRules(rules: BodyRules): BodyRules {
  if (!Number.isSafeInteger(rules.limitBytes) || rules.limitBytes < 1) {
    throw new CartageError('invalid', 'config.body-limit', 'the body limit must be a whole number of bytes above 0')
  }
  return rules
}

/**
 * The one reader for every HTTP entrance. Throws HttpProblem: 400 (broken compression, cut short), 408, 413 (before reading
 * it all), 415 (content type, charset, coding). It never parses: see `parseJson` for that.
 */
export async function readBody(req: IncomingMessage, rules: BodyRules): Promise<Body> {
  bodyRules(rules)
  if (req.readableEnded) {
    throw new CartageError('bug', 'body.consumed', 'another handler has read this body; the hub needs its raw bytes')
  }
  if (rules.optional && bodyless(req)) return { bytes: Buffer.alloc(0), mediaType: '' }
  const mediaType = checkType(req.headers['content-type'], rules.types)
  const decode = checkCoding(req.headers['content-encoding'])
  if (Number(req.headers['content-length'] ?? 0) > rules.limitBytes) throw tooLarge(rules.limitBytes)
  const sent = await collect(req, rules)
  return { bytes: decode === undefined ? sent : await decompress(decode, sent, rules.limitBytes), mediaType }
}

/** Most bytes that the body may have, before any of it is read. */
export function announcedBytes(req: IncomingMessage, limitBytes: number): number {
  if (bodyless(req)) return 0
  const length = Number(req.headers['content-length'])
  // Without a length, or packed, it may be anything up to the limit.
  return req.headers['content-encoding'] === undefined && length <= limitBytes ? length : limitBytes
}

function bodyless(req: IncomingMessage): boolean {
  const length = req.headers['content-length']
  return req.headers['transfer-encoding'] === undefined && (length === undefined || Number(length) === 0)
}

function checkType(header: string | undefined, types: readonly string[]): string {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase())
  const any = types.includes('*')
  const known =
    any || types.includes(type) || (types.includes('application/json') && /^application\/[\w.-]+\+json$/.test(type))
  if (!known) throw badType(`Send the body as ${types.join(' or ')}.`, types)
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replace(/^"(.*)"$/, '$1')
  if (!any && charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw badType('The only charset taken is utf-8.', types)
  }
  return type
}

function badType(message: string, types: readonly string[]): HttpProblem {
  return new HttpProblem(415, 'body.media-type', message, { headers: { Accept: types.join(', ') } })
}

type Decode = (typeof DECODERS)['gzip']

function checkCoding(header: string | undefined): Decode | undefined {
  const coding = (header ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '') return undefined
  if (coding in DECODERS && Object.hasOwn(DECODERS, coding)) return DECODERS[coding as keyof typeof DECODERS]
  throw new HttpProblem(415, 'body.encoding', 'The only content codings taken are gzip and deflate, one at a time.', {
    // RFC 9110 section 12.5.3: how a server says which codings it takes.
    headers: { 'Accept-Encoding': 'gzip, deflate' },
  })
}

function tooLarge(limit: number): HttpProblem {
  return new HttpProblem(413, 'body.too-large', `The body is larger than ${limit} bytes.`)
}

function collect(req: IncomingMessage, rules: BodyRules): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const late = () => finish(new HttpProblem(408, 'body.timeout', 'The body did not arrive in time.'))
    const timer = setTimeout(late, rules.deadlineMs ?? DEADLINE_MS)
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > rules.limitBytes) finish(tooLarge(rules.limitBytes))
      else chunks.push(chunk)
    }
    const onEnd = () => finish()
    const onClose = () => finish(new HttpProblem(400, 'body.aborted', 'The body was cut short.'))
    const finish = (error?: HttpProblem) => {
      clearTimeout(timer)
      req.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose)
      if (error === undefined) return resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
      req.pause().on('error', () => {})
      reject(error)
    }
    req.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose)
  })
}

async function decompress(decode: Decode, sent: Buffer, limit: number): Promise<Buffer> {
  try {
    return await decode(sent, { maxOutputLength: limit })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(limit)
    throw new HttpProblem(400, 'body.corrupt', 'The compressed body cannot be unpacked.')
  }
}
