import type { Call, Reply } from '../http.ts'
import type { Json, JsonObject } from '../json.ts'
import { array, idOf, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import type { DeliveryLine } from './sap-documents.ts'
import { etagOf, newDelivery, nextVersion, sapDate, sapError } from './sap-documents.ts'

export const SAP = 'sap-s4hana'
const SESSION_MS = 30 * 60_000
const COOKIE = 'SAP_SESSIONID_FIC_100'

/** Numbers of outbound deliveries begin with 8: those exist as soon as somebody asks for them. */
const LAZY = /^8\d{7,9}$/

export type SapGateway = ReturnType<typeof sapGateway>

/** What every OData service of the system shares: errors, sessions with their tokens, documents with their ETags. */
export function sapGateway({ documents, ledger, seed }: World) {
  const refuse = (status: number, code: string, message: string, more: Partial<Reply> = {}): Reply =>
    json(status, sapError(code, message, idOf(20, SAP, documents.next('sap-transaction', 1)).toUpperCase()), more)

  function delivery(number: string): JsonObject | undefined {
    const found = documents.get(SAP, 'delivery', number)
    if (found !== undefined || !LAZY.test(number)) return found
    return createDelivery(number, number.slice(-5), [{ sku: 'SKU-1', quantity: 2, description: 'Sample carton' }])
  }

  function createDelivery(number: string, orderId: string, lines: DeliveryLine[]): JsonObject {
    const body = newDelivery(number, orderId, lines, new Date())
    documents.put(SAP, 'delivery', number, orderId, body)
    return body
  }

  /** Every write changes the document's version and with it the ETag. */
  function write(document: JsonObject, change: JsonObject): JsonObject {
    const body = {
      ...document,
      ...change,
      DeliveryVersion: nextVersion(document['DeliveryVersion']),
      LastChangeDate: sapDate(new Date()),
    }
    documents.put(
      SAP,
      'delivery',
      text(document['DeliveryDocument']),
      text(object(array(document['items'])[0])['ReferenceSDDocument']),
      body,
    )
    return body
  }

  const effect = (kind: string, number: string, data: JsonObject = {}) =>
    ledger.effect({ partner: SAP, kind, businessKey: number, data })

  /** A session is a cookie with its token; a write needs both. */
  function session(call: Call): { headers: Record<string, string> } | undefined {
    if (call.headers['x-csrf-token']?.toLowerCase() !== 'fetch') return undefined
    const id = idOf(24, 'session', seed, documents.next('sap-session', 1))
    const token = Buffer.from(idOf(16, 'token', id)).toString('base64')
    documents.put(SAP, 'session', id, '', { token, expiresAt: Date.now() + SESSION_MS })
    return { headers: { 'x-csrf-token': token, 'set-cookie': `${COOKIE}=${id}; path=/; secure; HttpOnly` } }
  }

  function withoutToken(call: Call): Reply | undefined {
    const cookie = new RegExp(`${COOKIE}=([^;\\s]+)`).exec(call.headers['cookie'] ?? '')?.[1] ?? ''
    const held = documents.get(SAP, 'session', cookie)
    const good =
      held !== undefined && held['token'] === call.headers['x-csrf-token'] && Number(held['expiresAt']) > Date.now()
    return good
      ? undefined
      : refuse(403, '/IWFND/CM_BEC/026', 'CSRF token validation failed', { headers: { 'x-csrf-token': 'Required' } })
  }

  /** Runs a write on a delivery if token, document and ETag are right. */
  function onDelivery(call: Call, number: string, change: (document: JsonObject) => Reply): Reply {
    const stale = withoutToken(call)
    if (stale !== undefined) return { ...stale, businessKey: number }
    const document = delivery(number)
    if (document === undefined)
      return refuse(404, 'VL/559', `Delivery ${number} does not exist`, { businessKey: number })
    const expected = call.headers['if-match']
    if (expected === undefined)
      return refuse(428, '/IWBEP/CM_MGW_RT/020', 'Precondition required: the request needs an If-Match header', {
        businessKey: number,
      })
    if (expected !== '*' && expected !== etagOf(document['DeliveryVersion']))
      return refuse(412, '/IWBEP/CM_MGW_RT/021', 'Precondition failed: the document was changed', {
        businessKey: number,
      })
    return { businessKey: number, ...change(document) }
  }

  return { refuse, delivery, write, effect, session, withoutToken, onDelivery }
}

/** The equality conditions of an OData filter. */
export function filterOf(filter: string | null): Record<string, string> {
  return Object.fromEntries(
    [...(filter ?? '').matchAll(/([A-Za-z_/]+) eq '([^']*)'/g)].map((match): [string, string] => [
      match[1]?.split('/').at(-1) ?? '',
      match[2] ?? '',
    ]),
  )
}

/** A function import's parameter: quoted text in the query. */
export const keyOf = (call: Call, name: string) => (call.query.get(name) ?? '').replace(/^'|'$/g, '')

/** The first text under one of these names, however deep. */
export function deepFind(value: Json | undefined, names: readonly string[]): string {
  if (value === null || typeof value !== 'object') return ''
  const own = Array.isArray(value) ? undefined : names.map((name) => text(value[name])).find((found) => found !== '')
  if (own !== undefined) return own
  for (const inner of Object.values(value)) {
    const found = deepFind(inner as Json, names)
    if (found !== '') return found
  }
  return ''
}
