import type { Clock } from '../ports.ts'
import { type Database, isDuplicate } from './database.ts'
import { type DeliveryRecord, livingLife, type MessageRecord, type VoidRecord } from './records.ts'

/** How long whoever wrote a delivery has to commit it before another may decide that it never will, milliseconds. */
const PATIENCE_MS = 5_000

/**
 * Whether a delivery counts. `early`: its message, or this life of it, is not committed yet. `never`: it will not be; that is
 * made sure of before it is said, so that a writer who was frozen meanwhile commits nothing whose delivery is gone.
 */
export type Verdict = 'counts' | 'early' | 'never'

export class Standing {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async judge(delivery: DeliveryRecord, message: MessageRecord | undefined): Promise<Verdict> {
    const mine = message?.seq === delivery.seq ? message : undefined
    const living = mine && livingLife(mine, delivery.subscription)
    if (living === delivery.life) return 'counts'
    if (this.#clock.now() - delivery.madeAt < PATIENCE_MS) return 'early'
    const fenced =
      delivery.life === 0 ? mine !== undefined || (await this.#take(delivery.seq)) : await this.#fence(delivery, mine)
    return fenced ? 'never' : 'early'
  }

  /** Takes the position of a message that was never stored. False when it is stored after all. */
  async #take(seq: number): Promise<boolean> {
    const messages = this.#database.collection<VoidRecord>('messages')
    try {
      await messages.insertOne({ _id: seq, seq })
      return true
    } catch (error) {
      if (!isDuplicate(error)) throw error
      return (await messages.findOne({ _id: seq })) !== null
    }
  }

  /** Makes the commit of a later life fail. False when the message was changed meanwhile: it is to be looked at again. */
  async #fence({ subscription, life }: DeliveryRecord, message: MessageRecord | undefined): Promise<boolean> {
    if (!message || livingLife(message, subscription) > life) return true
    const { _id, seq, revision } = message
    const messages = this.#database.collection<MessageRecord>('messages')
    return (await messages.updateOne({ _id, seq, revision }, { $inc: { revision: 1 } })).matchedCount > 0
  }
}
