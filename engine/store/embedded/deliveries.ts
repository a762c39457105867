import { stale } from '../failures.ts'
import type { Clock, Delivery, FailureReport } from '../ports.ts'
import type { Database } from './database.ts'
import { blockBehind, isBehind, State, type Subscription, unblockFirst } from './lanes.ts'
import { messageBySeq, toMessage } from './message-rows.ts'
import type { Tally } from './tally.ts'
import type { Transaction } from './writer.ts'

/** Who holds a lease on what: a copy, taken when the call is made. */
export interface Lease {
  seq: number
  messageId: string
  token: number
}

export function leaseOf({ message, token }: Delivery): Lease {
  return { seq: message.seq, messageId: message.id, token }
}

/** What stays of a delivery that leaves the open ones without being settled. */
export interface TakenDelivery {
  seq: number
  attempts: number
  token: number
  firstAt: number
  payload: string | null
}

interface Candidate {
  seq: number
  lane: string | null
  state: number
}

interface ClaimedRow {
  attempt: number
  token: number
  firstClaimedAt: number
  payload: string | null
  failure: string | null
}

/** The open deliveries: each function is one atomic step inside the writer's transaction. */
export class Deliveries {
  readonly #database: Database
  readonly #clock: Clock
  readonly #tally: Tally

  constructor(database: Database, clock: Clock, tally: Tally) {
    this.#database = database
    this.#clock = clock
    this.#tally = tally
  }

  /** A new message for one subscription. */
  add(transaction: Transaction, subscription: Subscription, seq: number, key: string): void {
    const lane = subscription.ordered ? key : null
    const blocked = lane !== null && isBehind(this.#database, subscription.id, lane, seq)
    this.#database.run(
      'INSERT INTO deliveries (seq, subscription, state, lane) VALUES (?, ?, ?, ?)',
      seq,
      subscription.id,
      blocked ? State.blocked : State.ready,
      lane,
    )
    this.#tally.move(transaction, subscription.id, { waiting: 1 })
  }

  claim(transaction: Transaction, subscription: Subscription, limit: number, leaseMs: number): Delivery[] {
    const now = this.#clock.now()
    const ready = this.#database.all<Candidate>(
      `SELECT seq, lane, state FROM deliveries INDEXED BY deliveries_ready
       WHERE subscription = ? AND state = ${State.ready} ORDER BY seq LIMIT ?`,
      subscription.id,
      limit,
    )
    const timed = this.#database
      .all<Candidate>(
        `SELECT seq, lane, state FROM deliveries INDEXED BY deliveries_timed
         WHERE subscription = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?`,
        subscription.id,
        now,
        limit,
      )
      .filter((candidate) => !this.#stepsBack(transaction, subscription, candidate))
    return [...ready, ...timed]
      .sort((one, other) => one.seq - other.seq)
      .slice(0, limit)
      .map((candidate) => this.#claimOne(transaction, subscription, candidate, now, now + leaseMs))
  }

  extend(subscription: Subscription | undefined, lease: Lease, leaseMs: number): number {
    const leaseUntil = this.#clock.now() + leaseMs
    const changed = this.#database.run(
      `UPDATE deliveries SET due_at = ? WHERE seq = ? AND subscription = ? AND token = ? AND state = ${State.leased}`,
      leaseUntil,
      ...held(subscription, lease),
    )
    if (changed === 0) throw staleLease(lease)
    return leaseUntil
  }

