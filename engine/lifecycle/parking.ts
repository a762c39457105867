import type { DeliveryEvent } from '../canonical/types.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore, Reference, StoredDocument } from '../store/ports.ts'
import { normaliseReference } from './references.ts'

const KIND = 'parked'

/** An event whose shipment is not known (yet). */
export interface ParkedEvent {
  event: DeliveryEvent
  /** `expired`: nobody waits any more, the event is a dead letter now. */
  state: 'waiting' | 'matched' | 'expired'
  /** RFC 3339. */
  parkedAt: string
  /** Id of the message that the event came with: the way back to its raw bytes. */
  cause?: string
  /** Set when matched: which shipment, and what brought them together. */
  shipmentId?: string
  operation?: string
}

/**
 * Where events wait for their shipment. A matched event stays on record with what matched it, so that the same operation,
 * done again after a crash, names the same events again.
 */
export class Parking {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  /** True when it was waiting (or matched) already. An expired event that is sent again waits again. */
  async park(event: DeliveryEvent, cause?: string): Promise<boolean> {
    const known = await this.#documents.get<ParkedEvent>(KIND, event.eventId)
    if (known !== undefined && known.body.state !== 'expired') return true
    const parkedAt = new Date(this.#clock.now()).toISOString()
    const body: ParkedEvent = { event, state: 'waiting', parkedAt, ...(cause !== undefined && { cause }) }
    return !(await this.#put(event.eventId, body, known?.version ?? 0))
  }

  get(eventId: string): Promise<StoredDocument<ParkedEvent> | undefined> {
    return this.#documents.get<ParkedEvent>(KIND, eventId)
  }

  /** Events that name one of these references and wait, or were matched to this shipment by this very operation. */
  async candidates(references: Reference[], shipmentId: string, operation: string): Promise<ParkedEvent[]> {
    const found = new Map<string, ParkedEvent>()
    for (const { type, value } of references) {
      for (const { id, body } of await this.#documents.find<ParkedEvent>(KIND, value, type)) {
        const again = body.state === 'matched' && body.shipmentId === shipmentId && body.operation === operation
        if (body.state === 'waiting' || again) found.set(id, body)
      }
    }
    return [...found.values()].sort((a, b) => Date.parse(a.event.occurredAt) - Date.parse(b.event.occurredAt))
  }

  async matched(eventId: string, shipmentId: string, operation: string): Promise<void> {
    const known = await this.get(eventId)
    if (known === undefined || known.body.state === 'matched') return
    // Losing the race is no harm: the other one matched it too.
    await this.#put(eventId, { ...known.body, state: 'matched', shipmentId, operation }, known.version)
  }

  /** Stops waiting for a shipment. Gives the event if it was still waiting. */
  async expire(eventId: string): Promise<DeliveryEvent | undefined> {
    const known = await this.get(eventId)
    if (known?.body.state !== 'waiting') return undefined
    const done = await this.#put(eventId, { ...known.body, state: 'expired' }, known.version)
    return done ? known.body.event : undefined
  }

  /** Events that wait now, by id. A page may hold fewer than `limit` although there are more. */
  async waiting(page: { after?: string; limit: number }): Promise<{ items: ParkedEvent[]; next?: string }> {
    const { items, next } = await this.#documents.page<ParkedEvent>(KIND, page)
    const waiting = items.map(({ body }) => body).filter(({ state }) => state === 'waiting')
    return { items: waiting, ...(next === undefined ? {} : { next }) }
  }

  async #put(eventId: string, body: ParkedEvent, expect: number): Promise<boolean> {
    try {
      await this.#documents.put(KIND, eventId, body, { expect, references: namesOf(body.event) })
      return true
    } catch (error) {
      if (isVersionLost(error)) return false
      throw error
    }
  }
}

function namesOf(event: DeliveryEvent): Reference[] {
  const { shipmentId, shipmentRef } = event
  const named = { type: shipmentRef.type, value: normaliseReference(shipmentRef.value) }
  if (shipmentId === undefined || shipmentId === named.value) return [named]
  return [named, { type: 'shipment', value: shipmentId }]
}
