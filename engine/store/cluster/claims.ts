import { CartageError } from '../../errors.ts'
import { stale } from '../failures.ts'
import type { Clock, Delivery } from '../ports.ts'
import type { LargeBodies } from './bodies.ts'
import type { Database } from './database.ts'
import type { Due } from './due.ts'
import type { Lanes } from './lanes.ts'
import { type DeliveryRecord, deliveryId, lifeOf, type MessageRecord, toDelivery } from './records.ts'
import type { Standing } from './standing.ts'
import type { Subscription, Subscriptions } from './subscriptions.ts'
import { Turns } from './turns.ts'

/** A delivery that is not committed yet is looked at again after this long, milliseconds. */
const EARLY_MS = 20
/** Rounds of one claim: in each, other processes may have taken all that was chosen. */
const MOST_ROUNDS = 50

/** Leases: taking them, and ending them in whatever way. Each is one update of one delivery. */
export class Claims {
  readonly #database: Database
  readonly #clock: Clock
  readonly #subscriptions: Subscriptions
  readonly #bodies: LargeBodies
  readonly #due: Due
  readonly #lanes: Lanes
  readonly #standing: Standing
  /** Claims of one subscription in this process do not race each other. */
  readonly #turns = new Turns()

  constructor(
    deps: { database: Database; clock: Clock; subscriptions: Subscriptions; bodies: LargeBodies },
    due: Due,
    lanes: Lanes,
    standing: Standing,
  ) {
    this.#database = deps.database
    this.#clock = deps.clock
    this.#subscriptions = deps.subscriptions
    this.#bodies = deps.bodies
    this.#due = due
    this.#lanes = lanes
    this.#standing = standing
  }

