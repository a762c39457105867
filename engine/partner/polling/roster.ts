import type { Shipment } from '../../canonical/types.ts'
import type { Clock, DocumentStore, FiredTimer, Timer, TimerStore } from '../../store/ports.ts'

export interface RosterDeps {
  partner: string
  documents: Pick<DocumentStore, 'get' | 'page'>
  timers: TimerStore
  clock: Clock
  everyMs: number
  ageOutDays: number
}

/** A shipment whose turn it is, and the turn. */
export interface Turn {
  shipment: Shipment
  timer: FiredTimer
}

/** After these nothing more is expected. */
const ENDED = new Set([
  'delivery.completed',
  'return.completed',
  'shipment.cancelled',
  'shipment.lost',
  'carrier.rejected',
])
const DAY_MS = 24 * 60 * 60 * 1000
const PAGE = 200

/**
 * Which shipments to ask a partner about, and when: a timer each, so that the one that was asked about longest ago comes first, a
 * restart forgets none, and a crash in the middle of a batch brings it again.
 */
export class Roster {
  readonly topic: string
  readonly #deps: RosterDeps

  constructor(deps: RosterDeps) {
    this.topic = `poll.${deps.partner}`
    this.#deps = deps
  }

  /** Notes a shipment that is booked with the partner; one that is noted keeps its turn. */
  async note(shipment: Shipment): Promise<void> {
    if (!this.#isOpen(shipment)) return
    const { timers, clock, everyMs } = this.#deps
    const id = this.#timerId(shipment.shipmentId)
    if (await timers.get(id)) return
    await timers.schedule(this.#timer(shipment.shipmentId, clock.now() + everyMs))
  }

  /** Notes all that a crash between the booking and `note` has left out; reads every shipment, a page at a time. */
  async noteAll(proceed: () => boolean): Promise<void> {
    let after: string | undefined
    do {
      const page = { limit: PAGE, ...(after !== undefined && { after }) }
      const { items, next } = await this.#deps.documents.page<Shipment>('shipment', page)
      for (const { body } of items) await this.note(body)
      after = next
      await new Promise(setImmediate)
    } while (after !== undefined && proceed())
  }

  /**
   * Up to `limit` shipments whose turn it is. Those that have come to their end or went to somebody else leave the roster; those that
   * nobody asks about any more because they are too old are given as `agedOut` and stay until `leave`.
   */
  async due(limit: number, leaseMs: number): Promise<{ turns: Turn[]; agedOut: Turn[]; claimed: number }> {
    const { timers, documents, clock, ageOutDays } = this.#deps
    const fired = await timers.claimDue(this.topic, { limit, leaseMs })
    const turns: Turn[] = []
    const agedOut: Turn[] = []
    for (const timer of fired) {
      const { shipmentId } = timer.payload as { shipmentId: string }
      const shipment = (await documents.get<Shipment>('shipment', shipmentId))?.body
      if (!shipment || !this.#isOpen(shipment)) await timers.done(timer)
      else if (Date.parse(shipment.booking!.bookedAt) + ageOutDays * DAY_MS <= clock.now())
        agedOut.push({ shipment, timer })
      else turns.push({ shipment, timer })
    }
    return { turns, agedOut, claimed: fired.length }
  }

  /** It was asked about: its next turn. */
  async asked({ shipment }: Turn): Promise<void> {
    await this.#deps.timers.schedule(this.#timer(shipment.shipmentId, this.#deps.clock.now() + this.#deps.everyMs))
  }

  /** Nobody was asked: its turn is still the one it was. */
  async putBack({ timer: { token: _token, ...timer } }: Turn): Promise<void> {
    await this.#deps.timers.schedule(timer)
  }

  async leave({ timer }: Turn): Promise<void> {
    await this.#deps.timers.done(timer)
  }

  nextDue(): Promise<number | undefined> {
    return this.#deps.timers.nextDue(this.topic)
  }

  #isOpen({ booking, status }: Shipment): boolean {
    return booking?.partner === this.#deps.partner && !ENDED.has(status)
  }

  #timerId(shipmentId: string): string {
    return `${this.topic}/${shipmentId}`
  }

  #timer(shipmentId: string, dueAt: number): Timer {
    return { id: this.#timerId(shipmentId), topic: this.topic, dueAt, payload: { shipmentId } }
  }
}
