import { createHash } from 'node:crypto'
import { CartageError } from '../../errors.ts'
import { isVersionLost } from '../../store/failures.ts'
import type { Clock, DocumentStore, Message, MessageStore } from '../../store/ports.ts'
import { structureOf } from './structure.ts'
import {
  type Drift,
  DRIFT_KIND,
  driftIn,
  emptyRecord,
  MAX_PATHS,
  merged,
  type RecentMessage,
  type Sighting,
  WATCH_KIND,
  type WatchRecord,
} from './watch-record.ts'

export interface Arrival {
  partner: string
  mapping: string
  body: unknown
  /** A document of our own, which has a schema: only what partners send can drift. */
  isOurs?: boolean
  /** The message that is under way; asked for only when the payload is looked at. */
  message?: () => Pick<Message, 'id' | 'key'> | undefined
  /** Code of the error, when the mapping did not take it. */
  refused?: string
  /** What the mapping made of it, by which people tell messages apart: `delivery.completed 11`. */
  gave?: string
}

export interface WatchDeps {
  documents: DocumentStore
  messages: Pick<MessageStore, 'get'>
  clock: Clock
  /** Paths that the template's samples show. */
  baseline: (partner: string, mapping: string) => Promise<ReadonlySet<string>>
  /** A path has become new or gone; told once. */
  tell: (drift: Drift) => void
  complain: (error: unknown) => void
}

/** Payloads of one mapping that are looked at in a second: all of most partners', some of a flood. */
const PER_SECOND = 10
const WRITE_EVERY_MS = 10_000
/** Messages between two writes that become samples, and as many that the mapping did not take; the newest. */
const SAMPLES = 5
/** So long the samples of a template count as they were. */
const BASELINE_MS = 60_000
/** Partners and mappings between two writes; more at once is no traffic that anybody has. */
const MAX_OPEN = 1_000
const MAX_TRIES = 20

/** A message that the mapping was given, with a hash of what it was given. */
type Given = RecentMessage & { hash: string }

interface Open {
  partner: string
  mapping: string
  second: number
  looked: number
  sighting: Sighting
  taken: Given[]
  refused: Given[]
}

/**
 * Looks at some of the payloads that mappings are given: what they are made of, for drift, and which messages they are, as
 * samples. Kept in memory and added to the store every ten seconds: what a crash loses is seen again.
 */
export class MappingWatch {
  readonly #deps: WatchDeps
  readonly #open = new Map<string, Map<string, Open>>()
  readonly #baselines = new Map<string, { until: number; paths: ReadonlySet<string> }>()
  #count = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(deps: WatchDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer = setInterval(() => void this.flush(), WRITE_EVERY_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  /** Called for every message: costs a look-up, and now and then a walk over the payload. */
  see(arrival: Arrival): void {
    const now = this.#deps.clock.now()
    const open = this.#opened(arrival)
    const second = Math.floor(now / 1000)
    if (!open || (open.second === second && open.looked >= PER_SECOND)) return
    open.looked = open.second === second ? open.looked + 1 : 1
    open.second = second
    const { sighting } = open
    sighting.seen += 1
    const { refused, gave } = arrival
    const under = arrival.message?.()
    const message = under?.id
    for (const path of structureOf(arrival.isOurs ? undefined : arrival.body, MAX_PATHS)) {
      const known = sighting.paths.get(path)
      if (known) {
        known.count += 1
        known.last = now
        if (message !== undefined) known.message ??= message
      } else sighting.paths.set(path, { first: now, last: now, count: 1, ...(message !== undefined && { message }) })
    }
    if (under === undefined) return
    const list = refused === undefined ? open.taken : open.refused
    list.push({
      id: under.id,
      key: under.key,
      at: now,
      hash: hashOf(arrival.body),
      ...(refused !== undefined && { refused }),
      ...(gave !== undefined && { gave }),
    })
    if (list.length > SAMPLES) list.shift()
  }

