import { fieldOf } from './json-field.ts'
import { firstHeader, queryValue, type SignedRequest, splitPath, valueAt } from './request.ts'
import type { HmacSignature } from './types.ts'

/** The bytes that are signed: the template with its places filled in. Undefined when the request lacks what stands in one. */
export function signedBytes(
  { signed, id }: HmacSignature,
  request: SignedRequest,
  timestamp: string | undefined,
): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  for (const piece of signed.split(/(\{[^{}]+\})/)) {
    const name = /^\{(.+)\}$/.exec(piece)?.[1]
    const bytes =
      name === undefined ? piece : name === 'id' ? id && valueAt(request, id) : filled(name, request, timestamp)
    if (bytes === undefined || (name === 'id' && bytes === '')) return undefined
    parts.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  }
  return Buffer.concat(parts)
}

function filled(name: string, request: SignedRequest, timestamp: string | undefined): string | Uint8Array | undefined {
  const colon = name.indexOf(':')
  if (colon > 0) return named(name.slice(0, colon), name.slice(colon + 1), request)
  const { pathname, query } = splitPath(request.path)
  switch (name) {
    case 'body':
      return request.rawBody
    case 'timestamp':
      return timestamp
    case 'method':
      return request.method.toUpperCase()
    case 'path':
      return hidden(request) + request.path
    case 'pathname':
      return hidden(request) + pathname
    case 'query':
      return query
    case 'url':
      return request.publicUrl === undefined
        ? undefined
        : new URL(request.publicUrl).origin + hidden(request) + request.path
    default:
      return undefined
  }
}

function named(kind: string, name: string, request: SignedRequest): string | undefined {
  if (kind === 'header') return firstHeader(request, [name]) || undefined
  if (kind === 'parameter') return queryValue(request.path, name)
  return kind === 'field' ? fieldOf(request.rawBody, name) : undefined
}

/** The beginning of the path that senders see and a proxy takes off before the hub does. */
function hidden({ publicUrl }: SignedRequest): string {
  return publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '')
}
