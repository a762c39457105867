import type { FailureReport, OpenDelivery } from '../ports.ts'
import type { Database } from './database.ts'
import { State, type Subscription } from './lanes.ts'

interface OpenRow {
  seq: number
  channel: string
  messageId: string
  correlationId: string
  partner: string
  acceptedAt: number
  state: number
  dueAt: number | null
  attempts: number
  failure: string | null
}

const WORDS: Readonly<Record<number, OpenDelivery['state']>> = {
  [State.ready]: 'ready',
  [State.scheduled]: 'scheduled',
  [State.leased]: 'leased',
  [State.blocked]: 'blocked',
}

/** One look into the index of lanes for each subscription. */
export function openOf(database: Database, subscriptions: Subscription[], key: string, limit: number): OpenDelivery[] {
  const found = subscriptions.flatMap(({ id, name }) => {
    const rows = database.all<OpenRow>(
      `SELECT d.seq, m.channel, m.id AS messageId, m.correlation_id AS correlationId, d.partner,
         m.accepted_at AS acceptedAt, d.state, d.due_at AS dueAt, d.attempt AS attempts, d.failure
       FROM deliveries d CROSS JOIN messages m ON m.seq = d.seq
       WHERE d.subscription = ? AND d.lane = ? ORDER BY d.seq LIMIT ?`,
      id,
      key,
      limit,
    )
    return rows.map((row) => ({ seq: row.seq, open: openDelivery(row, name) }))
  })
  return found
    .toSorted((a, b) => a.seq - b.seq)
    .slice(0, limit)
    .map(({ open }) => open)
}

function openDelivery({ seq: _seq, state, dueAt, failure, ...row }: OpenRow, subscription: string): OpenDelivery {
  return {
    ...row,
    subscription,
    state: WORDS[state] ?? 'ready',
    ...(state === State.scheduled && dueAt !== null && { dueAt }),
    ...(failure !== null && { failure: JSON.parse(failure) as FailureReport }),
  }
}
