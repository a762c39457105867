import { isReason, type ReturnOrder, type Shipment } from '../canonical/index.ts'
import type { JsonObject } from '../json.ts'
import { normaliseReference } from '../lifecycle/references.ts'
import type { Wish } from '../returns/return-orders.ts'
import type { WantedLine } from '../returns/rules.ts'
import { readBody } from './body.ts'
import type { AcceptedRequest, Call, Operation } from './call.ts'
import { origin, sameContent } from './commands.ts'
import { parseJsonObject } from './json.ts'
import { API_ROLES } from './keys.ts'
import { type FieldError, HttpProblem, invalidFields } from './problem.ts'
import { readLimit, readQuery } from './query.ts'
import { noQuery, notFound, parameter, shown } from './reads.ts'
import type { Reply } from './reply.ts'

const PATH = '/api/v1/returns'
const ID = /^\S(?:[^\p{Cc}\p{Zl}\p{Zp}]{0,126}\S)?$/u
const MAX_LINES = 1000
const MAX_QUANTITY = 1_000_000

export const RETURN_OPERATIONS: readonly Operation[] = [
  { operationId: 'createReturn', method: 'POST', path: PATH, roles: ['erp', 'operator'], handle: createReturn },
  { operationId: 'findReturns', method: 'GET', path: PATH, roles: API_ROLES, handle: findReturns },
  { operationId: 'getReturn', method: 'GET', path: `${PATH}/{returnOrderId}`, roles: API_ROLES, handle: getReturn },
]

interface Wanted extends Omit<Wish, 'reason' | 'kind'> {
  reference: string
  kind: 'customer' | 'damaged'
  reason?: string
}

/** A customer sends goods back. What speaks against it is said at once; courier and warehouse are told afterwards. */
async function createReturn(call: Call): Promise<Reply> {
  const { deps, req, principal } = call
  readQuery(req.url ?? '', [])
  const body = await readBody(req, { limitBytes: deps.bodyLimitBytes, types: ['application/json'] })
  const wanted = wantedIn(parseJsonObject(body.bytes))
  const header = req.headers['idempotency-key']
  if (typeof header !== 'string') return accept(call, wanted, body.bytes)
  const { replayed, ...answer } = await deps.idempotency.run(
    { header, principal: principal.name, operation: 'createReturn', bytes: body.bytes },
    () => accept(call, wanted, body.bytes),
  )
  return { ...answer, ...(replayed && { headers: { 'Idempotency-Replayed': 'true' } }) }
}

async function accept(call: Call, wanted: Wanted, raw: Uint8Array): Promise<{ status: number; body: JsonObject }> {
  const { deps, principal } = call
  const { reference, reason: given, ...rest } = wanted
  const shipment = await shipmentBy(call, reference)
  const wish: Wish = { ...rest, ...(await reasonOf(call, given)) }
  const known = wish.returnOrderId === undefined ? undefined : await deps.returns.get(wish.returnOrderId)
  if (known && known.shipmentId !== shipment.shipmentId) throw conflict('This returnOrderId is of another shipment.')
  if (!known && wish.returnOrderId !== undefined && (await deps.documents.get('order', wish.returnOrderId)))
    throw conflict('An order has this number.')
  const { lines, objection } = await deps.returns.judge(shipment, wish)
  if (objection?.field !== undefined && !known)
    throw invalidFields([{ field: objection.field, code: objection.code, message: objection.message }])
  if (objection && !known) throw new HttpProblem(409, objection.code, objection.message)
  const returnOrderId = wish.returnOrderId ?? (await deps.returns.idOf(shipment, lines))
  if (known && wish.lines && !sameLines(known.lines, wish.lines)) throw conflict(OTHER_CONTENT)
  const command = deps.commands.for('createReturn')
  const request: AcceptedRequest = {
    operationId: 'createReturn',
    identity: ['return', returnOrderId],
    key: shipment.shipmentId,
    payload: { ...wish, returnOrderId, lines, shipmentId: shipment.shipmentId } as unknown as JsonObject,
    ...origin(call, raw),
    correlationId: shipment.correlationId,
  }
  if ((await command.accept(request)) === 'conflict' && !known && !(await sameContent(command, request)))
    throw conflict(OTHER_CONTENT)
  const details = { orderId: shipment.orderId, kind: wish.kind }
  await deps.audit.append({ actor: principal.name, action: 'return.create', subject: returnOrderId, details })
  const links = { self: `${deps.publicUrl}${PATH}/${encodeURIComponent(returnOrderId)}` }
  const status = known?.status ?? 'requested'
  return { status: 202, body: { returnOrderId, orderId: shipment.orderId, status, lines: lines as never, links } }
}

const OTHER_CONTENT = 'This return was asked for before with other content; nothing was changed.'

function conflict(words: string): HttpProblem {
  return new HttpProblem(409, 'return.conflict', words, { field: 'returnOrderId' })
}

