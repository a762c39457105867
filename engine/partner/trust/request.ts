import type { X509Certificate } from 'node:crypto'
import { decode } from '../../formats/index.ts'
import type { Json, JsonObject } from '../../json.ts'
import type { DocumentFormat } from '../profile-types.ts'
import { fieldOf } from './json-field.ts'
import type { Place } from './types.ts'

/** A request as it came in. Header names in any case; the path with its query. */
export interface SignedRequest {
  rawBody: Uint8Array
  headers: Record<string, string | string[] | undefined>
  method: string
  path: string
  /** Epoch milliseconds. */
  now: number
  /** Scheme, host and, where a proxy takes one off, the beginning of the path under which senders know the hub. */
  publicUrl?: string
  certificate?: ClientCertificate
  /** How the body is written; JSON when left out. */
  format?: DocumentFormat
}

/** The certificate with which the sender opened the connection. */
export interface ClientCertificate {
  x509: X509Certificate
  /** It comes from an authority that is trusted. */
  authorised: boolean
}

/** What stands in the first of these headers that is there. */
export function firstHeader(request: Pick<SignedRequest, 'headers'>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headerValue(request, name)
    if (value !== undefined) return value
  }
  return undefined
}

function headerValue({ headers }: Pick<SignedRequest, 'headers'>, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() === wanted && value !== undefined) return Array.isArray(value) ? value.join(', ') : value
  }
  return undefined
}

/** A parameter of the query that is there exactly once: of two, nobody can say which one the sender means. */
export function queryValue(path: string, name: string): string | undefined {
  const values = new URLSearchParams(splitPath(path).query).getAll(name)
  return values.length === 1 ? values[0] : undefined
}

export function splitPath(path: string): { pathname: string; query: string } {
  const at = path.indexOf('?')
  return at < 0 ? { pathname: path, query: '' } : { pathname: path.slice(0, at), query: path.slice(at + 1) }
}

export function valueAt(request: SignedRequest, place: Place): string | undefined {
  return 'field' in place ? bodyField(request, place.field) : firstHeader(request, [place.header].flat())
}

/** A field of the body (`data.id`): of JSON as `fieldOf` gives it, of another format the text that it holds. */
export function bodyField({ rawBody, format = 'json' }: SignedRequest, path: string): string | undefined {
  if (format === 'json') return fieldOf(rawBody, path)
  try {
    let value: Json | undefined = decode(format, Buffer.from(rawBody))
    for (const name of path.split('.')) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
