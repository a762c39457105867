import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'

export interface PulseDeps {
  documents: DocumentStore
  clock: Clock
  /** Name of this process among those of a cluster. */
  worker: string
  complain: (error: unknown) => void
}

/** What of a partner was seen lately, over all processes. */
export interface Vitals {
  /** Calls of the last fifteen minutes. */
  total: number
  failed: number
  /** When it last told us something, and when we last called it; epoch milliseconds. */
  lastIn?: number
  lastOut?: number
  refused?: Refused
}

/** What was turned away at the door since the last time that something was let in. */
export interface Refused {
  count: number
  /** Of the latest; epoch milliseconds. */
  at: number
  /** Such as `signature.mismatch`; the sender is not told. */
  reason: string
}

interface Beats {
  lastIn?: number
  lastOut?: number
  refused?: Refused
  /** Minute since the epoch → calls, and those of them that failed. */
  minutes: Record<string, [number, number]>
}

const KIND = 'partner-pulse'
const MINUTE_MS = 60_000
const WINDOW_MINUTES = 15
const WRITE_MS = 5_000
/** Processes that were not heard of for so long are forgotten. */
const FORGET_MS = 30 * 86_400_000
const PAGE = 200

/** Results of a call that say that the partner was there and did its part. */
const GOOD = new Set(['answered', 'already', 'absent', 'refused', 'throttled'])

/**
 * Counts what each partner does. Each process keeps its own counts and writes them down every few seconds; whoever asks adds up
 * those of all. A process that is killed loses the last seconds of its counts, and nothing else.
 */
export class PartnerPulse {
  readonly #deps: PulseDeps
  #partners: Record<string, Beats> = {}
  #version = 0
  #isDirty = false
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(deps: PulseDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    const { documents, clock, worker } = this.#deps
    await documents.expire(KIND, clock.now() - FORGET_MS, PAGE)
    const known = await documents.get<{ partners: Record<string, Beats> }>(KIND, worker)
    this.#version = known?.version ?? 0
    this.#partners = known?.body.partners ?? {}
    this.#timer = setInterval(() => void this.write(), WRITE_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.write()
  }

  called(partner: string, result: string): void {
    const beats = this.#of(partner)
    const now = this.#deps.clock.now()
    const minute = String(Math.floor(now / MINUTE_MS))
    const [total, failed] = beats.minutes[minute] ?? [0, 0]
    beats.minutes[minute] = [total + 1, failed + (GOOD.has(result) ? 0 : 1)]
    beats.lastOut = now
    this.#isDirty = true
  }

  heard(partner: string): void {
    const beats = this.#of(partner)
    beats.lastIn = this.#deps.clock.now()
    delete beats.refused
    this.#isDirty = true
  }

  /** Something came under the partner's name that does not prove to be from it. Gives how often in a row. */
  refused(partner: string, reason: string): number {
    const beats = this.#of(partner)
    beats.refused = { count: (beats.refused?.count ?? 0) + 1, at: this.#deps.clock.now(), reason }
    this.#isDirty = true
    return beats.refused.count
  }

  /** Over all processes, by partner. */
  async read(): Promise<Map<string, Vitals>> {
    const sums = new Map<string, Vitals>()
    for (const partners of [this.#partners, ...(await this.#others())])
      for (const [partner, beats] of Object.entries(partners))
        sums.set(partner, added(sums.get(partner), beats, this.#deps.clock.now()))
    return sums
  }

  /** Resolves when the others can read what was counted here. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write()).catch((error) => this.#deps.complain(error))
    return this.#writing
  }

  async #write(): Promise<void> {
    if (!this.#isDirty) return
    this.#isDirty = false
    const { documents, worker, clock } = this.#deps
    for (const beats of Object.values(this.#partners)) prune(beats, clock.now())
    try {
      const body = { partners: this.#partners }
      this.#version = (await documents.put(KIND, worker, body, { expect: this.#version })).version
    } catch (error) {
      // Another process of this name, or one that was not quite gone yet: the next writing takes over from it.
      this.#version = (await documents.get(KIND, worker))?.version ?? 0
      this.#isDirty = true
      if (!isVersionLost(error)) throw error
    }
  }

  async #others(): Promise<Record<string, Beats>[]> {
    const { items } = await this.#deps.documents.page<{ partners: Record<string, Beats> }>(KIND, { limit: PAGE })
    return items.filter(({ id }) => id !== this.#deps.worker).map(({ body }) => body.partners)
  }

  #of(partner: string): Beats {
    const known = this.#partners[partner] ?? { minutes: {} }
    this.#partners[partner] = known
    return known
  }
}

function added(sum: Vitals = { total: 0, failed: 0 }, beats: Beats, now: number): Vitals {
  const { lastIn, lastOut, minutes } = beats
  const recent = Object.entries(minutes).filter(([minute]) => isRecent(minute, now))
  const latest = (one: number | undefined, other: number | undefined) => Math.max(one ?? 0, other ?? 0) || undefined
  const [heard, called] = [latest(sum.lastIn, lastIn), latest(sum.lastOut, lastOut)]
  const refused = [sum.refused, beats.refused].filter((one) => one !== undefined && one.at > (heard ?? 0)) as Refused[]
  return {
    total: recent.reduce((total, [, [calls]]) => total + calls, sum.total),
    failed: recent.reduce((total, [, [, failed]]) => total + failed, sum.failed),
    ...(heard !== undefined && { lastIn: heard }),
    ...(called !== undefined && { lastOut: called }),
    ...(refused.length > 0 && { refused: together(refused) }),
  }
}

function together(refused: Refused[]): Refused {
  const { at, reason } = refused.reduce((one, other) => (other.at > one.at ? other : one))
  return { count: refused.reduce((count, one) => count + one.count, 0), at, reason }
}

function prune(beats: Beats, now: number): void {
  for (const minute of Object.keys(beats.minutes)) if (!isRecent(minute, now)) delete beats.minutes[minute]
}

function isRecent(minute: string, now: number): boolean {
  return Number(minute) > Math.floor(now / MINUTE_MS) - WINDOW_MINUTES
}

export type HealthWord = 'healthy' | 'failing' | 'silent' | 'paused' | 'draft' | 'not deployed'

export interface HealthFacts extends Vitals {
  deployed: boolean
  draft: boolean
  held: boolean
  breaker?: 'closed' | 'open' | 'half-open'
  /** Does it tell us things by itself? */
  speaks: boolean
  now: number
}

/** Fewer calls than this say nothing about the rest, unless all of them failed. */
const FEWEST_CALLS = 5
const FAILING_RATE = 0.2
const SILENT_MS = 24 * 3_600_000

/** How a partner is, in one word: what somebody has to know first wins. */
export function wordOf(facts: HealthFacts): HealthWord {
  if (!facts.deployed) return 'not deployed'
  if (facts.held) return 'paused'
  const rate = facts.total === 0 ? 0 : facts.failed / facts.total
  const isFailing = rate === 1 || (facts.total >= FEWEST_CALLS && rate >= FAILING_RATE)
  if (isFailing || (facts.breaker !== undefined && facts.breaker !== 'closed')) return 'failing'
  if (facts.draft) return 'draft'
  const heard = facts.speaks ? facts.lastIn : Math.max(facts.lastIn ?? 0, facts.lastOut ?? 0)
  return (heard ?? 0) < facts.now - SILENT_MS ? 'silent' : 'healthy'
}
