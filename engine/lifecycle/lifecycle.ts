import type {
  Booking,
  DeliveryEvent,
  FulfilmentOrder,
  Hold,
  Location,
  Order,
  RouteAssignment,
  Selection,
  Shipment,
} from '../canonical/types.ts'
import { canonicalJson } from '../json.ts'
import { CartageError } from '../errors.ts'
import { unlessBeaten } from '../store/failures.ts'
import type { Clock, DocumentStore, StoredDocument } from '../store/ports.ts'
import { calledOff, callingOff, standing } from './called-off.ts'
import { type CaseFacts, withCase } from './cases.ts'
import { type Consignment, consignmentsOf, shipmentIdsOf } from './consignments.ts'
import { withTimeline } from './fold.ts'
import { withFulfilment } from './fulfilment.ts'
import { compared, Orders } from './orders.ts'
import { type Claim, claimOf, notYours, type Scope } from './ownership.ts'
import { type ParkedEvent, Parking } from './parking.ts'
import { choose, normaliseReference, referencesOf } from './references.ts'
import type { Applied, ApplyResult, Change, Created, Made, Recorded } from './results.ts'
import { following, mayFollow, placed, withHold, withRoute } from './revise.ts'
import { type Application, applyEvent, type CreationContext, newShipment } from './shipment.ts'

/** Every lost compare-and-set means that somebody else got on, so this many in a row mean a storm: better retried later. */
const MAX_TRIES = 100
/** Choices that are kept beside the one that holds. */
const MOST_FORMER = 20

type Listener = (change: Change) => void

/** What a shipment belongs to. */
type Origin = Pick<CreationContext, 'correlationId' | 'returnOrderId'>

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
  readonly orders: Orders

  constructor({ documents, clock, scopeOf = () => 'any' }: LifecycleDeps) {
    this.#documents = documents
    this.#clock = clock
    this.#scopeOf = scopeOf
    this.parking = new Parking({ documents, clock })
    this.orders = new Orders(documents)
  }

  /**
   * Makes the shipments of a released order, or lets them follow its change, and applies the events that came before them.
   * @throws CartageError refused `order.too-late` or `order.other-parts` for a change that cannot be made any more
   */
  async create(order: Order, of: Origin): Promise<Created> {
    if (order.changedAt !== undefined) await this.#mayChange(order)
    const kept = await this.orders.keep(order)
    const made: Made[] = []
    for (const consignment of consignmentsOf(kept.order)) made.push(await this.#make(consignment, of))
    const [first] = made as [Made, ...Made[]]
    const outcomes = { first: 'created', same: 'present' } as const
    const outcome = kept.outcome === 'first' || kept.outcome === 'same' ? outcomes[kept.outcome] : kept.outcome
    const shipments = made.map(({ shipment }) => shipment)
    const matched = made.flatMap((one) => one.matched)
    const isNew = outcome === 'present' && made.some(({ created }) => created)
    return { outcome: isNew ? 'created' : outcome, shipment: first.shipment, shipments, matched }
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
      if (same)
        return { ...shipment, booking: { ...shipment.booking, ...booking, bookedAt: shipment.booking!.bookedAt } }
      const { eta: _promisedByTheOther, ...rest } = shipment
      const { revision } = shipment.selection ?? shipment
      return { ...rest, booking: { ...booking, ...(revision !== undefined && { revision }) } }
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
      const { revision } = shipment
      const chosen = { ...selection, ...(revision !== undefined && { revision }) }
      return { ...shipment, selection: chosen, ...(former.length > 0 && { formerSelections: former }) }
    }
    return this.update(shipmentId, record, `selection:${selection.partner ?? 'none'}`)
  }

  /** The courier is about to be asked to forget its booking. */
  callOff(shipmentId: string): Promise<Recorded> {
    return this.update(shipmentId, (shipment) => callingOff(shipment, this.#nowText()), 'call-off')
  }

  /** It has: another courier may be chosen. */
  recordCalledOff(shipmentId: string): Promise<Recorded> {
    return this.update(shipmentId, calledOff, 'called-off')
  }

  /** It has not: the booking stands. */
  recordStanding(shipmentId: string): Promise<Recorded> {
    return this.update(shipmentId, standing, 'standing')
  }

  /** Nobody is booked before the hold is lifted. */
  hold(shipmentId: string, { reason, detail }: Pick<Hold, 'reason' | 'detail'>): Promise<Recorded> {
    const held = { reason, ...(detail !== undefined && { detail }), since: this.#nowText() }
    return this.update(shipmentId, (shipment) => withHold(shipment, held), `hold:${reason}`)
  }

  /** Where the consignee's address is. */
  recordPlace(shipmentId: string, location: Location): Promise<Recorded> {
    return this.update(shipmentId, (shipment) => placed(shipment, location), 'place')
  }

  /** `arrivesAt`: when the plan has the vehicle at the consignee's. */
  recordRoute(shipmentId: string, route: RouteAssignment, arrivesAt?: string): Promise<Recorded> {
    return this.update(shipmentId, (shipment) => withRoute(shipment, route, arrivesAt), `route:${route.routeId}`)
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

  async #make(consignment: Consignment, of: Origin): Promise<Made> {
    const now = this.#clock.now()
    const fresh = newShipment(consignment, { now, ...of })
    const created = await this.#insert(fresh)
    if (created) this.#tell({ cause: 'created', shipment: fresh })
    const { body } = created ? { body: fresh } : await this.#load(fresh.shipmentId)
    if (body.changedAt === consignment.changedAt) {
      const matched = await this.#match(fresh.shipmentId, 'create')
      return { created, shipment: (await this.#load(fresh.shipmentId)).body, matched }
    }
    const follow = (shipment: Shipment) => following(shipment, consignment, now)
    return { created, ...(await this.update(fresh.shipmentId, follow, `change:${consignment.changedAt}`)) }
  }

  /** Before anything is kept: a change for which it is too late must leave everything as it is. */
  async #mayChange(order: Order): Promise<void> {
    const known = await this.orders.get(order.orderId)
    if (known === undefined || compared(order, known).outcome !== 'changed') return
    const ids = shipmentIdsOf(known)
    if (canonicalJson(ids) !== canonicalJson(shipmentIdsOf(order)))
      throw new CartageError('refused', 'order.other-parts', `${order.orderId} was released in other parts`, {
        field: 'parts',
      })
    for (const id of ids) {
      const shipment = await this.get(id)
      if (shipment) mayFollow(shipment)
    }
  }

  async #insert(shipment: Shipment): Promise<boolean> {
    const { shipmentId } = shipment
    if ((await this.#documents.get('shipment', shipmentId)) !== undefined) return false
    const put = this.#documents.put('shipment', shipmentId, shipment, { expect: 0, references: referencesOf(shipment) })
    return (await unlessBeaten(put)) !== undefined
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
      if ((await unlessBeaten(put)) !== undefined) return result
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