  settle(transaction: Transaction, subscription: Subscription | undefined, lease: Lease): void {
    const { seq } = this.take(transaction, subscription, lease)
    this.#database.run(
      `INSERT INTO finished (accepted_at, seq) SELECT accepted_at, seq FROM messages WHERE seq = ?1
         AND NOT EXISTS (SELECT 1 FROM deliveries WHERE seq = ?1) AND NOT EXISTS (SELECT 1 FROM dead_letters WHERE seq = ?1)`,
      seq,
    )
  }

  /** Ends the open delivery that the lease holds, whatever becomes of it next. */
  take(transaction: Transaction, subscription: Subscription | undefined, lease: Lease): TakenDelivery {
    const row = this.#database.change<TakenDelivery & { lane: string | null }>(
      `DELETE FROM deliveries WHERE seq = ? AND subscription = ? AND token = ? AND state = ${State.leased}
       RETURNING seq, attempt AS attempts, token, first_claimed_at AS firstAt, payload, lane`,
      ...held(subscription, lease),
    )
    if (!row || !subscription) throw staleLease(lease)
    if (row.lane !== null) unblockFirst(this.#database, subscription.id, row.lane, this.#clock.now())
    this.#tally.move(transaction, subscription.id, { leased: -1 })
    return row
  }

  retry(transaction: Transaction, subscription: Subscription | undefined, lease: Lease, at: number, failure: string) {
    this.#giveUpLease(
      transaction,
      subscription,
      lease,
      `UPDATE deliveries SET state = ${State.scheduled}, due_at = ?, failure = ?`,
      [at, failure],
    )
  }

  giveBack(transaction: Transaction, subscription: Subscription | undefined, lease: Lease): void {
    this.#giveUpLease(
      transaction,
      subscription,
      lease,
      `UPDATE deliveries SET state = ${State.ready}, due_at = NULL, attempt = attempt - 1,
         first_claimed_at = iif(attempt = 1, NULL, first_claimed_at)`,
      [],
    )
  }

  /** Puts a dead delivery back among the open ones. Its token goes on, so that holders from before stay fenced off. */
  revive(
    transaction: Transaction,
    subscription: Subscription,
    dead: Omit<TakenDelivery, 'attempts' | 'firstAt'>,
  ): void {
    const lane = subscription.ordered ? messageBySeq(this.#database, dead.seq).key : null
    const blocked = lane !== null && isBehind(this.#database, subscription.id, lane, dead.seq)
    this.#database.run(
      'INSERT INTO deliveries (seq, subscription, state, lane, token, payload) VALUES (?, ?, ?, ?, ?, ?)',
      dead.seq,
      subscription.id,
      blocked ? State.blocked : State.ready,
      lane,
      dead.token,
      dead.payload,
    )
    if (lane !== null) blockBehind(this.#database, subscription.id, lane, dead.seq)
    this.#tally.move(transaction, subscription.id, { waiting: 1 })
  }

  /** Acceptance time of the oldest open delivery. */
  oldestAt(subscription: number): number | undefined {
    return (
      this.#database.get<{ at: number | null }>(
        `SELECT accepted_at AS at FROM messages WHERE seq = (SELECT min(seq) FROM (
           SELECT min(seq) AS seq FROM deliveries INDEXED BY deliveries_ready WHERE subscription = ?1 AND state = ${State.ready}
           UNION ALL
           SELECT min(seq) FROM deliveries INDEXED BY deliveries_timed WHERE subscription = ?1 AND due_at IS NOT NULL))`,
        subscription,
      )?.at ?? undefined
    )
  }

  nextDue(subscription: Subscription): number | undefined {
    const ready = this.#database.get(
      `SELECT 1 FROM deliveries INDEXED BY deliveries_ready WHERE subscription = ? AND state = ${State.ready} LIMIT 1`,
      subscription.id,
    )
    if (ready) return this.#clock.now()
    const timed = this.#database.get<{ due: number }>(
      `SELECT due_at AS due FROM deliveries INDEXED BY deliveries_timed
       WHERE subscription = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1`,
      subscription.id,
    )
    return timed?.due
  }

  /** A lapsed lease in a lane whose earlier message was put back to work meanwhile: it waits its turn again. */
  #stepsBack(transaction: Transaction, subscription: Subscription, { seq, lane, state }: Candidate): boolean {
    if (lane === null || !isBehind(this.#database, subscription.id, lane, seq)) return false
    this.#database.run(
      `UPDATE deliveries SET state = ${State.blocked}, due_at = NULL WHERE seq = ? AND subscription = ?`,
      seq,
      subscription.id,
    )
    if (state === State.leased) this.#tally.move(transaction, subscription.id, { leased: -1, waiting: 1 })
    return true
  }

  #claimOne(
    transaction: Transaction,
    subscription: Subscription,
    { seq, state }: Candidate,
    now: number,
    until: number,
  ) {
    const row = this.#database.change<ClaimedRow>(
      `UPDATE deliveries SET state = ${State.leased}, due_at = ?, attempt = attempt + 1, token = token + 1,
         first_claimed_at = coalesce(first_claimed_at, ?) WHERE seq = ? AND subscription = ?
       RETURNING attempt, token, first_claimed_at AS firstClaimedAt, payload, failure`,
      until,
      now,
      seq,
      subscription.id,
    )!
    if (state !== State.leased) this.#tally.move(transaction, subscription.id, { waiting: -1, leased: 1 })
    const delivery: Delivery = {
      message: toMessage(messageBySeq(this.#database, seq), row.payload),
      subscription: subscription.name,
      attempt: row.attempt,
      token: row.token,
      leaseUntil: until,
      firstClaimedAt: row.firstClaimedAt,
    }
    if (row.failure !== null) delivery.lastFailure = JSON.parse(row.failure) as FailureReport
    return delivery
  }

  #giveUpLease(
    transaction: Transaction,
    subscription: Subscription | undefined,
    lease: Lease,
    update: string,
    parameters: (number | string)[],
  ): void {
    const row = this.#database.change<{ lane: string | null }>(
      `${update} WHERE seq = ? AND subscription = ? AND token = ? AND state = ${State.leased} RETURNING lane`,
      ...parameters,
      ...held(subscription, lease),
    )
    if (!row || !subscription) throw staleLease(lease)
    const { lane } = row
    const { seq } = lease
    if (lane !== null && isBehind(this.#database, subscription.id, lane, seq)) {
      this.#database.run(
        `UPDATE deliveries SET state = ${State.blocked}, held_until = due_at, due_at = NULL WHERE seq = ? AND subscription = ?`,
        seq,
        subscription.id,
      )
    }
    this.#tally.move(transaction, subscription.id, { leased: -1, waiting: 1 })
  }
}

function held(subscription: Subscription | undefined, { seq, token }: Lease): [number, number, number] {
  return [seq, subscription?.id ?? -1, token]
}

const staleLease = ({ messageId }: Lease) => stale(`The delivery of message ${messageId}`)
