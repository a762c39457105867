import type { LargeBodies } from './bodies.ts'
import type { Database } from './database.ts'
import type { DeliveryRecord, MessageRecord } from './records.ts'

/** Messages looked at in one step, and in one call. */
const STEP = 500
const MOST_LOOKS = 20_000

interface Place {
  acceptedAt: number
  seq: number
}

const START: Place = { acceptedAt: -1, seq: -1 }

/**
 * Deletes old messages that no delivery holds. It walks through them by their age, a stretch per call, and begins again at the
 * end: what dead letters hold for long is passed by once in a round. A message that is given anew at the same moment has
 * another revision then, and stays.
 */
export class Purge {
  readonly #database: Database
  readonly #bodies: LargeBodies
  #from = START

  constructor(database: Database, bodies: LargeBodies) {
    this.#database = database
    this.#bodies = bodies
  }

  async run(before: number, limit: number): Promise<number> {
    const startedFrom = this.#from
    let deleted = 0
    let wrapped = startedFrom === START
    for (let looks = 0; deleted < limit && looks < MOST_LOOKS; ) {
      const found = await this.#after(this.#from, before)
      looks += Math.max(1, found.length)
      const free = (await this.#free(found)).slice(0, limit - deleted)
      deleted += await this.#delete(free)
      const last = deleted < limit ? found.at(-1) : free.at(-1)
      if (found.length === STEP && last) this.#from = last
      else if (deleted < limit) {
        this.#from = START
        if (wrapped) break
        wrapped = true
      }
    }
    return deleted
  }

  #after({ acceptedAt, seq }: Place, before: number): Promise<MessageRecord[]> {
    const beyond = [{ acceptedAt: { $gt: acceptedAt } }, { acceptedAt, seq: { $gt: seq } }]
    return this.#messages
      .find({ acceptedAt: { $gte: acceptedAt, $lt: before }, $or: beyond })
      .project<MessageRecord>({ seq: 1, acceptedAt: 1, revision: 1, unclaimedIn: 1 })
      .sort({ acceptedAt: 1, seq: 1 })
      .limit(STEP)
      .toArray()
  }

  async #free(messages: MessageRecord[]): Promise<MessageRecord[]> {
    if (messages.length === 0) return []
    const seqs = messages.map(({ seq }) => seq)
    const held = new Set(
      await this.#database.collection<DeliveryRecord>('deliveries').distinct('seq', { seq: { $in: seqs } }),
    )
    return messages.filter(({ seq, unclaimedIn }) => !held.has(seq) && unclaimedIn === undefined)
  }

  async #delete(messages: MessageRecord[]): Promise<number> {
    const gone = await Promise.all(
      messages.map(({ _id, seq, revision }) => this.#messages.findOneAndDelete({ _id, seq, revision })),
    )
    const deleted = gone.filter((one) => one !== null)
    for (const record of deleted) await this.#bodies.remove(record)
    return deleted.length
  }

  get #messages() {
    return this.#database.collection<MessageRecord>('messages')
  }
}
