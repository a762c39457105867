import { createHash } from 'node:crypto'
import type { DeliveryEvent, Evidence, KeptEvidence, ProofOfDelivery } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { type Keyring, open, seal } from '../security/seal.ts'
import type { BlobStore, Clock, DocumentStore } from '../store/ports.ts'
import { deriveId } from './ids.ts'

export interface PodRules {
  maxBytes: number
  /** Media types that are kept, as found by looking at the bytes. */
  types: readonly string[]
}

export interface PodVaultDeps {
  documents: DocumentStore
  blobs: BlobStore
  keys: Keyring
  clock: Clock
  /** Gets a piece of proof where the partner (its slug, where it is known) keeps it; throws a CartageError. */
  fetch: (url: string, maxBytes: number, partner: string | undefined) => Promise<Uint8Array>
}

/** Where the sealed bytes of a piece of proof are; kind `evidence`. */
interface EvidenceRecord {
  blob: string
}

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

/** Keeps proofs of delivery: fetched, looked at, hashed, sealed, and found again by the shipment's proof document. */
export class PodVault {
  readonly #deps: PodVaultDeps

  constructor(deps: PodVaultDeps) {
    this.#deps = deps
  }

  /** Keep what an event brought as proof. Repeating it keeps nothing twice. Throws `pod.*` (invalid) for what is no proof. */
  async keep(shipmentId: string, event: DeliveryEvent, rules: PodRules): Promise<ProofOfDelivery> {
    const podId = podIdOf(shipmentId, event)
    const known = await this.known(shipmentId, event)
    if (known) return known
    const evidence: KeptEvidence[] = []
    for (const piece of event.evidence ?? []) evidence.push(await this.#keepPiece(podId, piece, rules, event.provider))
    const signedBy = event.evidence?.find((piece) => piece.signedBy)?.signedBy
    const proof: ProofOfDelivery = {
      podId,
      shipmentId,
      eventId: event.eventId,
      variant: event.variant ?? 'recipient',
      deliveredAt: event.occurredAt,
      evidence,
      keptAt: new Date(this.#deps.clock.now()).toISOString(),
      ...(signedBy !== undefined && { signedBy }),
      ...(event.lines && { lines: event.lines }),
    }
    await this.#deps.documents.put<ProofOfDelivery>('proof_of_delivery', podId, proof, {
      expect: 0,
      references: [{ type: 'shipment', value: shipmentId }],
    })
    return proof
  }

  /** The proof of this event, if it was kept before. */
  async known(shipmentId: string, event: DeliveryEvent): Promise<ProofOfDelivery | undefined> {
    return (await this.#deps.documents.get<ProofOfDelivery>('proof_of_delivery', podIdOf(shipmentId, event)))?.body
  }

  /** The bytes of a kept piece; undefined when there is none of that hash. */
  async read(podId: string, hash: string): Promise<Uint8Array | undefined> {
    const record = await this.#deps.documents.get<EvidenceRecord>('evidence', `${podId}/${hash}`)
    const sealed = record && (await this.#deps.blobs.get(record.body.blob))
    return sealed && open(this.#deps.keys, sealed, place(podId, hash))
  }

  async #keepPiece(
    podId: string,
    piece: Evidence,
    rules: PodRules,
    partner: string | undefined,
  ): Promise<KeptEvidence> {
    const { bytes, mediaType } = await this.#contentOf(piece, rules, partner)
    const hash = createHash('sha256').update(bytes).digest('hex')
    const id = `${podId}/${hash}`
    if (!(await this.#deps.documents.get('evidence', id))) {
      const { hash: blob } = await this.#deps.blobs.put(seal(this.#deps.keys.current, bytes, place(podId, hash)))
      await this.#deps.documents.put<EvidenceRecord>('evidence', id, { blob }, { expect: 0 })
    }
    return {
      kind: piece.kind,
      hash,
      size: bytes.byteLength,
      mediaType,
      ...(piece.url !== undefined && { sourceUrl: piece.url }),
    }
  }

  async #contentOf(
    piece: Evidence,
    rules: PodRules,
    partner: string | undefined,
  ): Promise<{ bytes: Uint8Array; mediaType: string }> {
    if (piece.url === undefined)
      return { bytes: Buffer.from(piece.value ?? piece.signedBy ?? ''), mediaType: 'text/plain' }
    const bytes = await this.#deps.fetch(piece.url, rules.maxBytes, partner)
    if (bytes.byteLength === 0)
      throw new CartageError('invalid', 'pod.empty', `the ${piece.kind} is empty`, { field: 'evidence' })
    const mediaType = sniff(bytes)
    if (mediaType === undefined || !rules.types.includes(mediaType))
      throw new CartageError(
        'invalid',
        'pod.type',
        `the ${piece.kind} is ${mediaType ?? 'no known type of file'}; kept are ${rules.types.join(', ')}`,
        {
          field: 'evidence',
        },
      )
    return { bytes, mediaType }
  }
}

function podIdOf(shipmentId: string, event: DeliveryEvent): string {
  return deriveId('pod', shipmentId, event.eventId)
}

/** Binds sealed bytes to their place: moved to another proof they do not open. */
function place(podId: string, hash: string): string {
  return `proof_of_delivery/${podId}/${hash}`
}
