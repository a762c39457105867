import { DAY_MS } from '../../delivery/wall-clock.ts'

/** Kind of the documents that hold what payloads looked like, one for each partner and mapping. */
export const WATCH_KIND = 'mapping-watch'
/** Kind of those that hold what is open, so that asking for it is cheap. */
export const DRIFT_KIND = 'mapping-drift'

/** How often a path came, and when. Times are epoch milliseconds; positions count the payloads that were looked at. */
export interface Track {
  first: number
  last: number
  count: number
  /** The payload that had it first, and the one that had it last. */
  from: number
  to: number
  /** A message that had it, as far as one is known. */
  message?: string
}

export interface RecentMessage {
  id: string
  /** What it is about: an order, a shipment, a device. */
  key: string
  at: number
  /** Code of the refusal, when the mapping did not take it. */
  refused?: string
  /** What the mapping made of it. */
  gave?: string
}

/** What is known of the payloads that one mapping was given. */
export interface WatchRecord {
  partner: string
  mapping: string
  /** Payloads that were looked at. */
  seen: number
  paths: Record<string, Track>
  /** Some messages of each of the last days, oldest first. */
  recent: RecentMessage[]
  /** New paths that somebody has taken note of. */
  known: string[]
}

/** What was seen since it was last written down. */
export interface Sighting {
  seen: number
  paths: Map<string, { first: number; last: number; count: number; message?: string }>
  recent: RecentMessage[]
}

export interface Drift {
  partner: string
  mapping: string
  path: string
  kind: 'new' | 'gone'
  /** When it came first, or when it came last; epoch milliseconds. */
  since: number
  lastSeen: number
  /** How many of the payloads that were looked at had it. */
  count: number
  /** A message that has it. */
  sample?: string
}

/** A path that stays away is gone only after so long, and after so many payloads that should have had it. */
export interface Patience {
  ms: number
  payloads: number
}

const PATIENCE: Patience = { ms: DAY_MS, payloads: 50 }
/** The chance that a field which still comes now and then would have stayed away so long by accident: one in a million. */
const BY_ACCIDENT = Math.log(1e6)
/** Without samples of a template the first payloads are what the later ones are compared with. */
const LEARNING = 50
export const MAX_PATHS = 2_000
/** How many messages are remembered as samples, of each day and in all. */
export const PER_DAY = 40
const MAX_RECENT = 7 * PER_DAY

export function emptyRecord(partner: string, mapping: string): WatchRecord {
  return { partner, mapping, seen: 0, paths: {}, recent: [], known: [] }
}

/** The record with what was seen meanwhile; several workers add theirs in any order. */
export function merged(record: WatchRecord, sighting: Sighting): WatchRecord {
  const seen = record.seen + sighting.seen
  const paths = { ...record.paths }
  let room = MAX_PATHS - Object.keys(paths).length
  for (const [path, { first, last, count, message: latest }] of sighting.paths) {
    const old = Object.hasOwn(paths, path) ? paths[path] : undefined
    const message = latest ?? old?.message
    if (!old && --room < 0) continue
    paths[path] = {
      first: Math.min(old?.first ?? first, first),
      last: Math.max(old?.last ?? last, last),
      count: (old?.count ?? 0) + count,
      from: old?.from ?? record.seen + 1,
      to: seen,
      ...(message !== undefined && { message }),
    }
  }
  return { ...record, seen, paths, recent: recentOf([...record.recent, ...sighting.recent]) }
}

/** The last of each day, each message once. */
function recentOf(all: RecentMessage[]): RecentMessage[] {
  const once = [...new Map(all.map((one) => [one.id, one])).values()].sort((one, other) => one.at - other.at)
  const perDay = new Map<number, number>()
  const kept = once.reverse().filter(({ at }) => {
    const day = Math.floor(at / DAY_MS)
    perDay.set(day, (perDay.get(day) ?? 0) + 1)
    return perDay.get(day)! <= PER_DAY
  })
  return kept.slice(0, MAX_RECENT).reverse()
}

/**
 * What is new or gone, as of `now`. `baseline`: paths of the template's samples. A path is gone when payloads that should have
 * had it, judged by how often it came before, did not for the time of `patience`.
 */
export function driftIn(record: WatchRecord, baseline: ReadonlySet<string>, now: number, patience = PATIENCE): Drift[] {
  const { partner, mapping, seen } = record
  const known = new Set(record.known)
  const shown = (path: string, kind: Drift['kind'], { first, last, count, message }: Track): Drift => ({
    ...{ partner, mapping, path, kind, since: kind === 'new' ? first : last, lastSeen: last, count },
    ...(message !== undefined && { sample: message }),
  })
  return Object.entries(record.paths).flatMap(([path, track]) => {
    if (isGone(track, seen, now, patience)) return [shown(path, 'gone', track)]
    const learned = baseline.size === 0 && track.from <= LEARNING
    return learned || baseline.has(path) || known.has(path) ? [] : [shown(path, 'new', track)]
  })
}

function isGone({ count, from, to, last }: Track, seen: number, now: number, patience: Patience): boolean {
  const share = Math.min(1, count / (to - from + 1))
  const without = seen - to
  return now - last >= patience.ms && without >= Math.max(patience.payloads, Math.ceil(BY_ACCIDENT / share))
}
