import type { Clock } from '../ports.ts'
import type { Database } from './database.ts'
import { type DeliveryRecord, OPEN } from './records.ts'
import type { Subscription } from './subscriptions.ts'

// A lane holds the open deliveries of one key in one ordered subscription; only its earliest may be claimed. Whoever claims
// looks. That the others are `blocked` is a note that spares the next claim the look, however many wait behind one stuck
// shipment: `advance` takes it from the earliest, after any end in the lane and after every block. A process that dies before
// its `advance` leaves a lane standing until the sweeper comes by.

/** Blocked deliveries that the sweeper looks at in one go. */
const STRETCH = 200

/** The order of deliveries with the same key. */
export class Lanes {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** The earliest open delivery of a lane. */
  async first(subscription: number, key: string): Promise<DeliveryRecord | undefined> {
    const [first] = await this.#deliveries
      .find({ subscription, key, state: { $in: OPEN } })
      .hint('lane')
      .sort({ seq: 1 })
      .limit(1)
      .toArray()
    return first
  }

  /** Whether this one may be claimed; when it may not, it and all that wait behind it are noted as blocked. */
  async mayGo(candidate: DeliveryRecord): Promise<boolean> {
    const { subscription, key, seq, _id, token, due } = candidate
    const first = await this.first(subscription, key)
    if (!first || first.seq >= seq) return true
    const behind = { subscription, key, seq: { $gt: first.seq } }
    await this.#deliveries.updateMany({ ...behind, state: { $in: ['ready', 'scheduled'] } }, BLOCKED)
    // A lapsed lease in a lane whose earlier message was put back to work meanwhile.
    if (candidate.state === 'leased') await this.#deliveries.updateOne({ _id, token, state: 'leased', due }, BLOCKED)
    await this.advance(subscription, key)
    return false
  }

  /** Lets the earliest of a lane go. */
  async advance(subscription: number, key: string): Promise<void> {
    const first = await this.first(subscription, key)
    if (first?.state !== 'blocked') return
    const state = first.due > this.#clock.now() ? 'scheduled' : 'ready'
    await this.#deliveries.updateOne({ _id: first._id, state: 'blocked' }, { $set: { state } })
  }

  /** Ends all blocking of a subscription that is not ordered any more. */
  async dissolve(subscription: number): Promise<void> {
    const later = { due: { $gt: this.#clock.now() } }
    await this.#deliveries.updateMany({ subscription, state: 'blocked', ...later }, { $set: { state: 'scheduled' } })
    await this.#deliveries.updateMany({ subscription, state: 'blocked' }, { $set: { state: 'ready' } })
  }

  /** Looks at some blocked deliveries after `seq` and lets those go that nothing is before; gives how far it came. */
  async sweep({ number: subscription, ordered }: Subscription, after: number): Promise<number> {
    const blocked = await this.#deliveries
      .find({ subscription, state: 'blocked', seq: { $gt: after } })
      .project<{ key: string; seq: number }>({ key: 1, seq: 1 })
      .sort({ seq: 1 })
      .limit(STRETCH)
      .toArray()
    if (ordered) for (const key of new Set(blocked.map((one) => one.key))) await this.advance(subscription, key)
    else if (blocked.length > 0) await this.dissolve(subscription)
    return blocked.length < STRETCH ? 0 : blocked.at(-1)!.seq
  }

  get #deliveries() {
    return this.#database.collection<DeliveryRecord>('deliveries')
  }
}

const BLOCKED = { $set: { state: 'blocked' as const } }
