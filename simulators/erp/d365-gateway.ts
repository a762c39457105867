import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply } from '../http.ts'
import { bearerOf } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { idOf, object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'

export const D365 = 'd365-finance-operations'
const TOKEN_SECONDS = 3599
/** Their way to write that a time is not known. */
export const NOTHING = '1900-01-01T00:00:00Z'

export interface ShipmentLine {
  lineId: string
  sku: string
  quantity: number
}

export type D365Gateway = ReturnType<typeof d365Gateway>

/** What every data entity shares: errors, tokens of Entra, records with their ETags. */
export function d365Gateway({ documents, ledger, now }: World) {
  const refuse = (status: number, message: string, more: Partial<Reply> = {}): Reply =>
    json(
      status,
      {
        error: {
          code: '',
          message: 'An error has occurred.',
          innererror: { message, type: 'Microsoft.Dynamics.Platform.Integration.Services.OData', stacktrace: '' },
        },
      },
      more,
    )

  const effect = (kind: string, businessKey: string, data: JsonObject = {}) =>
    ledger.effect({ partner: D365, kind, businessKey, data })

  const shipment = (number: string) => documents.get(D365, 'shipment', number)

  function createShipment(number: string, orderId: string, lines: ShipmentLine[]): void {
    const body = {
      dataAreaId: ACCOUNTS.d365.legalEntity,
      ShipmentId: number,
      LoadId: `LD-${number}`,
      ShipmentStatus: 'Open',
      OrderNumber: orderId,
      WarehouseId: '24',
      CarrierCode: '',
      CarrierServiceCode: '',
      CarrierReference: '',
      ExpectedReceiptDateTime: NOTHING,
      InvoiceHold: 'No',
      DeliveryConfirmation: 'No',
      DeliveredDateTime: NOTHING,
      DeliveredTo: '',
      ShipConfirmUTCDateTime: NOTHING,
      lines: lines.map(({ lineId, sku, quantity }) => ({
        LineNumber: Number(lineId),
        ItemNumber: sku,
        Quantity: quantity,
        ShippedQuantity: quantity,
      })),
      version: 1,
    }
    documents.put(D365, 'shipment', number, orderId, body)
  }

  /** Every write changes the record's version and with it the ETag. */
  function write(record: JsonObject, change: JsonObject): JsonObject {
    const body = { ...record, ...change, version: Number(record['version']) + 1 }
    documents.put(D365, 'shipment', text(record['ShipmentId']), text(record['OrderNumber']), body)
    return body
  }

  const etagOf = (record: JsonObject) =>
    `W/"${Buffer.from(`${text(record['ShipmentId'])},${text(record['version'])}`).toString('base64')}"`

  /** A record as OData gives it, without what only we know. */
  function present({ lines: _lines, version: _version, ...record }: JsonObject, whole: JsonObject): JsonObject {
    return { '@odata.etag': etagOf(whole), ...record }
  }

  /** The shipment that an address names, a text in quotes. */
  const numberOf = (call: Call) => (call.params['id'] ?? '').replaceAll(/^'|'$/g, '').replaceAll("''", "'")

  /** Runs a write on a shipment if it is there and, where the caller names one, the ETag is the current one. */
  function onShipment(call: Call, change: (record: JsonObject) => Reply): Reply {
    const number = numberOf(call)
    const record = shipment(number)
    if (record === undefined) return refuse(404, `No resource was found: shipment ${number}`, { businessKey: number })
    const expected = call.headers['if-match']
    if (expected !== undefined && expected !== '*' && expected !== etagOf(record))
      return refuse(412, 'The record was changed by another user', { businessKey: number })
    return { businessKey: number, ...change(record) }
  }

  /** The token end point of Entra: client credentials in a form. */
  function token(call: Call): Reply {
    const form = new URLSearchParams(call.raw.toString('utf8'))
    const { clientId, clientSecret } = ACCOUNTS.d365
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret)
      return json(401, { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' })
    const value = idOf(40, D365, 'token', documents.next('d365-token', 1))
    documents.put(D365, 'token', value, '', { expiresAt: now() + TOKEN_SECONDS * 1000 })
    return json(200, { token_type: 'Bearer', expires_in: TOKEN_SECONDS, access_token: value })
  }

  function authorise(call: Call): Reply | undefined {
    if (call.path.includes('/oauth2/')) return undefined
    const held = documents.get(D365, 'token', bearerOf(call.headers) ?? '')
    return Number(held?.['expiresAt'] ?? 0) > now()
      ? undefined
      : { status: 401, headers: { 'www-authenticate': 'Bearer' } }
  }

  /** The next number of a series. */
  const next = (prefix: string) =>
    `${prefix}-${String(documents.next(`d365-${prefix.toLowerCase()}`, 1)).padStart(6, '0')}`

  const time = () => new Date(now()).toISOString().replace(/\.\d+/, '')
  const bodyOf = (call: Call): JsonObject => object(call.body)

  return {
    refuse,
    effect,
    shipment,
    createShipment,
    write,
    etagOf,
    present,
    numberOf,
    onShipment,
    token,
    authorise,
    next,
    time,
    bodyOf,
  }
}
