import type { Entity, ProofOfDelivery, Shipment } from '../canonical/index.ts'
import type { JsonObject } from '../json.ts'
import type { Call } from './call.ts'
import { isMasked } from './keys.ts'
import { HttpProblem } from './problem.ts'
import { readLimit, readQuery } from './query.ts'
import type { Reply } from './reply.ts'

/** By any reference, or all of them page by page (by id). */
export async function findShipments(call: Call): Promise<Reply> {
  const { documents } = call.deps
  const query = readQuery(call.req.url ?? '', ['reference', 'type', 'after', 'limit'])
  const limit = readLimit(query.limit, 50, 200)
  if (query.reference !== undefined) {
    const found = await documents.find<JsonObject>('shipment', query.reference.trim(), query.type)
    return { status: 200, body: { items: found.slice(0, limit).map((item) => shown(call, 'shipment', item.body)) } }
  }
  if (query.type !== undefined) throw new HttpProblem(400, 'request.query', 'type needs reference.', { field: 'type' })
  const page = await documents.page<JsonObject>(
    'shipment',
    query.after === undefined ? { limit } : { limit, after: query.after },
  )
  const items = page.items.map((item) => shown(call, 'shipment', item.body))
  return { status: 200, body: page.next === undefined ? { items } : { items, next: page.next } }
}

export async function getShipment(call: Call): Promise<Reply> {
  noQuery(call)
  return { status: 200, body: shown(call, 'shipment', (await shipmentOf(call)) as unknown as JsonObject) }
}

export async function getShipmentEvents(call: Call): Promise<Reply> {
  noQuery(call)
  const shipment = shown(call, 'shipment', (await shipmentOf(call)) as unknown as JsonObject)
  return { status: 200, body: { shipmentId: shipment.shipmentId, status: shipment.status, items: shipment.timeline } }
}

export async function getPosition(call: Call): Promise<Reply> {
  noQuery(call)
  const position = await call.deps.documents.get('position', parameter(call, 'vehicleId'))
  if (position === undefined) throw notFound('position')
  return { status: 200, body: shown(call, 'position', position.body) }
}

export async function getProofOfDelivery(call: Call): Promise<Reply> {
  noQuery(call)
  const proof = shown(call, 'proof-of-delivery', (await proofOf(call)) as unknown as JsonObject)
  return { status: 200, body: proof }
}

const SHOWN_INLINE = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf', 'text/plain'])

/** The bytes, only as a download or an image: a proof is what a stranger uploaded. Who looked is audited. */
export async function getEvidence(call: Call): Promise<Reply> {
  noQuery(call)
  const hash = parameter(call, 'hash')
  const proof = await proofOf(call)
  const piece = proof.evidence.find((evidence) => evidence.hash === hash)
  const bytes = piece === undefined ? undefined : await call.deps.evidence(proof, hash)
  if (piece === undefined || bytes === undefined) throw notFound('evidence')
  const { name } = call.principal
  await call.deps.audit.append({
    actor: name,
    action: 'pod.read',
    subject: proof.shipmentId,
    details: { podId: proof.podId, hash },
  })
  const type = SHOWN_INLINE.has(piece.mediaType) ? piece.mediaType : 'application/octet-stream'
  const headers = {
    'Content-Type': type,
    'Content-Disposition': type.startsWith('image/') ? 'inline' : `attachment; filename="${hash}"`,
    'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  }
  return { status: 200, headers, body: bytes }
}

/** The shipment that the path names; 404 otherwise. */
export async function shipmentOf(call: Call): Promise<Shipment> {
  const found = await call.deps.documents.get<Shipment>('shipment', parameter(call, 'shipmentId'))
  if (found === undefined) throw notFound('shipment')
  return found.body
}

async function proofOf(call: Call): Promise<ProofOfDelivery> {
  const shipment = await shipmentOf(call)
  const podId = shipment.proofOfDelivery?.podId
  const proof =
    podId === undefined ? undefined : await call.deps.documents.get<ProofOfDelivery>('proof_of_delivery', podId)
  if (proof === undefined || proof.body.shipmentId !== shipment.shipmentId) throw notFound('proof of delivery')
  return proof.body
}

export function shown(call: Call, entity: Entity, document: JsonObject): JsonObject {
  return isMasked(call.principal.role) ? call.deps.masker.mask(entity, document) : document
}

export function noQuery(call: Call): void {
  readQuery(call.req.url ?? '', [])
}

/** A value of the path. Longer than any id is: not found, rather than a complaint of the store. */
export function parameter(call: Call, name: string, longest = 128): string {
  const value = call.params[name] ?? ''
  if (value === '' || value.length > longest) throw notFound('such thing')
  return value
}

export function notFound(what: string): HttpProblem {
  return new HttpProblem(404, 'api.not-found', `There is no ${what} here.`)
}
