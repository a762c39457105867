import type { Shipment } from '../canonical/index.ts'
import { deriveId } from '../delivery/ids.ts'
import type { CartageError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { mayReschedule, tooLate, type Window } from '../promise/reschedule.ts'
import type { Wish } from '../promise/record.ts'
import { readBody } from './body.ts'
import type { Call } from './call.ts'
import { origin } from './commands.ts'
import { parseJsonObject } from './json.ts'
import { type FieldError, HttpProblem, invalidFields } from './problem.ts'
import { readQuery } from './query.ts'
import { shipmentOf } from './reads.ts'
import type { Reply } from './reply.ts'

/** Longer than this nobody reads at a door. */
const LONGEST_PLACE = 120
const LONGEST_REASON = 200
const ONE_LINE = /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u

type Wanted = Wish & { reason?: string }

/** Another window, or a safe place. What the courier says to it comes later: the promise changes when it has agreed. */
export async function rescheduleShipment(call: Call): Promise<Reply> {
  const { deps, req, principal } = call
  readQuery(req.url ?? '', [])
  const body = await readBody(req, { limitBytes: deps.bodyLimitBytes, types: ['application/json'] })
  const wanted = wantedIn(parseJsonObject(body.bytes))
  const header = req.headers['idempotency-key']
  if (typeof header !== 'string') return ask(call, wanted, body.bytes)
  const { replayed, ...answer } = await deps.idempotency.run(
    { header, principal: principal.name, operation: 'rescheduleShipment', bytes: body.bytes },
    () => ask(call, wanted, body.bytes),
  )
  return { ...answer, ...(replayed && { headers: { 'Idempotency-Replayed': 'true' } }) }
}

async function ask(call: Call, wanted: Wanted, raw: Uint8Array): Promise<{ status: number; body: JsonObject }> {
  const { deps, principal } = call
  const shipment = await shipmentOf(call)
  const now = deps.clock.now()
  const refusal = wanted.window ? mayReschedule(shipment, wanted.window, now) : tooLate(shipment, now)
  if (refusal) throw problemOf(refusal)
  await deps.commands.for('rescheduleShipment').accept({
    ...rescheduleCommand(shipment, wanted, principal.role === 'erp' ? 'erp' : 'crm'),
    ...origin(call, raw),
    correlationId: shipment.correlationId,
  })
  await deps.audit.append({
    actor: principal.name,
    action: 'shipment.reschedule',
    subject: shipment.shipmentId,
    details: {
      ...wanted.window,
      safePlace: wanted.safePlace !== undefined,
      correlationId: shipment.correlationId,
    },
  })
  const { shipmentId, orderId, status } = shipment
  return { status: 202, body: { shipmentId, orderId, status, reschedule: 'requested' } }
}

/** The command as it is stored. The same wish while nothing has changed at the shipment is one. */
export function rescheduleCommand(shipment: Shipment, wanted: Wanted, by: 'customer' | 'crm' | 'erp') {
  const { shipmentId, orderId, updatedAt } = shipment
  const wish = deriveId('wish', JSON.stringify([wanted.window, wanted.safePlace, updatedAt]))
  return {
    operationId: 'rescheduleShipment',
    identity: ['reschedule', shipmentId, wish],
    key: shipmentId,
    payload: { shipmentId, orderId, by, ...wanted } as unknown as JsonObject,
  }
}

function problemOf(refusal: CartageError): HttpProblem {
  if (refusal.category === 'refused') return new HttpProblem(409, refusal.code, refusal.message)
  return invalidFields([{ field: refusal.field ?? '', code: refusal.code, message: refusal.message }])
}

function wantedIn({ window, safePlace, reason, ...others }: JsonObject): Wanted {
  const errors: FieldError[] = Object.keys(others).map((field) => unknown(field))
  errors.push(...windowErrors(window), ...textErrors('safePlace', safePlace, LONGEST_PLACE))
  errors.push(...textErrors('reason', reason, LONGEST_REASON))
  if (window === undefined && safePlace === undefined)
    errors.push({ field: 'window', code: 'required', message: 'window or safePlace must be there' })
  if (errors.length > 0) throw invalidFields(errors)
  return {
    ...(window !== undefined && { window: window as unknown as Window }),
    ...(safePlace !== undefined && { safePlace: safePlace as string }),
    ...(reason !== undefined && { reason: reason as string }),
  }
}

function windowErrors(window: JsonObject[string] | undefined): FieldError[] {
  if (window === undefined) return []
  if (window === null || typeof window !== 'object' || Array.isArray(window))
    return [{ field: 'window', code: 'type', message: 'must be an object' }]
  const { from, to, ...others } = window
  const errors = Object.keys(others).map((field) => unknown(`window.${field}`))
  for (const [field, value] of Object.entries({ from, to }))
    if (typeof value !== 'string' || value.length > 40)
      errors.push({ field: `window.${field}`, code: 'format', message: 'must be a time with its zone' })
  return errors
}

function textErrors(field: string, value: JsonObject[string] | undefined, longest: number): FieldError[] {
  if (value === undefined) return []
  if (typeof value === 'string' && value.trim() !== '' && value.length <= longest && ONE_LINE.test(value)) return []
  return [{ field, code: 'length', message: `must be one line of 1 to ${longest} characters` }]
}

function unknown(field: string): FieldError {
  return { field, code: 'unknown-field', message: 'is not a field of this document' }
}
