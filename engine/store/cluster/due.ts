import type { Filter } from 'mongodb'
import type { Clock } from '../ports.ts'
import { Choice, type Pool } from './choice.ts'
import type { Database } from './database.ts'
import type { HeldPartners } from './held-partners.ts'
import type { Lanes } from './lanes.ts'
import type { DeliveryRecord } from './records.ts'
import { Rota } from './rota.ts'
import type { Subscription } from './subscriptions.ts'

/** Ready deliveries that are read at once, whoever's they are. When there are more, each partner's are asked for. */
const FEW = 64

/** What is due of a subscription, partner by partner. */
export class Due {
  readonly #database: Database
  readonly #clock: Clock
  readonly #held: HeldPartners
  readonly #lanes: Lanes
  readonly #rota = new Rota()
  /** Subscriptions in which more was ready the last time than is read at once. */
  readonly #crowded = new Set<number>()

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
    if (await this.#isEmpty(number)) {
      this.#rota.forget(number)
      this.#crowded.delete(number)
      return []
    }
    const held = [...(await this.#held.all()), ...leftOut]
    const pool = await this.#pool(number, held, limit + except.size)
    const choice = new Choice(subscription, this.#lanes, pool, except)
    const served: string[] = []
    let waiting = this.#rota.inTurn(number, pool.partners)
    while (waiting.length > 0 && choice.made.length < limit) {
      const share = Math.max(1, Math.floor((limit - choice.made.length) / waiting.length))
      const more: string[] = []
      for (const partner of waiting) {
        const wanted = Math.min(share, limit - choice.made.length)
        if (wanted === 0) break
        const found = await choice.take(partner, wanted)
        if (found > 0) served.push(partner)
        if (found === wanted) more.push(partner)
      }
      waiting = more
    }
    this.#rota.hadTurn(number, served)
    if (choice.made.length < limit) this.#crowded.delete(number)
    return choice.made
  }

  /** When the next one is due. */
  async next({ number }: Subscription): Promise<number | undefined> {
    if (await this.#isEmpty(number)) return undefined
    const open = { subscription: number, partner: { $nin: await this.#held.all() } }
    const [ready, [timed]] = await Promise.all([
      this.#deliveries.findOne({ ...open, state: 'ready' }, { hint: 'ready-of-partner' }),
      this.#deliveries
        .find({ ...open, state: { $in: ['scheduled', 'leased'] } })
        .hint('timed')
        .sort({ due: 1 })
        .limit(1)
        .toArray(),
    ])
    return ready ? this.#clock.now() : timed?.due
  }

  /** Asked first: most subscriptions have nothing to do, and look for it every few seconds in every process. */
  async #isEmpty(subscription: number): Promise<boolean> {
    const open = { subscription, state: { $in: ['ready', 'scheduled', 'leased'] as DeliveryRecord['state'][] } }
    return (await this.#deliveries.findOne(open, { hint: 'timed', projection: { _id: 1 } })) === null
  }

  async #pool(subscription: number, held: string[], limit: number): Promise<Pool> {
    const open = { subscription, partner: { $nin: held } }
    const lapsed = await this.#lapsed(open, limit)
    // A page of all would have to pass by everything that a held partner has in store.
    const apart = held.length > 0 || this.#crowded.has(subscription)
    const page = apart ? undefined : await this.#page(subscription, limit + FEW)
    const partners =
      page?.map(({ partner }) => partner) ?? (await this.#deliveries.distinct('partner', { ...open, state: 'ready' }))
    const readyOf = async (partner: string, count: number) =>
      page?.filter((one) => one.partner === partner) ?? this.#oldest(subscription, partner, count)
    return {
      partners: [...new Set([...partners, ...lapsed.map(({ partner }) => partner)])],
      of: async (partner, count) =>
        [...(await readyOf(partner, count)), ...lapsed.filter((one) => one.partner === partner)].sort(
          (one, other) => one.seq - other.seq,
        ),
    }
  }

  /** Everything that is ready, when it is less than `most`. */
  async #page(subscription: number, most: number): Promise<DeliveryRecord[] | undefined> {
    const ready = this.#deliveries.find({ subscription, state: 'ready' }).hint('oldest')
    const page = await ready.sort({ seq: 1 }).limit(most).toArray()
    if (page.length < most) return page
    this.#crowded.add(subscription)
    return undefined
  }

  #oldest(subscription: number, partner: string, count: number): Promise<DeliveryRecord[]> {
    const ready = this.#deliveries.find({ subscription, state: 'ready', partner }).hint('ready-of-partner')
    return ready.sort({ seq: 1 }).limit(count).toArray()
  }

  /**
   * Lapsed leases. Deliveries whose time has come are made as ready as any other, all at once and whoever is held: later they are
   * not to be passed by.
   */
  async #lapsed(open: { subscription: number; partner: { $nin: string[] } }, limit: number): Promise<DeliveryRecord[]> {
    const { subscription } = open
    const over = { due: { $lte: this.#clock.now() } }
    const find = (filter: Filter<DeliveryRecord>) =>
      this.#deliveries.find(filter).hint('timed').sort({ due: 1 }).limit(limit).toArray()
    const timed =
      open.partner.$nin.length === 0
        ? await find({ subscription, state: { $in: ['scheduled', 'leased'] }, ...over })
        : [
            ...(await find({ subscription, state: 'scheduled', ...over })),
            ...(await find({ ...open, state: 'leased', ...over })),
          ]
    if (timed.some(({ state }) => state === 'scheduled'))
      await this.#deliveries.updateMany({ subscription, state: 'scheduled', ...over }, { $set: { state: 'ready' } })
    return timed.filter(({ state }) => state === 'leased')
  }

  get #deliveries() {
    return this.#database.collection<DeliveryRecord>('deliveries')
  }
}
