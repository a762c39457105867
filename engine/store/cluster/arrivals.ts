import { setImmediate as nextTurn } from 'node:timers/promises'
import { MongoBulkWriteError } from 'mongodb'
import { MAX_ITEMS } from '../arguments.ts'
import type { IncomingMessage } from '../incoming.ts'
import type { AppendOutcome, Clock } from '../ports.ts'
import { sameJson } from '../same-json.ts'
import { hashOf, isLarge, isOutside, type LargeBodies, type Outside } from './bodies.ts'
import { byIds } from './by-ids.ts'
import type { Counters } from './counters.ts'
import { type Database, isDuplicate } from './database.ts'
import { type DeliveryRecord, type MessageRecord, newDelivery } from './records.ts'
import type { Subscriptions } from './subscriptions.ts'

type Parts = Pick<MessageRecord, 'headers' | 'payload' | 'raw'>

interface Arriving {
  message: IncomingMessage
  /** As the document will hold them: written outside where they are large. Absent while the message seems to be there already. */
  parts?: Parts
}

interface Batch {
  arriving: Arriving[]
  resolve: (outcomes: AppendOutcome[]) => void
  reject: (error: unknown) => void
}

/**
 * How messages come in. Callers of one moment share the writes: positions are taken, then the deliveries are written, then the
 * messages, and these commit: a delivery without its message is none. Cut before that, nothing was accepted, and whoever claims
 * what was left behind removes it (`Standing`). One command carries all messages of a call, so that a process that dies stores
 * all of them or none; only MongoDB failing inside that command can store a part, and then the call fails and, made again,
 * stores the rest.
 */
export class Arrivals {
  readonly #database: Database
  readonly #clock: Clock
  readonly #counters: Counters
  readonly #subscriptions: Subscriptions
  readonly #bodies: LargeBodies
  readonly #waiting: Batch[] = []
  #storing = false

  constructor(database: Database, clock: Clock, counters: Counters, subscriptions: Subscriptions, bodies: LargeBodies) {
    this.#database = database
    this.#clock = clock
    this.#counters = counters
    this.#subscriptions = subscriptions
    this.#bodies = bodies
  }

