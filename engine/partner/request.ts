import type { Json } from '../json.ts'
import { traceHeaders } from '../telemetry/trace.ts'
import { isObject, toJson } from './answer.ts'
import { type ReadEvidence, soapHeaders, type WrittenBody, writeBody } from './body.ts'
import { PartnerFailure } from './failure.ts'
import { expectedOf } from './faults.ts'
import { type PageMark, pageValues, toPage } from './paging.ts'
import type { Operation, Profile } from './profile-types.ts'
import type { PartnerSettings } from './settings.ts'
import { type Evaluate, fillNames, fillPath, fillQuery, headerValue } from './template.ts'
import type { HttpRequest } from './transport.ts'

/** What one call is about. */
export interface CallContext {
  input: unknown
  key: string | undefined
  correlationId: string | undefined
  /** Which page of the answer; the first when left out. */
  page?: PageMark | undefined
  /** What the operation that is asked first answered. */
  prepared?: Json | undefined
  /** `ETag` of what we have: 304 says that it is still so. */
  etag?: string | undefined
}

export interface RequestParts {
  profile: Profile
  settings: PartnerSettings
  baseUrl: URL
  evaluate: Evaluate
  evidence?: ReadEvidence | undefined
  /** What stands for the values of a session until the request is sent. */
  session?: Readonly<Record<string, string>>
}

const ACCEPTED: Record<string, string> = {
  json: 'application/json',
  'json-rpc': 'application/json',
  xml: 'application/xml, text/xml',
  soap: 'application/soap+xml, text/xml',
}

/** Names a JSON-RPC call, and its answer. */
export function rpcIdOf({ key, correlationId }: CallContext): string {
  return key ?? correlationId ?? 'call'
}

/** The request of an operation, complete but for authentication, session and precondition. */
export async function buildRequest(
  parts: RequestParts,
  operation: Operation,
  context: CallContext,
): Promise<HttpRequest> {
  const { settings, evaluate } = parts
  const key = context.key
  const page = pageValues(operation.paging, context.page)
  const root = {
    input: context.input,
    params: settings.parameters,
    key,
    session: parts.session,
    page,
    prepared: context.prepared,
  }
  const url = joinUrl(parts.baseUrl, await fillPath(operation.path, evaluate, root))
  for (const [name, template] of Object.entries(operation.query ?? {})) {
    const value = await fillQuery(template, evaluate, root)
    if (value !== undefined) url.searchParams.set(name, value)
  }
  const headers: Record<string, string> = {
    accept: ACCEPTED[expectedOf(operation)] ?? '*/*',
    ...(operation.body === 'soap' && soapHeaders(operation.soap)),
    ...(context.etag !== undefined && { 'if-none-match': headerValue('If-None-Match', context.etag) }),
  }
  const { correlationId } = context
  if (correlationId !== undefined) Object.assign(headers, traceHeaders(correlationId, key ?? url.pathname))
  const names = { ...settings.parameters, ...settings.credentials, key, correlationId }
  for (const [name, template] of Object.entries(operation.headers ?? {})) {
    headers[name.toLowerCase()] = headerValue(name, fillNames(template, names))
  }
  if (operation.key && key === undefined) {
    throw new PartnerFailure('none', 'invalid', 'partner.key-missing', 'this operation needs an idempotency key')
  }
  if (operation.key && 'header' in operation.key)
    headers[operation.key.header.toLowerCase()] = headerValue(operation.key.header, key!)
  const request: HttpRequest = { method: operation.method, url: toPage(operation.paging, context.page, url), headers }
  const body = await buildBody(parts, operation, context)
  if (body !== undefined) {
    request.body = body.content
    headers['content-type'] ??= body.mediaType
  }
  return request
}

async function buildBody(
  parts: RequestParts,
  operation: Operation,
  context: CallContext,
): Promise<WrittenBody | undefined> {
  const style = operation.body ?? (operation.request === undefined ? 'none' : 'json')
  if (style === 'none') return undefined
  const { mappings } = parts.profile
  const page = pageValues(operation.paging, context.page)
  const { key, prepared } = context
  const bindings = { params: parts.settings.parameters, key, session: parts.session, page, prepared }
  const map = async (name: string) => toJson(await parts.evaluate(mappings[name]!, context.input, bindings))
  const mapped = operation.request === undefined ? toJson(context.input) : await map(operation.request)
  if (operation.key && 'field' in operation.key) setField(mapped, operation.key.field, context.key!)
  const { soap, rpcMethod } = operation
  const soapHeader = soap?.header === undefined ? undefined : await map(soap.header)
  return writeBody(style, { mapped, soap, soapHeader, rpcMethod, rpcId: rpcIdOf(context), evidence: parts.evidence })
}

function setField(target: unknown, path: string, value: string): void {
  const names = path.split('.')
  let place = target
  for (const name of names.slice(0, -1)) {
    if (isObject(place) && !Object.hasOwn(place, name)) place[name] = {}
    place = isObject(place) ? place[name] : undefined
  }
  if (!isObject(place)) {
    throw new PartnerFailure(
      'none',
      'invalid',
      'partner.key-field',
      `the request has no place for the key at ${path}`,
      { field: path },
    )
  }
  place[names.at(-1)!] = value
}

/** A path below the base address, whatever slashes either has; the path's own query is kept. */
export function joinUrl(base: URL, path: string): URL {
  const at = path.indexOf('?')
  const url = new URL(base)
  // Set as parts: a path that begins with // would otherwise be read as another host.
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${(at < 0 ? path : path.slice(0, at)).replace(/^\/+/, '')}`
  if (at >= 0) url.search = path.slice(at)
  return url
}
