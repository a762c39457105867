import type { DeliveryEvent, ProofOfDelivery, Shipment } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { normaliseReference } from '../lifecycle/references.ts'
import type { DocumentStore } from '../store/ports.ts'

/** First bytes of the file types that couriers send; what a sender calls them is not believed. */
const SIGNATURES: readonly [type: string, bytes: readonly number[]][] = [
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['application/pdf', [0x25, 0x50, 0x44, 0x46, 0x2d]],
]

/** Media type by the first bytes; undefined for anything that is no known kind of proof. */
export function sniff(bytes: Uint8Array): string | undefined {
  return SIGNATURES.find(([, start]) => start.every((byte, index) => bytes[index] === byte))?.[0]
}

export interface FileRules {
  /** A file with fewer bytes shows nothing. */
  minBytes?: number
  /** Media types that are kept, as found by looking at the bytes. */
  types: readonly string[]
}

/** The media type of a file that may be kept. Throws `pod.empty`, `pod.small`, `pod.type` (invalid). */
export function fileType(kind: string, bytes: Uint8Array, { minBytes = 0, types }: FileRules): string {
  if (bytes.byteLength === 0) throw refused('pod.empty', `the ${kind} is empty`)
  const mediaType = sniff(bytes)
  if (mediaType === undefined || !types.includes(mediaType))
    throw refused('pod.type', `the ${kind} is ${mediaType ?? 'no known type of file'}; kept are ${types.join(', ')}`)
  if (bytes.byteLength < minBytes)
    throw refused('pod.small', `the ${kind} has ${bytes.byteLength} bytes; fewer than ${minBytes} show nothing`)
  return mediaType
}

/** What an event says by itself, before any file is fetched. Throws `pod.none`, `pod.pin`, `pod.other-shipment` (invalid). */
export async function checkSaid(
  shipment: Shipment | undefined,
  { evidence = [] }: Pick<DeliveryEvent, 'evidence'>,
  { documents, required = false }: { documents: DocumentStore; required?: boolean },
): Promise<void> {
  if (required && evidence.length === 0) throw refused('pod.none', 'the delivery came without a proof')
  if (shipment === undefined) return
  const { deliveryPin } = shipment
  for (const { kind, value = '' } of evidence) {
    if (kind === 'pin' && deliveryPin !== undefined && value.trim().toLowerCase() !== deliveryPin.toLowerCase())
      throw refused('pod.pin', 'the PIN is not the one that the recipient was given')
    if (kind !== 'barcode' || value === '') continue
    const named = await documents.find<Shipment>('shipment', normaliseReference(value))
    if (named.length > 0 && !named.some(({ id }) => id === shipment.shipmentId))
      throw refused('pod.other-shipment', 'the barcode that was scanned is that of another shipment')
  }
}

/** The same picture may prove two parcels at one door, but not two doors. Throws `pod.reused` (invalid). */
export async function checkUnused(shipment: Shipment, hash: string, documents: DocumentStore): Promise<void> {
  for (const { id } of await documents.find('evidence', hash, 'hash')) {
    const podId = id.slice(0, id.lastIndexOf('/'))
    const proof = (await documents.get<ProofOfDelivery>('proof_of_delivery', podId))?.body
    const other = proof && (await documents.get<Shipment>('shipment', proof.shipmentId))?.body
    if (other && doorOf(other) !== doorOf(shipment))
      throw refused('pod.reused', 'the same picture came as the proof of a delivery to another address')
  }
}

function doorOf({ consignee: { address } }: Shipment): string {
  return JSON.stringify([address.country, address.postcode, address.city, address.lines])
}

function refused(code: string, message: string): CartageError {
  return new CartageError('invalid', code, message, { field: 'evidence' })
}
