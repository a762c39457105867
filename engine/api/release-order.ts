import { type Order, type Shipment, validate } from '../canonical/index.ts'
import type { Json, JsonObject } from '../json.ts'
import { shipmentIdOf } from '../lifecycle/shipment.ts'
import type { FieldError } from './problem.ts'

/** Fields that are ids: brought to NFC, and without characters that look like nothing or like something else. */
const IDS = new Set(['orderId', 'deliveryDocument', 'lineId', 'sku', 'packageId', 'sscc', 'partyId', 'value'])
/** Fields in which a person writes freely; everything else is one line, because it ends up in headers and on labels. */
const FREE_TEXT = new Set(['notes', 'instructions'])
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const LINE_BREAK = /[\t\r\n\u2028\u2029]/

/** The order of a request body, or what is wrong with it, field by field. Pure. */
export function prepareOrder(body: JsonObject): { order: Order } | { problems: FieldError[] } {
  const problems: FieldError[] = []
  const normal = tidy(body, '', '', problems) as JsonObject
  problems.push(...validate('order', normal))
  if (problems.length > 0) return { problems }
  const order = normal as unknown as Order
  problems.push(...contradictions(order))
  return problems.length > 0 ? { problems } : { order }
}

function tidy(value: Json, key: string, path: string, problems: FieldError[]): Json {
  if (typeof value === 'string') {
    const id = IDS.has(key)
    if (id ? INVISIBLE.test(value) : !FREE_TEXT.has(key) && LINE_BREAK.test(value)) {
      const message = id ? 'must not have control or invisible characters' : 'must be one line of text'
      problems.push({ field: path, code: 'characters', message })
    }
    return id ? value.normalize('NFC') : value
  }
  const inside = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`)
  if (Array.isArray(value)) return value.map((item, index) => tidy(item, key, inside(index), problems))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, tidy(item, name, inside(name), problems)]),
  )
}

/** What one field cannot show. */
function contradictions(order: Order): FieldError[] {
  const problems: FieldError[] = []
  const { promise } = order
  if (promise?.earliest !== undefined && Date.parse(promise.latest) <= Date.parse(promise.earliest)) {
    problems.push({ field: 'promise.latest', code: 'range', message: 'must be after promise.earliest' })
  }
  problems.push(
    ...repeated(
      order.lines.map((line) => line.lineId),
      'lines',
      'lineId',
    ),
  )
  problems.push(
    ...repeated(
      order.packages.map((item) => item.packageId),
      'packages',
      'packageId',
    ),
  )
  return problems
}

function repeated(ids: string[], list: string, field: string): FieldError[] {
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index
      ? []
      : [{ field: `${list}.${index}.${field}`, code: 'unique', message: 'is given twice' }],
  )
}

export interface OrderAnswer {
  status: 200 | 201 | 202
  body: JsonObject
}

/**
 * What the ERP is told: 201 when a courier has confirmed, 202 when the order is kept and the booking will follow, 200 when
 * the same order had come before and is booked.
 */
export function answerFor(
  orderId: string,
  shipment: Shipment | undefined,
  repeated: boolean,
  publicUrl: string,
): OrderAnswer {
  const shipmentId = shipment?.shipmentId ?? shipmentIdOf(orderId)
  const self = `${publicUrl}/api/v1/shipments/${encodeURIComponent(shipmentId)}`
  const booking = shipment?.booking
  const eta = shipment?.eta
  const links: JsonObject = { self, events: `${self}/events` }
  if (shipment !== undefined) links.tracking = `${publicUrl}/track/${shipment.trackingToken}`
  return {
    status: booking === undefined ? 202 : repeated ? 200 : 201,
    body: {
      orderId,
      shipmentId,
      status: shipment?.status ?? 'shipment.created',
      ...(booking === undefined ? {} : { carrier: booking.partner }),
      ...(booking?.trackingNumber === undefined ? {} : { trackingNumber: booking.trackingNumber }),
      ...(booking?.trackingUrl === undefined ? {} : { trackingUrl: booking.trackingUrl }),
      ...(eta === undefined ? {} : { eta }),
      links,
    },
  }
}
