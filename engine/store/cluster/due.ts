import type { Clock } from '../ports.ts'
import type { Database } from './database.ts'
import type { HeldPartners } from './held-partners.ts'
import type { Lanes } from './lanes.ts'
import type { DeliveryRecord } from './records.ts'
import { Rota } from './rota.ts'
import type { Subscription } from './subscriptions.ts'

const EARLIEST = { seq: 1 } as const

/** What is due of a subscription, partner by partner. */
export class Due {
  readonly #database: Database
  readonly #clock: Clock
  readonly #held: HeldPartners
  readonly #lanes: Lanes
  readonly #rota = new Rota()

  constructor(database: Database, clock: Clock, held: HeldPartners, lanes: Lanes) {
    this.#database = database
    this.#clock = clock
    this.#held = held
    this.#lanes = lanes
  }

  /**
   * Up to `limit` deliveries that may be claimed, without those of `except` and of the partners `leftOut`: partners take turns until
   * nothing is due.
   */
  async choose(
    subscription: Subscription,
    limit: number,
    except: Set<string>,
    leftOut: string[],
  ): Promise<DeliveryRecord[]> {
    const { number } = subscription
    const [paused] = await Promise.all([this.#held.all(), this.#wakeScheduled(number)])
    const held = [...paused, ...leftOut]
    const [lapsed, ready] = await Promise.all([
      this.#lapsed(number, held, limit + except.size),
      this.#deliveries.distinct('partner', { subscription: number, state: 'ready', partner: { $nin: held } }),
    ])
    const chosen = new Map<string, DeliveryRecord>()
    const served: string[] = []
    let waiting = this.#rota.inTurn(number, [...new Set([...ready, ...lapsed.map(({ partner }) => partner)])])
    while (waiting.length > 0 && chosen.size < limit) {
      const share = Math.max(1, Math.floor((limit - chosen.size) / waiting.length))
      const more: string[] = []
      for (const partner of waiting) {
        const wanted = Math.min(share, limit - chosen.size)
        if (wanted === 0) break
        const theirs = lapsed.filter((one) => one.partner === partner)
        const found = await this.#oldest(subscription, partner, theirs, wanted, new Set([...except, ...chosen.keys()]))
        for (const candidate of found) chosen.set(candidate._id, candidate)
        if (found.length > 0) served.push(partner)
        if (found.length === wanted) more.push(partner)
      }
      waiting = more
    }
    this.#rota.hadTurn(number, served)
    return [...chosen.values()]
  }

  /** When the next one is due. */
  async next({ number }: Subscription): Promise<number | undefined> {
    const held = await this.#held.all()
    const open = { subscription: number, partner: { $nin: held } }
    const [ready, [timed]] = await Promise.all([
      this.#deliveries.findOne({ ...open, state: 'ready' }),
      this.#deliveries
        .find({ ...open, state: { $in: ['scheduled', 'leased'] } })
        .sort({ due: 1 })
        .limit(1)
        .toArray(),
    ])
    return ready ? this.#clock.now() : timed?.due
  }

  /** Those whose time has come are as ready as any other; all at once, since that takes one look and at most one write. */
  async #wakeScheduled(subscription: number): Promise<void> {
    const due = { subscription, state: 'scheduled' as const, due: { $lte: this.#clock.now() } }
    if (await this.#deliveries.findOne(due)) await this.#deliveries.updateMany(due, { $set: { state: 'ready' } })
  }

  #lapsed(subscription: number, held: string[], limit: number): Promise<DeliveryRecord[]> {
    return this.#deliveries
      .find({ subscription, state: 'leased', due: { $lte: this.#clock.now() }, partner: { $nin: held } })
      .sort({ due: 1 })
      .limit(limit)
      .toArray()
  }

  /** The oldest of one partner; in an ordered subscription those that are first in their lanes. */
  async #oldest(
    { number, ordered }: Subscription,
    partner: string,
    lapsed: DeliveryRecord[],
    wanted: number,
    except: Set<string>,
  ): Promise<DeliveryRecord[]> {
    for (;;) {
      const limit = wanted + except.size
      const ready = await this.#deliveries
        .find({ subscription: number, state: 'ready', partner })
        .sort(EARLIEST)
        .limit(limit)
        .toArray()
      const due = [...ready, ...lapsed]
        .filter(({ _id }) => !except.has(_id))
        .sort((one, other) => one.seq - other.seq)
        .slice(0, wanted)
      if (!ordered) return due
      const free: DeliveryRecord[] = []
      for (const candidate of due) {
        if (await this.#lanes.mayGo(candidate)) free.push(candidate)
        else except.add(candidate._id)
      }
      if (free.length === due.length || due.length < wanted) return free
      // Some are blocked now: behind them there may be others that are not.
    }
  }

  get #deliveries() {
    return this.#database.collection<DeliveryRecord>('deliveries')
  }
}
