import { deriveId } from '../../delivery/ids.ts'

export const KIND = 'unmapped-code'
/** Further lists of waiting messages, the older ones. */
export const LIST_KIND = 'unmapped-waiting'
/** Lists that one code may have; what comes beyond is counted, and cannot be mapped again from here. */
const MAX_LISTS = 500
/** Messages that are known to be counted, so that one that comes again is not counted again. */
const RECENT = 200
/** What comes under no entry of its own. */
export const OTHERS = '…'
const MAX_LOOKUPS = 10

/** A delivery in which a code was met that nobody has mapped, by which it can be given again. */
export type Waiting = [messageId: string, subscription: string]

/** A code that a partner's table does not know, and the messages that wait for somebody to map it. */
export interface UnmappedCode {
  partner: string
  /** As the events carry it. */
  code: string
  /** What the mapping looked up in the table and did not find: one of these is to be mapped. */
  lookups: string[]
  /** The mapping that met it, e.g. `map/webhook.jsonata`. */
  mapping: string
  /** Messages that had it. */
  count: number
  /** Epoch milliseconds. */
  firstSeen: number
  lastSeen: number
  /** Id of the newest message that had it. */
  sample?: string
  /** The newest ones that wait. */
  waiting: Waiting[]
  /** Names of the lists that hold the older ones, oldest first. */
  lists: string[]
  /** How many wait, in the lists too. */
  waits: number
  /** Ids of messages that were counted lately. */
  recent: string[]
  /** Somebody has seen it and leaves it as it is. */
  left?: { by: string; at: number }
  rerun?: Rerun
}

/** The messages of a code being given to their flows again. */
export interface Rerun {
  state: 'running' | 'done'
  by: string
  startedAt: number
  endedAt?: number
  /** Those that waited when it began. */
  total: number
  done: number
  /** No longer kept, or taken by no flow. */
  gone: number
  /** Those in hand: taken out of what waits before they are given, so that one that comes back unmapped waits anew. */
  pending: Waiting[]
  /** Mark of the code table: with another one it is worth trying again. */
  table: string
  /** Runs with this table. */
  passes: number
}

/** One message in which the code was met. */
export interface Met {
  at: number
  mapping: string
  lookups: string[]
  /** Absent where what came in cannot be given again. */
  delivery?: Waiting
  /** The delivery is not given for the first time. */
  again?: boolean
}

export function unmappedId(partner: string, code: string): string {
  return deriveId(KIND, partner, code)
}

/** Named after what is in it, so that two processes at once do not write over each other's. */
export function listName(waiting: Waiting[]): string {
  return deriveId(LIST_KIND, ...waiting.flat())
}

export function fresh(partner: string, code: string, { at, mapping }: Met): UnmappedCode {
  const empty = { waiting: [], lists: [], waits: 0, recent: [] }
  return { partner, code, lookups: [], mapping, count: 0, firstSeen: at, lastSeen: at, ...empty }
}

/**
 * The entry with further messages in it, and the list that has become full if one has. Undefined when all of them are in it
 * already: a message that is delivered again is counted once. `inLists`: those that the older lists hold.
 */
export function withMet(
  entry: UnmappedCode,
  met: Met[],
  inLists: ReadonlySet<string>,
  listLength: number,
): { entry: UnmappedCode; full?: Waiting[] } | undefined {
  const next = { ...entry, waiting: [...entry.waiting], recent: [...entry.recent], lookups: [...entry.lookups] }
  let changed = false
  for (const one of met) changed = add(next, one, inLists) || changed
  if (!changed) return undefined
  next.recent = next.recent.slice(-RECENT)
  if (next.waiting.length < listLength) return { entry: next }
  const full = next.waiting
  return { entry: { ...next, waiting: [], lists: [...next.lists, listName(full)] }, full }
}

function add(entry: UnmappedCode, { at, mapping, lookups, delivery }: Met, inLists: ReadonlySet<string>): boolean {
  const id = delivery?.[0]
  const waits = id !== undefined && (inLists.has(id) || entry.waiting.some(([known]) => known === id))
  if (waits) return false
  const counted = id !== undefined && entry.recent.includes(id)
  if (!counted) entry.count += 1
  if (id !== undefined && !counted) entry.recent.push(id)
  if (delivery !== undefined && entry.lists.length < MAX_LISTS) {
    entry.waiting.push(delivery)
    entry.waits += 1
  }
  entry.mapping = mapping
  entry.lookups = [...new Set([...lookups, ...entry.lookups])].slice(0, MAX_LOOKUPS)
  entry.lastSeen = Math.max(entry.lastSeen, at)
  if (id !== undefined) entry.sample = id
  return true
}
