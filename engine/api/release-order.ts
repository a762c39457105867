import { type Order, type Shipment, validate } from '../canonical/index.ts'
import type { Json, JsonObject } from '../json.ts'
import { shipmentIdsOf } from '../lifecycle/index.ts'
import type { FieldError } from './problem.ts'

/** Fields that are ids: brought to NFC, and without characters that look like nothing or like something else. */
const IDS = new Set([
  ...['orderId', 'deliveryDocument', 'lineId', 'sku', 'packageId', 'packageIds', 'sscc', 'partyId', 'partId', 'value'],
])
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
  return [...problems, ...partProblems(order)]
}

/** Together the parts hold each package once and each line's whole quantity; what a driver collects cannot be collected in parts. */
function partProblems({ parts, packages, lines, cashOnDelivery }: Order): FieldError[] {
  if (parts === undefined) return []
  const problem = (field: string, code: string, message: string) => ({ field, code, message })
  const problems = repeated(
    parts.map(({ partId }) => partId),
    'parts',
    'partId',
  )
  const packed = parts.flatMap(({ packageIds }) => packageIds)
  for (const [index, { packageId }] of packages.entries())
    if (packed.filter((id) => id === packageId).length !== 1)
      problems.push(problem(`packages.${index}.packageId`, 'parts', 'must be in exactly one of the parts'))
  if (packed.some((id) => packages.every(({ packageId }) => packageId !== id)))
    problems.push(problem('parts', 'package', 'name a package that the order does not have'))
  const shares = parts.flatMap((part) => part.lines)
  for (const [index, { lineId, quantity }] of lines.entries()) {
    const sent = shares.filter((share) => share.lineId === lineId).reduce((sum, share) => sum + share.quantity, 0)
    if (Math.abs(sent - quantity) > 1e-6)
      problems.push(problem(`lines.${index}.quantity`, 'parts', 'must be what the parts hold together'))
  }
  if (shares.some((share) => lines.every(({ lineId }) => lineId !== share.lineId)))
    problems.push(problem('parts', 'line', 'name a line that the order does not have'))
  if (cashOnDelivery) problems.push(problem('cashOnDelivery', 'parts', 'cannot be collected in parts'))
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
 * What the ERP is told: 201 when couriers have confirmed all of it, 202 when the order is kept and a booking will follow, 200 when the same
 * order had come before and is booked.
 */
export function answerFor(
  order: Pick<Order, 'orderId' | 'parts'>,
  shipments: readonly (Shipment | undefined)[],
  { repeated, publicUrl }: { repeated: boolean; publicUrl: string },
): OrderAnswer {
  const ids = shipmentIdsOf(order)
  const all = ids.map((shipmentId, index) => shipmentAnswer(shipmentId, shipments[index], publicUrl))
  const isBooked = shipments.every((one) => one?.booking !== undefined)
  const parts = order.parts && {
    shipments: all.map((one, index) => ({ partId: order.parts?.[index]?.partId ?? '', ...one })),
  }
  return {
    status: isBooked ? (repeated ? 200 : 201) : 202,
    body: { orderId: order.orderId, ...all[0], ...parts },
  }
}

function shipmentAnswer(shipmentId: string, shipment: Shipment | undefined, publicUrl: string): JsonObject {
  const self = `${publicUrl}/api/v1/shipments/${encodeURIComponent(shipmentId)}`
  const { booking, eta, holds } = shipment ?? {}
  const links: JsonObject = { self, events: `${self}/events` }
  if (shipment !== undefined) links.tracking = `${publicUrl}/track/${shipment.trackingToken}`
  return {
    shipmentId,
    status: shipment?.status ?? 'shipment.created',
    ...(holds === undefined ? {} : { waitsFor: holds.map(({ reason }) => reason) }),
    ...(booking === undefined ? {} : { carrier: booking.partner }),
    ...(booking?.trackingNumber === undefined ? {} : { trackingNumber: booking.trackingNumber }),
    ...(booking?.trackingUrl === undefined ? {} : { trackingUrl: booking.trackingUrl }),
    ...(eta === undefined ? {} : { eta }),
    links,
  }
}