  async claim(subscription: string, limit: number, leaseMs: number, leftOut: string[]): Promise<Delivery[]> {
    return this.#turns.take(subscription, async () => {
      const known = await this.#subscriptions.get(subscription)
      if (!known) return []
      const claimed = await this.#claim(known, limit, leaseMs, leftOut)
      return claimed.sort((one, other) => one.message.seq - other.message.seq)
    })
  }

  async extend(delivery: Delivery, leaseMs: number): Promise<number> {
    const due = this.#clock.now() + leaseMs
    const { matchedCount } = await this.#deliveries.updateOne(await this.#held(delivery), { $set: { due } })
    if (matchedCount === 0) throw staleLease(delivery)
    return due
  }

  async settle(delivery: Delivery): Promise<void> {
    const record = await this.#deliveries.findOneAndDelete(await this.#held(delivery))
    if (!record) throw staleLease(delivery)
    await this.#bodies.remove(record)
    await this.#left(delivery, record)
  }

  async retry(delivery: Delivery, at: number, failure: string): Promise<void> {
    const state = at > this.#clock.now() ? 'scheduled' : 'ready'
    const { matchedCount } = await this.#deliveries.updateOne(await this.#held(delivery), {
      $set: { state, due: at, failure },
    })
    if (matchedCount === 0) throw staleLease(delivery)
  }

  async giveBack(delivery: Delivery): Promise<void> {
    const held = await this.#held(delivery)
    if (!(await this.#untouched(held, 'ready', 0))) throw staleLease(delivery)
  }

  async bury(delivery: Delivery, change: Partial<DeliveryRecord>): Promise<void> {
    const record = await this.#deliveries.findOneAndUpdate(await this.#held(delivery), {
      $set: { ...change, state: 'dead' },
    })
    if (!record) throw staleLease(delivery)
    await this.#left(delivery, record)
  }

  async #claim(subscription: Subscription, limit: number, leaseMs: number, leftOut: string[]): Promise<Delivery[]> {
    const claimed: Delivery[] = []
    const seen = new Set<string>()
    for (let round = 0; round < MOST_ROUNDS && claimed.length < limit; round++) {
      const wanted = limit - claimed.length
      const chosen = await this.#due.choose(subscription, wanted, seen, leftOut)
      const leased = (await Promise.all(chosen.map((one) => this.#lease(one, leaseMs)))).filter(
        (one) => one !== undefined,
      )
      for (const { _id } of leased) seen.add(_id)
      const given = await Promise.all(leased.map((one) => this.#give(one, subscription)))
      claimed.push(...given.filter((one) => one !== undefined))
      if (
        chosen.length === 0 ||
        (chosen.length < wanted && claimed.length === seen.size && leased.length === chosen.length)
      )
        break
    }
    return claimed
  }

  /** Undefined when another was faster. */
  async #lease(candidate: DeliveryRecord, leaseMs: number): Promise<DeliveryRecord | undefined> {
    const { _id, state, token, due } = candidate
    const now = this.#clock.now()
    const record = await this.#deliveries.findOneAndUpdate(
      { _id, state, token, ...(state === 'leased' && { due }) },
      {
        $set: { state: 'leased', due: now + leaseMs, firstAt: candidate.firstAt ?? now },
        $inc: { attempt: 1, token: 1 },
      },
      { returnDocument: 'after' },
    )
    return record ?? undefined
  }

  /** The leased delivery with its message; undefined when it does not count, or not yet. */
  async #give(record: DeliveryRecord, subscription: Subscription): Promise<Delivery | undefined> {
    const { _id, token, messageId } = record
    const message =
      (await this.#database.collection<MessageRecord>('messages').findOne({ _id: messageId })) ?? undefined
    const verdict = await this.#standing.judge(record, message)
    if (verdict === 'early')
      await this.#untouched({ _id, token, state: 'leased' }, 'scheduled', this.#clock.now() + EARLY_MS)
    if (verdict === 'never') {
      await this.#deliveries.deleteOne({ _id, token })
      await this.#lanes.advance(record.subscription, record.key)
    }
    if (verdict !== 'counts') return undefined
    try {
      return toDelivery(record, subscription._id, await this.#bodies.given(message!, record.payload))
    } catch (error) {
      if (!(error instanceof CartageError)) throw error
      // One that cannot be read must not hold up its neighbours; it comes again when its lease lapses.
      process.emitWarning(`message ${messageId}: ${error.message}`, { type: 'StoreDamage' })
      return undefined
    }
  }

  /** Gives a lease up as if it had never been taken. */
  async #untouched(held: Held, state: 'ready' | 'scheduled', due: number): Promise<boolean> {
    const back = { $set: { state, due }, $inc: { attempt: -1 } }
    const first = { ...back, $unset: { firstAt: 1 as const } }
    if ((await this.#deliveries.updateOne({ ...held, attempt: 1 }, first)).matchedCount > 0) return true
    return (await this.#deliveries.updateOne({ ...held, attempt: { $gt: 1 } }, back)).matchedCount > 0
  }

  /** What follows in its lane may go. */
  async #left({ subscription }: Delivery, { subscription: number, key }: DeliveryRecord): Promise<void> {
    const known = await this.#subscriptions.lastRead(subscription)
    if (known?.ordered) await this.#lanes.advance(number, key)
  }

  /** The filter for a delivery under the lease that the caller holds: a copy, taken when the call is made. */
  async #held({ subscription, message, token }: Delivery): Promise<Held> {
    const { seq } = message
    const known = await this.#subscriptions.lastRead(String(subscription))
    if (!known || !Number.isSafeInteger(token) || !Number.isSafeInteger(seq))
      throw stale(`The delivery of message ${message.id}`)
    return { _id: deliveryId(known.number, seq, lifeOf(token)), token, state: 'leased' }
  }

  get #deliveries() {
    return this.#database.collection<DeliveryRecord>('deliveries')
  }
}

interface Held {
  _id: string
  token: number
  state: 'leased'
}

const staleLease = ({ message }: Delivery) => stale(`The delivery of message ${message.id}`)
