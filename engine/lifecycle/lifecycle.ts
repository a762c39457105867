import type {
  Booking,
  DeliveryEvent,
  FulfilmentOrder,
  Order,
  RouteAssignment,
  Selection,
  Shipment,
} from '../canonical/types.ts'
import { canonicalJson } from '../json.ts'
import { CartageError } from '../errors.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore, StoredDocument } from '../store/ports.ts'
import { type CaseFacts, withCase } from './cases.ts'
import { withTimeline } from './fold.ts'
import { withFulfilment } from './fulfilment.ts'
import { type Claim, claimOf, notYours, type Scope } from './ownership.ts'
import { type ParkedEvent, Parking } from './parking.ts'
import { choose, normaliseReference, referencesOf } from './references.ts'
import type { Applied, ApplyResult, Change, Created, Recorded } from './results.ts'
import { type Application, applyEvent, newShipment, shipmentIdOf } from './shipment.ts'

/** Every lost compare-and-set means that somebody else got on, so this many in a row mean a storm: better retried later. */
const MAX_TRIES = 100
/** Choices that are kept beside the one that holds. */
const MOST_FORMER = 20

type Listener = (change: Change) => void

export interface LifecycleDeps {
  documents: DocumentStore
  clock: Clock
  /** Which shipments a partner's events may move; any when left out. */
  scopeOf?: (partner: string) => Scope
}

/**
 * The one writer of shipments. Each change is a compare-and-set on the shipment's document, so that any number of workers
 * may apply events at once and none is lost; repeating any call changes nothing and answers the same.
 */
export class ShipmentLifecycle {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #scopeOf: (partner: string) => Scope
  readonly #listeners = new Set<Listener>()
  readonly parking: Parking

  constructor({ documents, clock, scopeOf = () => 'any' }: LifecycleDeps) {
    this.#documents = documents
    this.#clock = clock
    this.#scopeOf = scopeOf
    this.parking = new Parking({ documents, clock })
  }

