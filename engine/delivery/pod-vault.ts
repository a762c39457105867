import { createHash } from 'node:crypto'
import type { DeliveryEvent, Evidence, KeptEvidence, ProofOfDelivery, Shipment } from '../canonical/types.ts'
import { type Keyring, open, seal } from '../security/seal.ts'
import type { BlobStore, Clock, DocumentStore } from '../store/ports.ts'
import { deriveId } from './ids.ts'
import { checkSaid, checkUnused, fileType, type FileRules } from './pod-checks.ts'

export interface PodRules extends FileRules {
  maxBytes: number
  /** A delivery without any piece of proof is refused. */
  required?: boolean
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

/** Keeps proofs of delivery: fetched, looked at, hashed, sealed, and found again by the shipment's proof document. */
export class PodVault {
  readonly #deps: PodVaultDeps

  constructor(deps: PodVaultDeps) {
    this.#deps = deps
  }

  /**
   * Keep what an event brought as proof. Repeating it keeps nothing twice; an event without
   * a proof is proved by the one that came before it. Throws `pod.*` (invalid) for what is no proof of it.
   */
  async keep(shipmentId: string, event: DeliveryEvent, rules: PodRules): Promise<ProofOfDelivery> {
    const podId = podIdOf(shipmentId, event)
    const known = await this.known(shipmentId, event)
    if (known) return known
    const { documents } = this.#deps
    const shipment = (await documents.get<Shipment>('shipment', shipmentId))?.body
    const early = event.evidence?.length ? undefined : await this.#earlier(shipment)
    if (early) return early
    await checkSaid(shipment, event, { documents, ...(rules.required && { required: true }) })
    const evidence: KeptEvidence[] = []
    for (const piece of event.evidence ?? [])
      evidence.push(await this.#keepPiece({ podId, shipment, partner: event.provider }, piece, rules))
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

  /** A proof that came before the event that it proves. */
  async #earlier(shipment: Shipment | undefined): Promise<ProofOfDelivery | undefined> {
    const podId = shipment?.proofOfDelivery?.podId
    return podId === undefined
      ? undefined
      : (await this.#deps.documents.get<ProofOfDelivery>('proof_of_delivery', podId))?.body
  }

  async #keepPiece(
    { podId, shipment, partner }: { podId: string; shipment: Shipment | undefined; partner: string },
    piece: Evidence,
    rules: PodRules,
  ): Promise<KeptEvidence> {
    const { documents, blobs, keys } = this.#deps
    const { bytes, mediaType } = await this.#contentOf(piece, rules, partner)
    const hash = createHash('sha256').update(bytes).digest('hex')
    const id = `${podId}/${hash}`
    if (!(await documents.get('evidence', id))) {
      if (shipment && piece.url !== undefined) await checkUnused(shipment, hash, documents)
      const { hash: blob } = await blobs.put(seal(keys.current, bytes, place(podId, hash)))
      const references = [{ type: 'hash', value: hash }]
      await documents.put<EvidenceRecord>('evidence', id, { blob }, { expect: 0, references })
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
    partner: string,
  ): Promise<{ bytes: Uint8Array; mediaType: string }> {
    if (piece.url === undefined)
      return { bytes: Buffer.from(piece.value ?? piece.signedBy ?? ''), mediaType: 'text/plain' }
    const bytes = await this.#deps.fetch(piece.url, rules.maxBytes, partner)
    return { bytes, mediaType: fileType(piece.kind, bytes, rules) }
  }
}

function podIdOf(shipmentId: string, event: DeliveryEvent): string {
  return deriveId('pod', shipmentId, event.eventId)
}

/** Binds sealed bytes to their place: moved to another proof they do not open. */
function place(podId: string, hash: string): string {
  return `proof_of_delivery/${podId}/${hash}`
}