  /** Adds what was seen to the store; resolves when it is there. Never fails: what cannot be written is told and let go. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#flush())
    return this.#writing
  }

  async #flush(): Promise<void> {
    const open = [...this.#open.values()].flatMap((mappings) => [...mappings.values()])
    this.#open.clear()
    this.#count = 0
    for (const { partner, mapping, sighting, taken, refused } of open) {
      if (sighting.seen === 0) continue
      try {
        const recent = await this.#asStored([...taken, ...refused])
        await this.update(partner, mapping, (record) => merged(record, { ...sighting, recent }))
      } catch (error) {
        this.#deps.complain(error)
      }
    }
  }

  /** Those whose payload nodes before the mapper have left as it is: a sample shows what the mapping is given. */
  async #asStored(given: Given[]): Promise<RecentMessage[]> {
    const same = await Promise.all(
      given.map(async ({ id, hash }) => {
        const message = await this.#deps.messages.get(id)
        return message !== undefined && hashOf(message.payload) === hash
      }),
    )
    return given.filter((_one, index) => same[index]).map(({ hash: _hash, ...one }) => one)
  }

  /** Changes a record and what follows from it. Compare and set: other workers and people change it too. */
  async update(
    partner: string,
    mapping: string,
    change: (record: WatchRecord) => WatchRecord,
  ): Promise<{ record: WatchRecord; drift: Drift[] }> {
    const { documents, clock } = this.#deps
    const id = idOf(partner, mapping)
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = await documents.get<WatchRecord>(WATCH_KIND, id)
      const record = change(known?.body ?? emptyRecord(partner, mapping))
      try {
        await documents.put<WatchRecord>(WATCH_KIND, id, record, { expect: known?.version ?? 0 })
      } catch (error) {
        if (!isVersionLost(error)) throw error
        continue
      }
      const drift = driftIn(record, await this.#baseline(partner, mapping), clock.now())
      await this.#announce(id, drift)
      return { record, drift }
    }
    throw new CartageError('transient', 'drift.contended', 'the record is written to all the time; try again')
  }

  async record(partner: string, mapping: string): Promise<WatchRecord | undefined> {
    return (await this.#deps.documents.get<WatchRecord>(WATCH_KIND, idOf(partner, mapping)))?.body
  }

  /** What is open is kept by itself; whoever writes it first tells of what was not there before. */
  async #announce(id: string, drift: Drift[]): Promise<void> {
    const { documents, tell } = this.#deps
    const known = await documents.get<{ drift: Drift[] }>(DRIFT_KIND, id)
    const open = known?.body.drift ?? []
    const isIn = (list: Drift[], { path, kind }: Drift) => list.some((one) => one.path === path && one.kind === kind)
    const fresh = drift.filter((one) => !isIn(open, one))
    if (fresh.length === 0 && open.every((one) => isIn(drift, one))) return
    try {
      if (drift.length === 0) await documents.delete(DRIFT_KIND, id, known?.version)
      else await documents.put<{ drift: Drift[] }>(DRIFT_KIND, id, { drift }, { expect: known?.version ?? 0 })
    } catch (error) {
      // Another worker was faster: what is left to tell shows at the next write.
      if (isVersionLost(error)) return
      throw error
    }
    for (const one of fresh) tell(one)
  }

  async #baseline(partner: string, mapping: string): Promise<ReadonlySet<string>> {
    const { clock, baseline } = this.#deps
    const id = idOf(partner, mapping)
    const known = this.#baselines.get(id)
    if (known && known.until > clock.now()) return known.paths
    const paths = await baseline(partner, mapping)
    this.#baselines.set(id, { until: clock.now() + BASELINE_MS, paths })
    return paths
  }

  #opened({ partner, mapping }: Arrival): Open | undefined {
    const mappings = this.#open.get(partner) ?? new Map<string, Open>()
    const known = mappings.get(mapping)
    if (known || this.#count >= MAX_OPEN) return known
    const open: Open = {
      partner,
      mapping,
      second: 0,
      looked: 0,
      sighting: { seen: 0, paths: new Map(), recent: [] },
      taken: [],
      refused: [],
    }
    this.#open.set(partner, mappings.set(mapping, open))
    this.#count += 1
    return open
  }
}

function hashOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(body) ?? '')
    .digest('hex')
}

/** Of the documents of a partner and mapping, of both kinds. */
export function idOf(partner: string, mapping: string): string {
  return `${partner}/${mapping}`
}
