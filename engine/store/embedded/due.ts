import type { Database } from './database.ts'
import type { HeldPartners } from './held-partners.ts'
import { isBehind, State, type Subscription } from './lanes.ts'
import type { Tally } from './tally.ts'
import type { Transaction } from './writer.ts'

/** An open delivery that may be claimed now. */
export interface Candidate {
  seq: number
  lane: string | null
  state: number
  partner: string
}

/** What is due of a subscription, partner by partner. */
export class Due {
  readonly #database: Database
  readonly #tally: Tally
  readonly #held: HeldPartners

  constructor(database: Database, tally: Tally, held: HeldPartners) {
    this.#database = database
    this.#tally = tally
    this.#held = held
  }

  /** Up to `limit` deliveries in the order of `seq`: partners take turns until nothing is due or the limit is reached. */
  choose(
    transaction: Transaction,
    subscription: Subscription,
    limit: number,
    now: number,
    except: ReadonlySet<string>,
  ): Candidate[] {
    const chosen = new Map<number, Candidate>()
    const served: string[] = []
    let waiting = this.#partners(subscription).filter((partner) => !except.has(partner))
    while (waiting.length > 0 && chosen.size < limit) {
      const share = Math.max(1, Math.floor((limit - chosen.size) / waiting.length))
      const more: string[] = []
      for (const partner of waiting) {
        const wanted = Math.min(share, limit - chosen.size)
        if (wanted === 0) break
        const found = this.#oldest(transaction, subscription, partner, now, wanted, chosen)
        for (const candidate of found) chosen.set(candidate.seq, candidate)
        if (found.length > 0) served.push(partner)
        if (found.length === wanted) more.push(partner)
      }
      waiting = more
    }
    this.#tally.hadTurn(transaction, subscription.id, served)
    return [...chosen.values()].sort((one, other) => one.seq - other.seq)
  }

  /** When the next one is due; `now` for any that is due already. */
  next(subscription: Subscription, now: number): number | undefined {
    let next: number | undefined
    for (const partner of this.#partners(subscription)) {
      const ready = this.#database.get(
        `SELECT 1 FROM deliveries INDEXED BY deliveries_ready
         WHERE subscription = ? AND partner = ? AND state = ${State.ready} LIMIT 1`,
        subscription.id,
        partner,
      )
      if (ready) return now
      const timed = this.#database.get<{ due: number }>(
        `SELECT due_at AS due FROM deliveries INDEXED BY deliveries_timed
         WHERE subscription = ? AND partner = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1`,
        subscription.id,
        partner,
      )
      if (timed && timed.due < (next ?? Number.POSITIVE_INFINITY)) next = timed.due
    }
    return next
  }

  /** Acceptance time of the oldest open delivery, held or not. */
  oldestAt(subscription: number): number | undefined {
    const firsts = this.#tally.partners(subscription).map(
      (partner) =>
        this.#database.get<{ seq: number | null }>(
          `SELECT min(seq) AS seq FROM (
             SELECT min(seq) AS seq FROM deliveries INDEXED BY deliveries_ready
               WHERE subscription = ?1 AND partner = ?2 AND state = ${State.ready}
             UNION ALL
             SELECT min(seq) FROM deliveries INDEXED BY deliveries_timed
               WHERE subscription = ?1 AND partner = ?2 AND due_at IS NOT NULL)`,
          subscription,
          partner,
        )?.seq ?? Number.POSITIVE_INFINITY,
    )
    const oldest = Math.min(...firsts)
    if (!Number.isFinite(oldest)) return undefined
    return this.#database.get<{ at: number }>('SELECT accepted_at AS at FROM messages WHERE seq = ?', oldest)?.at
  }

  #partners(subscription: Subscription): string[] {
    return this.#tally.partners(subscription.id).filter((partner) => !this.#held.has(partner))
  }

  #oldest(
    transaction: Transaction,
    subscription: Subscription,
    partner: string,
    now: number,
    wanted: number,
    chosen: Map<number, Candidate>,
  ): Candidate[] {
    // Those chosen in an earlier round are seen again: nothing is claimed before all are chosen.
    const limit = wanted + chosen.size
    const ready = this.#database.all<Candidate>(
      `SELECT seq, lane, state, partner FROM deliveries INDEXED BY deliveries_ready
       WHERE subscription = ? AND partner = ? AND state = ${State.ready} ORDER BY seq LIMIT ?`,
      subscription.id,
      partner,
      limit,
    )
    const timed = this.#database
      .all<Candidate>(
        `SELECT seq, lane, state, partner FROM deliveries INDEXED BY deliveries_timed
         WHERE subscription = ? AND partner = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?`,
        subscription.id,
        partner,
        now,
        limit,
      )
      .filter((candidate) => !this.#stepsBack(transaction, subscription, candidate))
    const due = timed.length === 0 ? ready : [...ready, ...timed].sort((one, other) => one.seq - other.seq)
    return due.filter(({ seq }) => !chosen.has(seq)).slice(0, wanted)
  }

  /** A lapsed lease in a lane whose earlier message was put back to work meanwhile: it waits its turn again. */
  #stepsBack(transaction: Transaction, subscription: Subscription, { seq, lane, state, partner }: Candidate): boolean {
    if (lane === null || !isBehind(this.#database, subscription.id, lane, seq)) return false
    this.#database.run(
      `UPDATE deliveries SET state = ${State.blocked}, due_at = NULL WHERE seq = ? AND subscription = ?`,
      seq,
      subscription.id,
    )
    if (state === State.leased) this.#tally.move(transaction, subscription.id, partner, { leased: -1, waiting: 1 })
    return true
  }
}
