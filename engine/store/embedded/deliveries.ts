import { stale } from '../failures.ts'
import type { Clock, Delivery, FailureReport } from '../ports.ts'
import type { Database } from './database.ts'
import type { Candidate, Due } from './due.ts'
import { blockBehind, isBehind, State, type Subscription, unblockFirst } from './lanes.ts'
import { messageBySeq, toMessage } from './message-rows.ts'
import type { Tally } from './tally.ts'
import type { Transaction } from './writer.ts'

/** More claims than one delivery can see before its message is given anew. */
const CLAIMS_PER_LIFE = 2 ** 20

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
  partner: string
}

/** What goes among the open deliveries; its next token is above `token`. */
export interface RevivedDelivery {
  seq: number
  token: number
  payload: string | null
  partner: string
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
  readonly #due: Due

  constructor(database: Database, clock: Clock, tally: Tally, due: Due) {
    this.#database = database
    this.#clock = clock
    this.#tally = tally
    this.#due = due
  }

  /** A new message for one subscription. */
  add(transaction: Transaction, subscription: Subscription, seq: number, key: string, partner: string): void {
    const lane = subscription.ordered ? key : null
    const blocked = lane !== null && isBehind(this.#database, subscription.id, lane, seq)
    this.#database.run(
      'INSERT INTO deliveries (seq, subscription, state, lane, partner) VALUES (?, ?, ?, ?, ?)',
      seq,
      subscription.id,
      blocked ? State.blocked : State.ready,
      lane,
      partner,
    )
    this.#tally.move(transaction, subscription.id, partner, { waiting: 1 })
  }

  claim(
    transaction: Transaction,
    subscription: Subscription,
    { limit, leaseMs, except }: { limit: number; leaseMs: number; except: ReadonlySet<string> },
  ): Delivery[] {
    const now = this.#clock.now()
    return this.#due
      .choose(transaction, subscription, limit, now, except)
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
    this.finish(this.take(transaction, subscription, lease).seq)
  }

  /** Notes that the message may be purged, once nothing holds it any more. */
  finish(seq: number): void {
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
       RETURNING seq, attempt AS attempts, token, first_claimed_at AS firstAt, payload, partner, lane`,
      ...held(subscription, lease),
    )
    if (!row || !subscription) throw staleLease(lease)
    if (row.lane !== null) unblockFirst(this.#database, subscription.id, row.lane, this.#clock.now())
    this.#tally.move(transaction, subscription.id, row.partner, { leased: -1 })
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

  /** Puts one that had ended back among the open ones. Its token goes on, so that holders from before stay fenced off. */
  revive(transaction: Transaction, subscription: Subscription, ended: RevivedDelivery): void {
    const lane = subscription.ordered ? messageBySeq(this.#database, ended.seq).key : null
    const blocked = lane !== null && isBehind(this.#database, subscription.id, lane, ended.seq)
    this.#database.run(
      'INSERT INTO deliveries (seq, subscription, state, lane, token, payload, partner) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ended.seq,
      subscription.id,
      blocked ? State.blocked : State.ready,
      lane,
      ended.token,
      ended.payload,
      ended.partner,
    )
    if (lane !== null) blockBehind(this.#database, subscription.id, lane, ended.seq)
    this.#tally.move(transaction, subscription.id, ended.partner, { waiting: 1 })
  }

  /** A token above all that the deliveries of a message can have had: settled ones leave no trace of theirs. */
  freshToken(): number {
    const { value } = this.#database.change<{ value: number }>(
      "UPDATE meta SET value = value + 1 WHERE name = 'redeliveries' RETURNING value",
    )!
    return value * CLAIMS_PER_LIFE
  }

  isOpen(subscription: Subscription, seq: number): boolean {
    return (
      this.#database.get('SELECT 1 FROM deliveries WHERE seq = ? AND subscription = ?', seq, subscription.id) !==
      undefined
    )
  }

  #claimOne(
    transaction: Transaction,
    subscription: Subscription,
    { seq, state, partner }: Candidate,
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
    if (state !== State.leased) this.#tally.move(transaction, subscription.id, partner, { waiting: -1, leased: 1 })
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
    const row = this.#database.change<{ lane: string | null; partner: string }>(
      `${update} WHERE seq = ? AND subscription = ? AND token = ? AND state = ${State.leased} RETURNING lane, partner`,
      ...parameters,
      ...held(subscription, lease),
    )
    if (!row || !subscription) throw staleLease(lease)
    const { lane, partner } = row
    const { seq } = lease
    if (lane !== null && isBehind(this.#database, subscription.id, lane, seq)) {
      this.#database.run(
        `UPDATE deliveries SET state = ${State.blocked}, held_until = due_at, due_at = NULL WHERE seq = ? AND subscription = ?`,
        seq,
        subscription.id,
      )
    }
    this.#tally.move(transaction, subscription.id, partner, { leased: -1, waiting: 1 })
  }
}

function held(subscription: Subscription | undefined, { seq, token }: Lease): [number, number, number] {
  return [seq, subscription?.id ?? -1, token]
}

const staleLease = ({ messageId }: Lease) => stale(`The delivery of message ${messageId}`)
