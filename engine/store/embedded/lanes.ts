import type { Database } from './database.ts'

/** States of an open delivery; the numbers stand in the schema's partial indexes. */
export const State = { ready: 0, scheduled: 1, leased: 2, blocked: 3 } as const

export interface Subscription {
  id: number
  name: string
  channel: string
  ordered: 0 | 1
}

// A lane holds the open deliveries of one key in one ordered subscription. Only its earliest may be claimed; the others
// are `blocked`, so that a claim never reads past them, however many wait behind one stuck shipment.

/** Whether the lane has any open delivery before `seq`. */
export function isBehind(database: Database, subscription: number, lane: string, seq: number): boolean {
  return (
    database.get(
      'SELECT 1 FROM deliveries WHERE subscription = ? AND lane = ? AND seq < ? LIMIT 1',
      subscription,
      lane,
      seq,
    ) !== undefined
  )
}

/** Lets the earliest delivery of a lane go, after the one before it has left. */
export function unblockFirst(database: Database, subscription: number, lane: string, now: number): void {
  const first = database.get<{ seq: number; state: number; held: number | null }>(
    `SELECT seq, state, held_until AS held FROM deliveries WHERE subscription = ? AND lane = ? ORDER BY seq LIMIT 1`,
    subscription,
    lane,
  )
  if (first?.state !== State.blocked) return
  const later = first.held !== null && first.held > now
  database.run(
    'UPDATE deliveries SET state = ?, due_at = ?, held_until = NULL WHERE seq = ? AND subscription = ?',
    later ? State.scheduled : State.ready,
    later ? first.held : null,
    first.seq,
    subscription,
  )
}

/** Blocks everything in a lane that waits behind `seq`; what is under a lease goes on. */
export function blockBehind(database: Database, subscription: number, lane: string, seq: number): void {
  database.run(
    `UPDATE deliveries SET state = ${State.blocked}, held_until = due_at, due_at = NULL
     WHERE subscription = ? AND lane = ? AND seq > ? AND state IN (${State.ready}, ${State.scheduled})`,
    subscription,
    lane,
    seq,
  )
}

/** Gives every open delivery of a subscription its lane, or takes the lanes away. */
export function relane(database: Database, subscription: number, ordered: boolean): void {
  if (!ordered) {
    database.run(
      `UPDATE deliveries SET lane = NULL, held_until = NULL,
         state = iif(state = ${State.blocked}, iif(held_until IS NULL, ${State.ready}, ${State.scheduled}), state),
         due_at = iif(state = ${State.blocked}, held_until, due_at)
       WHERE subscription = ?`,
      subscription,
    )
    return
  }
  database.run(
    'UPDATE deliveries SET lane = (SELECT key FROM messages m WHERE m.seq = deliveries.seq) WHERE subscription = ?',
    subscription,
  )
  database.run(
    `UPDATE deliveries SET state = ${State.blocked}, held_until = due_at, due_at = NULL
     WHERE subscription = ?1 AND state IN (${State.ready}, ${State.scheduled}) AND EXISTS (
       SELECT 1 FROM deliveries d WHERE d.subscription = ?1 AND d.lane = deliveries.lane AND d.seq < deliveries.seq)`,
    subscription,
  )
}

/**
 * Ends every lease. At the start of a process nobody can hold one: the file's lock says that the former owner is gone.
 * The attempts stay counted.
 */
export function endAllLeases(database: Database): void {
  database.run(
    `UPDATE deliveries SET due_at = NULL, state = iif(lane IS NOT NULL AND EXISTS (
         SELECT 1 FROM deliveries d WHERE d.subscription = deliveries.subscription AND d.lane = deliveries.lane
           AND d.seq < deliveries.seq), ${State.blocked}, ${State.ready})
     WHERE due_at IS NOT NULL AND state = ${State.leased}`,
  )
}
