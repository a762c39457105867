import { randomBytes } from 'node:crypto'
import type { Call } from './call.ts'
import { noQuery, shipmentOf } from './reads.ts'
import type { Reply } from './reply.ts'

/** A link that got into wrong hands opens nothing any more; the new one is for the customer alone. */
export async function renewTrackingLink(call: Call): Promise<Reply> {
  noQuery(call)
  const { deps, principal } = call
  const { shipmentId, correlationId } = await shipmentOf(call)
  const trackingToken = randomBytes(18).toString('base64url')
  await deps.lifecycle.update(shipmentId, (shipment) => ({ ...shipment, trackingToken }), `token:${trackingToken}`)
  const entry = { actor: principal.name, action: 'shipment.tracking-link', subject: shipmentId }
  await deps.audit.append({ ...entry, details: { correlationId } })
  return { status: 200, body: { shipmentId, links: { tracking: `${deps.publicUrl}/track/${trackingToken}` } } }
}