  async append(messages: IncomingMessage[]): Promise<AppendOutcome[]> {
    if (messages.length === 0) return []
    const arriving = messages.some(hasLarge)
      ? await this.#unload(messages)
      : messages.map((message) => ({ message, parts: partsOf(message) }))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ arriving, resolve, reject })
      if (!this.#storing) void this.#storeAll()
    })
  }

  /** One batch after the other, each of all that came in meanwhile. */
  async #storeAll(): Promise<void> {
    this.#storing = true
    await nextTurn()
    while (this.#waiting.length > 0) {
      const batches = this.#nextBatches()
      try {
        const outcomes = await this.#store(batches.flatMap(({ arriving }) => arriving))
        let from = 0
        for (const { arriving, resolve } of batches) {
          resolve(outcomes.slice(from, from + arriving.length))
          from += arriving.length
        }
      } catch (error) {
        for (const { reject } of batches) reject(error)
      }
    }
    this.#storing = false
  }

  #nextBatches(): Batch[] {
    let count = 0
    const more = this.#waiting.findIndex(({ arriving }, index) => {
      count += arriving.length
      return index > 0 && count > MAX_ITEMS
    })
    return this.#waiting.splice(0, more === -1 ? this.#waiting.length : more)
  }

  async #store(arriving: Arriving[]): Promise<AppendOutcome[]> {
    const known = new Map<string, MessageRecord>()
    const ids = [...new Set(arriving.map(({ message }) => message.id))]
    for (const record of await byIds(this.#messages, ids)) known.set(record._id, record)
    const fresh = new Map<string, Arriving>()
    for (const one of arriving) {
      const { id } = one.message
      if (!known.has(id) && !fresh.has(id)) fresh.set(id, one)
    }
    const stored = new Set<Arriving>()
    for (let left = [...fresh.values()]; left.length > 0; ) left = await this.#insert(left, stored, known)
    // "Present" is said of what stays; the writes of new messages have seen to that.
    if (stored.size === 0) await this.#database.settled()
    return Promise.all(
      arriving.map(async (one) => {
        if (stored.has(one)) return 'stored'
        await this.#bodies.remove(one.parts ?? {})
        return (await this.#isSame(known.get(one.message.id)!, one.message)) ? 'present' : 'conflict'
      }),
    )
  }

  /** Stores what is not there; gives those back whose position was taken away meanwhile: they had seemed to be given up. */
  async #insert(fresh: Arriving[], stored: Set<Arriving>, known: Map<string, MessageRecord>): Promise<Arriving[]> {
    const channels = [...new Set(fresh.map(({ message }) => message.channel))]
    const [subscriptions, first] = await Promise.all([
      this.#subscriptions.of(channels),
      this.#counters.next('seq', fresh.length),
    ])
    const now = this.#clock.now()
    const records: MessageRecord[] = []
    const deliveries: DeliveryRecord[] = []
    for (const one of fresh) {
      one.parts ??= await this.#outside(one.message)
      const { id, channel, key, partner, correlationId } = one.message
      const subject = { channel, key, partner, correlationId, seq: first + records.length, acceptedAt: now }
      const mine = subscriptions.filter((subscription) => subscription.channel === channel)
      for (const { number } of mine) deliveries.push(newDelivery({ id, ...subject }, number, 0, now))
      const unclaimed = mine.length === 0 ? { unclaimedIn: channel } : {}
      records.push({ _id: id, ...subject, ...one.parts, ...unclaimed, revision: 0 })
    }
    if (deliveries.length > 0) await this.#deliveries.insertMany(deliveries, { ordered: false })
    const refused = await this.#commit(records)
    for (const [index, one] of fresh.entries()) {
      if (refused.has(index)) continue
      stored.add(one)
      known.set(one.message.id, records[index]!)
    }
    if (refused.size === 0) return []
    const lost = [...refused].map((index) => records[index]!)
    await this.#deliveries.deleteMany({ seq: { $in: lost.map(({ seq }) => seq) } })
    for (const record of await byIds(
      this.#messages,
      lost.map(({ _id }) => _id),
    ))
      known.set(record._id, record)
    return fresh.filter(({ message }) => !known.has(message.id))
  }

  /** Writes the messages; gives the places of those whose id or position is taken. */
  async #commit(records: MessageRecord[]): Promise<Set<number>> {
    try {
      await this.#messages.insertMany(records, { ordered: false })
      return new Set()
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error
      const failed = [error.writeErrors].flat()
      // The driver wraps a broken connection in the same class, without a single write error: nobody knows what was stored then.
      if (failed.length === 0) throw error
      if (!failed.every((one) => one.code === error.code && isDuplicate(error))) throw error
      return new Set(failed.map(({ index }) => index))
    }
  }

  /** Writes large parts outside before their turn comes, so that nobody waits for them; not those of a repetition. */
  async #unload(messages: IncomingMessage[]): Promise<Arriving[]> {
    const large = messages.filter(hasLarge).map(({ id }) => id)
    const there = new Set((await byIds(this.#messages, large)).map(({ _id }) => _id))
    return Promise.all(
      messages.map(async (message) =>
        there.has(message.id) ? { message } : { message, parts: await this.#outside(message) },
      ),
    )
  }

  async #outside(message: IncomingMessage): Promise<Parts> {
    const owner = { collection: 'messages', id: message.id } as const
    const now = this.#clock.now()
    const [headers, payload, raw] = await Promise.all([
      this.#bodies.keep(message.headers, owner, now),
      this.#bodies.keep(message.payload, owner, now),
      message.raw && this.#bodies.keep(message.raw, owner, now),
    ])
    return { headers, payload, ...(raw && { raw: stored(raw) }) }
  }

  /** Headers and correlation id may differ between two sendings of the same thing: they are not content. */
  async #isSame(record: MessageRecord, message: IncomingMessage): Promise<boolean> {
    if (record.channel !== message.channel || record.key !== message.key) return false
    const raw = message.raw ?? new Uint8Array()
    if (record.raw === undefined || !isOutside(record.raw)) {
      const kept = record.raw === undefined ? new Uint8Array() : await this.#bodies.bytes(record.raw)
      if (Buffer.compare(kept, raw) !== 0) return false
    } else if (record.raw.hash !== hashOf(raw)) return false
    if (isOutside(record.payload) && record.payload.hash === hashOf(message.payload)) return true
    return sameJson(await this.#bodies.text(record.payload), message.payload)
  }

  get #messages() {
    return this.#database.collection<MessageRecord>('messages')
  }

  get #deliveries() {
    return this.#database.collection<DeliveryRecord>('deliveries')
  }
}

function hasLarge({ headers, payload, raw }: IncomingMessage): boolean {
  return isLarge(headers) || isLarge(payload) || (raw !== undefined && isLarge(raw))
}

function partsOf({ headers, payload, raw }: IncomingMessage): Parts {
  return { headers, payload, ...(raw && { raw: stored(raw) }) }
}

/** Bytes as the driver writes them as bytes. */
function stored(raw: Uint8Array | Outside): Uint8Array | Outside {
  return isOutside(raw) ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
}