  /** Makes the shipment of a released order, and applies the events that came before it. */
  async create(order: Order, of: { correlationId: string; returnOrderId?: string }): Promise<Created> {
    const stored = await this.#keepOrder(order)
    const id = shipmentIdOf(order.orderId)
    const fresh = newShipment(stored, { now: this.#clock.now(), ...of })
    const created = await this.#insert(fresh)
    if (created) this.#tell({ cause: 'created', shipment: fresh })
    const matched = await this.#match(fresh.shipmentId, 'create')
    const { body: shipment } = await this.#load(id)
    if (canonicalJson(stored) !== canonicalJson(order)) return { outcome: 'conflict', shipment, matched }
    return { outcome: created ? 'created' : 'present', shipment, matched }
  }

  /**
   * Applies an event to the shipment that it names; parks it when there is none, or none yet that its sender carries. `cause`: id
   * of the message it came with.
   * @throws CartageError unauthorised `event.not-yours` when another partner carries the shipment
   */
  async apply(event: DeliveryEvent, cause?: string): Promise<ApplyResult> {
    const found = await this.#locateTheirs(event)
    if (found !== undefined) return this.#applyTo(found, event)
    const redelivered = await this.parking.park(event, cause)
    // The shipment (or its booking) may have appeared, and looked for parked events, just before this one was parked.
    const late = await this.#locateTheirs(event)
    if (late === undefined) return { outcome: 'parked', redelivered, event }
    const applied = await this.#applyTo(late, event)
    await this.parking.matched(event.eventId, late.id, 'apply')
    return applied
  }

  /**
   * As `apply`, for an event that shall not wait (again): undefined, and nothing changed, when its shipment is not there.
   * @throws CartageError unauthorised `event.not-yours` when its sender does not carry the shipment
   */
  async applyIfKnown(event: DeliveryEvent): Promise<Applied | undefined> {
    const found = await this.#locate(event)
    if (found === undefined) return undefined
    if (this.#claim(event, found) !== 'theirs') throw notYours(event, found.body)
    const applied = await this.#applyTo(found, event)
    await this.parking.matched(event.eventId, found.id, 'late')
    return applied
  }

  /**
   * Changes what events do not decide; the status and whatever else follows from the timeline cannot be changed so.
   * `change` gets a copy and may be called several times; giving back an equal shipment writes nothing.
   * @param operation names what is done, the same on each repetition: events matched by it are told again
   * @throws CartageError invalid `lifecycle.unknown-shipment`
   */
  async update(shipmentId: string, change: (shipment: Shipment) => Shipment, operation = 'update'): Promise<Recorded> {
    const changed = await this.#compareAndSet(shipmentId, (shipment) => {
      const changed = change(structuredClone(shipment))
      const next = withTimeline(changed, changed.timeline)
      if (canonicalJson(next) === canonicalJson(shipment)) return { result: undefined }
      const body = { ...next, updatedAt: this.#nowText() }
      return { body, result: body }
    })
    if (changed !== undefined) this.#tell({ cause: 'recorded', shipment: changed })
    const matched = await this.#match(shipmentId, operation)
    return { changed: changed !== undefined, shipment: (await this.#load(shipmentId)).body, matched }
  }

  /** A booking with another courier replaces the one before; its ids no longer find the shipment. */
  recordBooking(shipmentId: string, booking: Booking): Promise<Recorded> {
    const { partner, bookingId } = booking
    const record = (shipment: Shipment) => {
      const same = shipment.booking?.partner === partner && shipment.booking.bookingId === bookingId
      if (same) return { ...shipment, booking: { ...booking, bookedAt: shipment.booking!.bookedAt } }
      const { eta: _promisedByTheOther, ...rest } = shipment
      return { ...rest, booking }
    }
    return this.update(shipmentId, record, `booking:${partner}:${bookingId}`)
  }

  /**
   * The choice of a courier that takes the place of the one `seen`. When another was made meanwhile, or a courier has booked, that one
   * stands: two who choose at once end with the same courier.
   */
  recordSelection(shipmentId: string, selection: Selection, seen?: string): Promise<Recorded> {
    const record = (shipment: Shipment): Shipment => {
      const { selection: known, formerSelections = [] } = shipment
      if (shipment.booking !== undefined || known?.partner !== seen) return shipment
      const former = known?.partner === undefined ? formerSelections : [...formerSelections, known].slice(-MOST_FORMER)
      return { ...shipment, selection, ...(former.length > 0 && { formerSelections: former }) }
    }
    return this.update(shipmentId, record, `selection:${selection.partner ?? 'none'}`)
  }

  recordRoute(shipmentId: string, route: RouteAssignment): Promise<Recorded> {
    return this.update(shipmentId, (shipment) => ({ ...shipment, route }), `route:${route.routeId}`)
  }

  /** What the warehouse reports of picking and packing; an older report than the one on record changes nothing. */
  recordFulfilment(shipmentId: string, reported: FulfilmentOrder): Promise<Recorded> {
    const { fulfilmentOrderId, status, updatedAt } = reported
    const operation = `fulfilment:${fulfilmentOrderId}:${status}:${updatedAt}`
    return this.update(shipmentId, (shipment) => withFulfilment(shipment, reported), operation)
  }

  /** A problem that customer service has a case for, or has solved. */
  recordCase(shipmentId: string, facts: CaseFacts): Promise<Recorded> {
    const record = (shipment: Shipment) => withCase(shipment, facts, this.#nowText())
    return this.update(shipmentId, record, `case:${facts.caseId}:${facts.status}`)
  }

  recordProofOfDelivery(shipmentId: string, { podId }: { podId: string }): Promise<Recorded> {
    const record = (shipment: Shipment) => ({ ...shipment, proofOfDelivery: { ...shipment.proofOfDelivery, podId } })
    return this.update(shipmentId, record, `pod:${podId}`)
  }

  async get(shipmentId: string): Promise<Shipment | undefined> {
    return (await this.#documents.get<Shipment>('shipment', shipmentId))?.body
  }

  /** Shipments that carry the reference, oldest first; of any type when `type` is left out. */
  async findByReference(value: string, type?: string): Promise<Shipment[]> {
    const found = await this.#documents.find<Shipment>('shipment', normaliseReference(value), type)
    return found.map(({ body }) => body)
  }

  /** Gives up waiting for the shipment of a parked event. The event, if it was still waiting: it is the caller's dead letter. */
  expireParked(eventId: string): Promise<DeliveryEvent | undefined> {
    return this.parking.expire(eventId)
  }

  waitingEvents(page: { after?: string; limit: number }): Promise<{ items: ParkedEvent[]; next?: string }> {
    return this.parking.waiting(page)
  }

  /** Called after each committed change, in this process. Returns the function that ends it. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #keepOrder(order: Order): Promise<Order> {
    const references = [{ type: 'order', value: normaliseReference(order.orderId) }]
    if (order.deliveryDocument) references.push({ type: 'delivery', value: normaliseReference(order.deliveryDocument) })
    const id = order.orderId.normalize('NFC')
    const known = await this.#documents.get<Order>('order', id)
    if (known !== undefined) return known.body
    const stored = await absentIfBeaten(this.#documents.put('order', id, order, { expect: 0, references }))
    return stored?.body ?? (await this.#documents.get<Order>('order', id))?.body ?? order
  }

  async #insert(shipment: Shipment): Promise<boolean> {
    const { shipmentId } = shipment
    if ((await this.#documents.get('shipment', shipmentId)) !== undefined) return false
    const put = this.#documents.put('shipment', shipmentId, shipment, { expect: 0, references: referencesOf(shipment) })
    return (await absentIfBeaten(put)) !== undefined
  }

  async #applyTo(found: StoredDocument<Shipment>, original: DeliveryEvent): Promise<Applied> {
    const event = { ...original, shipmentId: found.id }
    const step = (shipment: Shipment) => {
      const result = applyEvent(shipment, event, this.#clock.now())
      return result.outcome === 'repeated' ? { result } : { body: result.shipment, result }
    }
    const application = await this.#compareAndSet(found.id, step, found)
    const applied = appliedOf(application, event)
    if (!applied.redelivered) this.#tell({ cause: 'event', shipment: applied.shipment, applied })
    return applied
  }

  /** Applies what waits for one of the shipment's references, and names again what this operation matched before. */
  async #match(shipmentId: string, operation: string): Promise<Applied[]> {
    const { body } = await this.#load(shipmentId)
    const matched: Applied[] = []
    for (const { event, cause } of await this.parking.candidates(referencesOf(body), shipmentId, operation)) {
      const found = await this.#locate(event)
      if (found?.id !== shipmentId || this.#claim(event, found) !== 'theirs') continue
      matched.push({ ...(await this.#applyTo(found, event)), ...(cause !== undefined && { cause }) })
      await this.parking.matched(event.eventId, shipmentId, operation)
    }
    return matched
  }

  /** The event's shipment if its sender carries it; undefined while nobody does. */
  async #locateTheirs(event: DeliveryEvent): Promise<StoredDocument<Shipment> | undefined> {
    const found = await this.#locate(event)
    if (found === undefined) return undefined
    const claim = this.#claim(event, found)
    if (claim === 'another') throw notYours(event, found.body)
    return claim === 'theirs' ? found : undefined
  }

  #claim(event: DeliveryEvent, { body }: StoredDocument<Shipment>): Claim {
    return claimOf(this.#scopeOf(event.provider), event, body)
  }

  async #locate(event: DeliveryEvent): Promise<StoredDocument<Shipment> | undefined> {
    const { shipmentId, shipmentRef } = event
    const named = shipmentId === undefined ? undefined : await this.#documents.get<Shipment>('shipment', shipmentId)
    if (named !== undefined) return named
    const { type, value } = shipmentRef
    return choose(await this.#documents.find<Shipment>('shipment', normaliseReference(value), type), event)
  }

  async #load(shipmentId: string): Promise<StoredDocument<Shipment>> {
    const stored = await this.#documents.get<Shipment>('shipment', shipmentId)
    if (stored !== undefined) return stored
    throw new CartageError('invalid', 'lifecycle.unknown-shipment', 'There is no such shipment.', {
      field: 'shipmentId',
    })
  }

  /** Reads (the first time `found` will do), changes and writes until no one else was faster. Without a `body` nothing is written. */
  async #compareAndSet<R>(
    shipmentId: string,
    step: (shipment: Shipment) => { body?: Shipment; result: R },
    found?: StoredDocument<Shipment>,
  ): Promise<R> {
    let stored = found
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { body: current, version } = stored ?? (await this.#load(shipmentId))
      const { body, result } = step(current)
      if (body === undefined) return result
      const put = this.#documents.put('shipment', shipmentId, body, { expect: version, references: referencesOf(body) })
      if ((await absentIfBeaten(put)) !== undefined) return result
      stored = undefined
    }
    throw new CartageError(
      'transient',
      'lifecycle.contended',
      `The shipment was changed by others ${MAX_TRIES} times in a row.`,
    )
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        // The change is committed: a listener that fails must not make the caller believe otherwise.
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }

  #nowText(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}

function appliedOf({ shipment, outcome, from, to, entry }: Application, event: DeliveryEvent): Applied {
  const redelivered = outcome === 'repeated'
  // Told again under another version of the mapping, it is the event that it was.
  const mappingVersion = (redelivered && entry.mappingVersion) || event.mappingVersion
  return {
    outcome: redelivered ? entry.outcome : outcome,
    redelivered,
    shipment,
    event: { ...event, mappingVersion },
    entry,
    sequence: entry.sequence,
    from,
    to,
  }
}

/** `undefined` when another writer was faster. */
async function absentIfBeaten<T>(put: Promise<T>): Promise<T | undefined> {
  try {
    return await put
  } catch (error) {
    if (isVersionLost(error)) return undefined
    throw error
  }
}
