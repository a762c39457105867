import { FormData, Response } from 'undici'
import { encode, mediaTypeOf } from '../formats/index.ts'
import type { Json, JsonObject } from '../json.ts'
import { isObject } from './answer.ts'
import type { BodyStyle, Soap } from './operation-types.ts'
import { PartnerFailure } from './failure.ts'

/** A body as it is sent. */
export interface WrittenBody {
  content: string | Buffer
  mediaType: string
}

/** The bytes of a proof of delivery by its id and the hash of one of its files. */
export type ReadEvidence = (podId: string, hash: string) => Promise<Uint8Array | undefined>

export interface BodyParts {
  mapped: Json
  soap?: Soap | undefined
  /** What stands in the SOAP envelope's header. */
  soapHeader?: Json | undefined
  rpcMethod?: string | undefined
  /** Names a JSON-RPC call; its answer must bear it. */
  rpcId: string
  evidence?: ReadEvidence | undefined
}

const ENVELOPES = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
}
/** Larger uploads do not belong in a message. */
const MAX_MULTIPART_BYTES = 32 * 1024 * 1024

/** Writes a mapped request; what cannot be written is `partner.request-unwritable` (invalid), with the field. */
export async function writeBody(style: Exclude<BodyStyle, 'none'>, parts: BodyParts): Promise<WrittenBody> {
  try {
    if (style === 'soap') return soapBody(parts)
    if (style === 'json-rpc') return rpcBody(parts)
    if (style === 'multipart') return await multipartBody(parts)
    return { content: encode(style, parts.mapped).toString('utf8'), mediaType: mediaTypeOf(style) }
  } catch (error) {
    const { message, field } = error as { message: string; field?: string }
    throw new PartnerFailure('none', 'invalid', 'partner.request-unwritable', message, {
      ...(field === undefined ? {} : { field }),
      cause: error,
    })
  }
}

function soapBody({ mapped, soapHeader, soap = {} }: BodyParts): WrittenBody {
  const { version = '1.1', action = '' } = soap
  const envelope: JsonObject = {
    'soap:Envelope': {
      '@xmlns:soap': ENVELOPES[version],
      ...(soapHeader !== undefined && soapHeader !== null && { 'soap:Header': soapHeader }),
      'soap:Body': mapped ?? '',
    },
  }
  const content = encode('xml', envelope).toString('utf8')
  if (version === '1.1') return { content, mediaType: 'text/xml; charset=utf-8' }
  const named = action === '' ? '' : `; action="${action}"`
  return { content, mediaType: `application/soap+xml; charset=utf-8${named}` }
}

/** SOAP 1.1, section 6.1.1: the header is there even when it says nothing. */
export function soapHeaders({ version = '1.1', action = '' }: Soap = {}): Record<string, string> {
  return version === '1.1' ? { soapaction: `"${action}"` } : {}
}

function rpcBody({ mapped, rpcMethod, rpcId }: BodyParts): WrittenBody {
  const call = rpcMethod === undefined ? mapped : { method: rpcMethod, ...(mapped !== null && { params: mapped }) }
  if (!isObject(call) || typeof call.method !== 'string' || call.method === '')
    throw unwritable('a JSON-RPC call needs a method', 'method')
  if (call.params !== undefined && (call.params === null || typeof call.params !== 'object'))
    throw unwritable('params of a JSON-RPC call are a list or an object', 'params')
  const content = JSON.stringify({ jsonrpc: '2.0', id: rpcId, ...call })
  return { content, mediaType: mediaTypeOf('json') }
}

/**
 * Each field a part: a text as it is, `{fileName, mediaType, base64}` as a file, `{fileName, mediaType, podId, hash}` as a file out of
 * the vault, anything else as JSON; a list as several.
 */
async function multipartBody({ mapped, evidence }: BodyParts): Promise<WrittenBody> {
  if (!isObject(mapped)) throw unwritable('a form needs named fields')
  const form = new FormData()
  let size = 0
  for (const [name, value] of Object.entries(mapped)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === null) continue
      const part = await partOf(one, name, evidence)
      size += typeof part === 'string' ? Buffer.byteLength(part) : part.size
      if (size > MAX_MULTIPART_BYTES) throw unwritable(`the form is larger than ${MAX_MULTIPART_BYTES} bytes`, name)
      if (part instanceof File) form.append(name, part, part.name)
      else form.append(name, part)
    }
  }
  const written = new Response(form)
  return {
    content: Buffer.from(await written.arrayBuffer()),
    mediaType: written.headers.get('content-type') ?? 'multipart/form-data',
  }
}

async function partOf(value: Json, field: string, evidence: ReadEvidence | undefined): Promise<string | Blob> {
  if (!isObject(value)) return Array.isArray(value) ? jsonPart(value) : String(value)
  const { fileName, mediaType = 'application/octet-stream' } = value
  const bytes = await bytesOf(value, field, evidence)
  if (bytes === undefined) return jsonPart(value)
  if (typeof fileName !== 'string' || fileName === '') throw unwritable('a file has a name', `${field}.fileName`)
  return new File([new Uint8Array(bytes)], fileName, { type: String(mediaType) })
}

async function bytesOf(
  { base64, podId, hash }: JsonObject,
  field: string,
  evidence: ReadEvidence | undefined,
): Promise<Uint8Array | undefined> {
  if (typeof podId === 'string' && typeof hash === 'string') {
    const bytes = await evidence?.(podId, hash)
    if (!bytes) throw unwritable('this proof of delivery is not kept (any more)', `${field}.hash`)
    return bytes
  }
  if (base64 === undefined) return undefined
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw unwritable('a file is given in base64', `${field}.base64`)
  return Buffer.from(base64, 'base64')
}

function jsonPart(value: Json): Blob {
  return new Blob([JSON.stringify(value)], { type: mediaTypeOf('json') })
}

function unwritable(problem: string, field?: string): Error & { field?: string } {
  return Object.assign(new Error(problem), field === undefined ? {} : { field })
}
