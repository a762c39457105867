import type { TimelineEntry } from '../canonical/types.ts'

/** Nobody tries a hundred times, and the schema has no room for more. */
const MAX_ATTEMPT = 100

/** With one of these somebody is on the way to the recipient, or was: the attempt has begun. */
const UNDER_WAY = ['delivery.out_for_delivery', 'delivery.approaching', 'delivery.arrived']

interface Reached {
  /** The attempt to which what happens next belongs. */
  attempt: number
  /** Did anybody set out in it? */
  begun: boolean
  /** The newest attempt that an event told of. */
  told: number
}

/**
 * Which delivery attempt each event belongs to: the one that the sender names, else what the events before it imply. A
 * failed attempt ends its attempt. The code table may know better: a `new` code begins an attempt where the one before was
 * under way and nobody told how it ended; a `same` code tells again of the newest attempt and ends none.
 *
 * However late an event comes in, it takes no attempt of another event back: every step only goes forward from what was reached.
 */
export function attemptsOf(live: TimelineEntry[]): Map<string, number> {
  const attempts = new Map<string, number>()
  let reached: Reached = { attempt: 1, begun: false, told: 1 }
  for (const group of byInstant(live)) {
    // Events of one instant do not precede each other: none of them counts for its neighbours.
    for (const entry of group) attempts.set(entry.eventId, ownAttempt(entry, reached))
    const told = Math.max(reached.told, ...group.filter(tells).map(({ eventId }) => attempts.get(eventId)!))
    for (const entry of group) if (repeats(entry)) attempts.set(entry.eventId, told)
    reached = { ...after(group, attempts, reached), told }
  }
  return attempts
}

function ownAttempt({ statedAttempt, attemptRule }: TimelineEntry, { attempt, begun }: Reached): number {
  return Math.min(statedAttempt ?? (attemptRule === 'new' && begun ? attempt + 1 : attempt), MAX_ATTEMPT)
}

function after(group: TimelineEntry[], attempts: Map<string, number>, before: Reached): Omit<Reached, 'told'> {
  const leads = (entry: TimelineEntry) => attempts.get(entry.eventId)! + (ends(entry) ? 1 : 0)
  const attempt = Math.max(before.attempt, ...group.map(leads))
  const set = group.some((entry) => begins(entry) && attempts.get(entry.eventId) === attempt)
  return { attempt, begun: set || (before.begun && attempt === before.attempt) }
}

function repeats({ statedAttempt, attemptRule }: TimelineEntry): boolean {
  return statedAttempt === undefined && attemptRule === 'same'
}

function ends(entry: TimelineEntry): boolean {
  return entry.type === 'delivery.attempt_failed' && !repeats(entry)
}

function begins({ type, attemptRule }: TimelineEntry): boolean {
  return attemptRule === 'new' || UNDER_WAY.includes(type)
}

function tells(entry: TimelineEntry): boolean {
  return !repeats(entry) && (begins(entry) || ends(entry) || entry.statedAttempt !== undefined)
}

function byInstant(entries: TimelineEntry[]): TimelineEntry[][] {
  const groups = new Map<number, TimelineEntry[]>()
  for (const entry of entries) {
    const at = Date.parse(entry.occurredAt)
    groups.set(at, [...(groups.get(at) ?? []), entry])
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group)
}