function sameLines(kept: readonly WantedLine[], wanted: readonly WantedLine[]): boolean {
  return (
    kept.length === wanted.length &&
    wanted.every(({ lineId, quantity }) => kept.some((one) => one.lineId === lineId && one.quantity === quantity))
  )
}

async function findReturns(call: Call): Promise<Reply> {
  const query = readQuery(call.req.url ?? '', ['reference', 'after', 'limit'])
  const limit = readLimit(query.limit, 50, 200)
  if (query.reference !== undefined) {
    const found = await call.deps.returns.find(query.reference)
    return { status: 200, body: { items: found.slice(0, limit).map((order) => shownReturn(call, order)) } }
  }
  const page = { limit, ...(query.after !== undefined && { after: query.after }) }
  const { items, next } = await call.deps.returns.list(page)
  return {
    status: 200,
    body: { items: items.map((order) => shownReturn(call, order)), ...(next !== undefined && { next }) },
  }
}

async function getReturn(call: Call): Promise<Reply> {
  noQuery(call)
  const order = await call.deps.returns.get(parameter(call, 'returnOrderId'))
  if (order === undefined) throw notFound('return')
  return { status: 200, body: shownReturn(call, order) }
}

function shownReturn(call: Call, order: ReturnOrder): JsonObject {
  return shown(call, 'return-order', order as unknown as JsonObject)
}

/** By any reference; of the parts of a split order the caller must name one. */
async function shipmentBy({ deps }: Call, reference: string): Promise<Shipment> {
  const named = await deps.documents.get<Shipment>('shipment', reference)
  if (named) return named.body
  const found = await deps.documents.find<Shipment>('shipment', normaliseReference(reference))
  if (found.length > 1)
    throw new HttpProblem(409, 'return.which-shipment', 'Several shipments have this reference: name one of them.')
  if (found[0] === undefined) throw notFound('shipment')
  return found[0].body
}

/** A canonical reason, or a code that master data know. */
async function reasonOf({ deps, principal }: Call, given: string | undefined): Promise<Pick<Wish, 'reason'>> {
  if (given === undefined) return {}
  if (isReason(given)) return { reason: given }
  const known = await deps.masterData.reasonCode(principal.name, given)
  if (known) return { reason: known.reason }
  const message = 'must be a canonical reason, or a reason code of the master data'
  throw invalidFields([{ field: 'reason', code: 'enum', message }])
}

function wantedIn({ reference, returnOrderId, kind = 'customer', lines, reason, ...others }: JsonObject): Wanted {
  const errors: FieldError[] = Object.keys(others).map((field) => {
    return { field, code: 'unknown-field', message: 'is not a field of this document' }
  })
  errors.push(...idErrors('reference', reference, true), ...idErrors('returnOrderId', returnOrderId, false))
  errors.push(...idErrors('reason', reason, false), ...lineErrors(lines))
  if (kind !== 'customer' && kind !== 'damaged')
    errors.push({ field: 'kind', code: 'enum', message: 'must be customer or damaged' })
  if (errors.length > 0) throw invalidFields(errors)
  return {
    reference: reference as string,
    kind: kind as Wanted['kind'],
    ...(returnOrderId !== undefined && { returnOrderId: (returnOrderId as string).normalize('NFC') }),
    ...(lines !== undefined && { lines: lines as unknown as WantedLine[] }),
    ...(reason !== undefined && { reason: reason as string }),
  }
}

function idErrors(field: string, value: JsonObject[string] | undefined, required: boolean): FieldError[] {
  if (value === undefined) return required ? [{ field, code: 'required', message: 'is missing' }] : []
  if (typeof value === 'string' && ID.test(value)) return []
  return [{ field, code: 'pattern', message: 'must be one line of 1 to 128 characters' }]
}

function lineErrors(lines: JsonObject[string] | undefined): FieldError[] {
  if (lines === undefined) return []
  if (!Array.isArray(lines) || lines.length < 1 || lines.length > MAX_LINES)
    return [{ field: 'lines', code: 'items', message: `must be a list of 1 to ${MAX_LINES} lines` }]
  const seen = new Set<unknown>()
  return lines.flatMap((line, index) => {
    const { lineId, quantity, ...others } = (line ?? {}) as JsonObject
    const place = `lines.${index}`
    const errors = Object.keys(others).map((field): FieldError => {
      return { field: `${place}.${field}`, code: 'unknown-field', message: 'is not a field of this document' }
    })
    errors.push(...idErrors(`${place}.lineId`, lineId, true))
    if (typeof quantity !== 'number' || !(quantity > 0) || quantity > MAX_QUANTITY)
      errors.push({ field: `${place}.quantity`, code: 'range', message: 'must be a number above 0' })
    if (seen.has(lineId)) errors.push({ field: `${place}.lineId`, code: 'unique', message: 'is given twice' })
    seen.add(lineId)
    return errors
  })
}
