/** How a partner's operations are called and what their answers mean: `operations` of a manifest. */

export interface Lookup {
  operation: string
  /** JSONata over the looked-up body: true when it holds what we ask about. */
  found: string
  /** Mapping of the looked-up body to the answer of the operation that asks. */
  answer?: string
}

export interface Precondition {
  operation: string
  header: string
  /** Response header that carries the value, usually `etag`. */
  from: string
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE = new Set(['GET', 'HEAD'])

/** Does the operation only ask? */
export function onlyAsks({ method, safe }: Pick<Operation, 'method' | 'safe'>): boolean {
  return safe ?? SAFE.has(method)
}

/** What the page after this one is asked by, and when there is none. */
export type PageStyle =
  /** The `Link` header (RFC 8288). */
  | { style: 'link'; rel?: string }
  /** `@odata.nextLink`, or `d.__next` of OData 2. */
  | { style: 'odata' }
  /** JSONata over {status, body, headers}: what the next page is asked with; nothing, null, false and '' end it. */
  | { style: 'cursor'; next: string; parameter?: string }
  | ({ style: 'page'; first?: number } & Counted)
  | ({ style: 'offset' } & Counted)

interface Counted {
  /** Query parameter; without one the path, the query and the request mapping take `page`. */
  parameter?: string
  /** Items of a full page: one with fewer is the last. */
  size?: number
  sizeParameter?: string
  /** JSONata over {status, body, headers}: true when there is another page. Without it a full page says so, or without `size` any that is not empty. */
  more?: string
}

/** Answers that come in pages. `page` ({number, offset, cursor, size}) is bound in path, query and request mapping. */
export type Paging = PageStyle & {
  /** JSONata over {status, body, headers}: what is in a page; counted, and the answer where there is no response mapping. */
  items: string
  maxPages?: number
  maxItems?: number
  /** Total time for all pages, milliseconds. */
  totalMs?: number
}

/** The envelope of a SOAP call: the request mapping gives what stands in its body, answers are seen whole. */
export interface Soap {
  /** `1.1` when left out. */
  version?: '1.1' | '1.2'
  /** SOAPAction header, or the `action` parameter of the media type in 1.2. */
  action?: string
  /** Mapping over the input: what stands in the envelope's header. */
  header?: string
}

export type BodyStyle = 'json' | 'form' | 'xml' | 'soap' | 'json-rpc' | 'multipart' | 'none'

export interface Operation {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  headers?: Record<string, string>
  query?: Record<string, string>
  /** How the mapped request is written. */
  body?: BodyStyle
  soap?: Soap
  /** Method of a JSON-RPC call; without one the request mapping gives `method` and `params` itself. */
  rpcMethod?: string
  request?: string
  response?: string
  /** What a good answer is made of. `json` takes nothing else, save 204 and 205. Left out: as `body` for soap and json-rpc, else json. */
  expects?: 'json' | 'xml' | 'soap' | 'json-rpc' | 'text' | 'bytes' | 'none'
  ok?: string
  /** JSONata over {status, body, headers} of what is neither good nor a failure by its status: true when it failed and may be tried again. */
  failing?: string
  paging?: Paging
  throttled?: string
  already?: string
  /** It only asks, whatever its method: needs no key and may be repeated. GET and HEAD always do. */
  safe?: boolean
  /** Systems whose words go along as a copy, for information: the ERP is told the courier's ETA, and does not own it by that. */
  tells?: ('erp' | 'wms' | 'planner' | 'courier' | 'telematics' | 'crm')[]
  key?: { header: string } | { field: string }
  lookup?: Lookup
  /** Asked first, with the same input; the request mapping sees its answer as `$prepared`. It must only ask. */
  prepare?: { operation: string }
  precondition?: Precondition
  refusal?: string
  timeoutMs?: number
}
