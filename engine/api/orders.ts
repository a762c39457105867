import type { Address, Order } from '../canonical/index.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import { compared, isHandedOver, shipmentIdsOf } from '../lifecycle/index.ts'
import type { Shipment } from '../canonical/index.ts'
import { readBody } from './body.ts'
import type { AcceptedRequest, Call } from './call.ts'
import { origin, sameContent } from './commands.ts'
import { parseJsonObject } from './json.ts'
import { HttpProblem, invalidFields } from './problem.ts'
import { readQuery } from './query.ts'
import { answerFor, prepareOrder } from './release-order.ts'
import type { Reply } from './reply.ts'

const WAIT_MS = 3_000

type Answered = { status: number; body: JsonObject }

/** A new order, or a change of one that says when it was made. */
export async function releaseOrder(call: Call): Promise<Reply> {
  const { bytes, body } = await bodyOf(call)
  const order = prepared(body)
  return once(call, 'releaseOrder', bytes, () => release(call, order, bytes))
}

/** A change of a known order: the whole order, as it is now. */
export async function changeOrder(call: Call): Promise<Reply> {
  const { bytes, body } = await bodyOf(call)
  const order = prepared(body)
  if (order.orderId !== call.params.orderId?.normalize('NFC'))
    throw invalidFields([{ field: 'orderId', code: 'path', message: 'must be the order that the address names' }])
  if (order.changedAt === undefined)
    throw invalidFields([{ field: 'changedAt', code: 'required', message: 'must say when it was changed' }])
  await knownOrder(call)
  return once(call, 'changeOrder', bytes, () => release(call, order, bytes, 0))
}

/** Somebody knows where the consignee really is: the order goes on with that address. */
export async function correctAddress(call: Call): Promise<Reply> {
  const { deps, principal } = call
  const { bytes, body } = await bodyOf(call)
  const { address, ...others } = body
  const unknown = Object.keys(others).map((field) => ({
    field,
    code: 'unknown-field',
    message: 'is not a field of this document',
  }))
  if (unknown.length > 0) throw invalidFields(unknown)
  const order = await knownOrder(call)
  const changedAt = new Date(
    Math.max(deps.clock.now(), Date.parse(order.changedAt ?? order.releasedAt) + 1),
  ).toISOString()
  const consignee = { ...order.consignee, address: address as unknown as Address }
  const result = prepareOrder({ ...order, consignee, changedAt } as unknown as JsonObject)
  if ('problems' in result)
    throw invalidFields(result.problems.map((one) => ({ ...one, field: one.field.replace(/^consignee\./, '') })))
  const corrected = result.order
  return once(call, 'correctAddress', bytes, async () => {
    const answer = await release(call, corrected, bytes, 0)
    const subject = answer.body.shipmentId as string
    await deps.audit.append({
      actor: principal.name,
      action: 'order.address-corrected',
      subject,
      details: { orderId: order.orderId },
    })
    return answer
  })
}

async function bodyOf({ req, deps }: Call): Promise<{ bytes: Buffer; body: JsonObject }> {
  readQuery(req.url ?? '', [])
  const { bytes } = await readBody(req, { limitBytes: deps.bodyLimitBytes, types: ['application/json'] })
  return { bytes, body: parseJsonObject(bytes) }
}

function prepared(body: JsonObject): Order {
  const result = prepareOrder(body)
  if ('problems' in result) throw invalidFields(result.problems)
  return result.order
}

async function knownOrder({ deps, params }: Call): Promise<Order> {
  const known = await deps.documents.get<Order>('order', (params.orderId ?? '').normalize('NFC'))
  if (known === undefined) throw new HttpProblem(404, 'api.not-found', 'There is no such order.')
  return known.body
}

/** With an Idempotency-Key the same request has one answer. */
async function once(call: Call, operation: string, bytes: Buffer, work: () => Promise<Answered>): Promise<Reply> {
  const header = call.req.headers['idempotency-key']
  if (typeof header !== 'string') return work()
  const { deps, principal } = call
  const answer = await deps.idempotency.run({ header, principal: principal.name, operation, bytes }, work)
  const replayed = answer.replayed ? { headers: { 'Idempotency-Replayed': 'true' } } : {}
  return { status: answer.status, body: answer.body, ...replayed }
}

/** Releases and changes of one order go the same way, one after the other, so that neither can overtake the other. */
async function release(call: Call, order: Order, bytes: Buffer, waitMs?: number): Promise<Answered> {
  const { orderId, changedAt } = order
  const request: AcceptedRequest = {
    operationId: 'releaseOrder',
    identity: ['order', orderId, ...(changedAt === undefined ? [] : [new Date(changedAt).toISOString()])],
    key: orderId,
    payload: order as unknown as JsonObject,
    ...origin(call, bytes),
  }
  const command = call.deps.commands.for('releaseOrder')
  const correlationId = await mayBeTaken(call, order)
  const outcome = await command.accept({ ...request, ...(correlationId && { correlationId }) })
  if (outcome === 'conflict' && !(await sameContent(command, request))) throw conflict()
  const ids = shipmentIdsOf(order)
  const wait = waitMs ?? command.waitMs ?? WAIT_MS
  const shipments = await Promise.all(ids.map((id) => command.awaitShipment?.(id, wait)))
  return answerFor(order, shipments, { repeated: outcome !== 'stored', publicUrl: call.deps.publicUrl })
}

/** What would change nothing is said at once; the flow decides again, since orders come in other ways, too. Its correlation id, if known. */
async function mayBeTaken({ deps }: Call, order: Order): Promise<string | undefined> {
  const known = (await deps.documents.get<Order>('order', order.orderId))?.body
  if (known === undefined) return undefined
  const { outcome } = compared(order, known)
  if (outcome === 'conflict') throw conflict()
  if (outcome === 'older' && order.changedAt !== undefined)
    throw new HttpProblem(409, 'order.outdated', 'A later change of this order is known.', { field: 'changedAt' })
  const ids = shipmentIdsOf(known)
  const first = (await deps.documents.get<Shipment>('shipment', ids[0] ?? ''))?.body
  if (outcome !== 'changed') return first?.correlationId
  if (canonicalJson(ids) !== canonicalJson(shipmentIdsOf(order)))
    throw new HttpProblem(409, 'order.other-parts', 'The order was released in other parts.', { field: 'parts' })
  const shipments = await Promise.all(ids.map((id) => deps.documents.get<Shipment>('shipment', id)))
  if (shipments.some((one) => one !== undefined && isHandedOver(one.body)))
    throw new HttpProblem(409, 'order.too-late', 'The goods have left: the order can no longer be changed.')
  return first?.correlationId
}

function conflict(): HttpProblem {
  const words =
    'This orderId was released before with other content; nothing was changed. A change says so with a later changedAt.'
  return new HttpProblem(409, 'order.conflict', words, { field: 'orderId' })
}
