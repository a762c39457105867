import type { Shipment } from '../canonical/index.ts'
import { isReason } from '../canonical/index.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import { readBody } from './body.ts'
import type { AcceptedRequest, Call, Command } from './call.ts'
import { parseJsonObject } from './json.ts'
import { HttpProblem, invalidFields } from './problem.ts'
import { readQuery } from './query.ts'
import { shipmentOf } from './reads.ts'
import type { Reply } from './reply.ts'

/** Which flow takes which command: an `api in` node attaches itself while it is deployed. */
export class Commands {
  readonly #attached = new Map<string, Command>()

  /** Returns the function that detaches it again. The newest wins, so that a redeploy leaves no gap. */
  attach(operationId: string, command: Command): () => void {
    this.#attached.set(operationId, command)
    return () => {
      if (this.#attached.get(operationId) === command) this.#attached.delete(operationId)
    }
  }

  /** Whether a flow takes it at the moment. */
  takes(operationId: string): boolean {
    return this.#attached.has(operationId)
  }

  for(operationId: string): Command {
    const command = this.#attached.get(operationId)
    if (command === undefined) {
      throw new HttpProblem(503, 'api.not-deployed', 'No flow takes this operation at the moment.', {
        retryAfterMs: 30_000,
      })
    }
    return command
  }
}

/** Behind these a cancellation is too late: the goods are handed over, gone, or back. */
const TOO_LATE = new Set([
  'delivery.completed',
  'delivery.failed',
  'return.started',
  'return.completed',
  'shipment.lost',
])

export async function cancelShipment(call: Call): Promise<Reply> {
  const { deps, req, principal } = call
  readQuery(req.url ?? '', [])
  const body = await readBody(req, { limitBytes: deps.bodyLimitBytes, types: ['application/json'], optional: true })
  const wish = cancellation(body.bytes.length === 0 ? {} : parseJsonObject(body.bytes))
  const shipment = await shipmentOf(call)
  if (shipment.status === 'shipment.cancelled') return { status: 200, body: cancelAnswer(shipment, 'cancelled') }
  if (TOO_LATE.has(shipment.status)) {
    throw new HttpProblem(409, 'shipment.too-late', 'The shipment is too far along to be cancelled.')
  }
  await deps.commands.for('cancelShipment').accept({
    operationId: 'cancelShipment',
    // Refused once it may be wished again when the delivery stands elsewhere.
    identity: ['cancel', shipment.shipmentId, shipment.status],
    key: shipment.shipmentId,
    payload: { shipmentId: shipment.shipmentId, orderId: shipment.orderId, requestedBy: principal.name, ...wish },
    ...origin(call, body.bytes),
    correlationId: shipment.correlationId,
  })
  await deps.audit.append({
    actor: principal.name,
    action: 'shipment.cancel',
    subject: shipment.shipmentId,
    details: { reason: wish.reason, correlationId: shipment.correlationId },
  })
  return { status: 202, body: cancelAnswer(shipment, 'requested') }
}

function cancelAnswer(shipment: Shipment, cancellation: string): JsonObject {
  return { shipmentId: shipment.shipmentId, orderId: shipment.orderId, status: shipment.status, cancellation }
}

function cancellation(body: JsonObject): { reason: string; note?: string } {
  const { reason = 'shipper.cancelled', note, ...others } = body
  const errors = Object.keys(others).map((field) => ({
    field,
    code: 'unknown-field',
    message: 'is not a field of this document',
  }))
  if (typeof reason !== 'string' || !isReason(reason))
    errors.push({ field: 'reason', code: 'enum', message: 'must be a canonical reason' })
  if (note !== undefined && (typeof note !== 'string' || note.length < 1 || note.length > 500)) {
    errors.push({ field: 'note', code: 'length', message: 'must be text of 1 to 500 characters' })
  }
  if (errors.length > 0) throw invalidFields(errors)
  return { reason: reason as string, ...(note === undefined ? {} : { note: note as string }) }
}

/** Where a command came from, as the message that carries it tells it. */
export function origin(call: Call, raw: Uint8Array): Pick<AcceptedRequest, 'raw' | 'headers' | 'correlationId'> {
  const traceparent = call.req.headers.traceparent
  const traced =
    typeof traceparent === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
  return {
    raw,
    headers: {
      'content-type': 'application/json',
      principal: call.principal.name,
      ...(traced ? { traceparent } : {}),
    },
    correlationId: call.correlationId,
  }
}

/** Whether what was kept under the same identity says the same, in other bytes. */
export async function sameContent(command: Command, request: AcceptedRequest): Promise<boolean> {
  const kept = await command.kept?.(request)
  return kept !== undefined && canonicalJson(kept) === canonicalJson(request.payload)
}
