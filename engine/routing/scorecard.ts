import type { Shipment } from '../canonical/types.ts'
import { DAY_MS } from '../delivery/wall-clock.ts'
import type { Change } from '../lifecycle/results.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'

export const SCORECARD_KIND = 'scorecard'
/** What was longer ago says little of how a courier delivers now. */
export const SCORE_DAYS = 28

/** What came of a courier's shipments: those that ended on one day. */
export interface DayScore {
  /** Delivered, given up, lost or brought back. */
  ended: number
  firstAttempt: number
  /** Of those that had a promise. */
  promised: number
  onTime: number
}

export interface Score extends DayScore {
  /** Per mille. */
  score: number
}

const NOTHING: DayScore = { ended: 0, firstAttempt: 0, promised: 0, onTime: 0 }
const ENDS = new Set(['delivery.completed', 'delivery.failed', 'return.completed', 'shipment.lost'])
/** A courier of which little is known is taken for one that delivers so well, with the weight of so many shipments. */
const USUAL = { perMille: 900, shipments: 10 }
/** Of a courier of which nothing is known. */
export const USUAL_SCORE = USUAL.perMille
/** What was counted is written together: a flood of deliveries must not become a flood of writes. */
const WRITE_MS = 5_000
const KEPT_MS = 30_000
const MAX_TRIES = 20

interface ScorecardDeps {
  documents: DocumentStore
  clock: Clock
  complain: (error: unknown) => void
}

/**
 * On-time and first-attempt ratios of couriers, counted as their shipments end, one document a courier and day. They are statistics: a
 * process that is killed loses what it counted in the last seconds.
 */
export class Scorecard {
  readonly #deps: ScorecardDeps
  #counted = new Map<string, DayScore>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  readonly #known = new Map<string, { until: number; score: Score }>()

  constructor(deps: ScorecardDeps) {
    this.#deps = deps
  }

  /** Takes part in every change of a shipment. */
  readonly note = ({ cause, applied, shipment }: Change): void => {
    const partner = shipment.booking?.partner
    const ended = cause === 'event' && applied !== undefined && endedBy(applied, shipment)
    if (partner === undefined || !ended) return
    const day = dayOf(Date.parse(shipment.statusAt) || this.#deps.clock.now())
    const key = `${partner}/${day}`
    this.#counted.set(key, added(this.#counted.get(key) ?? NOTHING, scoreOf(shipment)))
    this.#timer ??= setTimeout(() => void this.write(), WRITE_MS).unref()
  }

  /** Writes down what was counted; what cannot be written is kept for the next time. */
  write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** How well a courier delivered in the last days. */
  async of(partner: string): Promise<Score> {
    const now = this.#deps.clock.now()
    const known = this.#known.get(partner)
    if (known && known.until > now) return known.score
    let sum = NOTHING
    const { items } = await this.#deps.documents.page<DayScore>(SCORECARD_KIND, {
      after: `${partner}/${dayOf(now - SCORE_DAYS * DAY_MS)}`,
      limit: SCORE_DAYS + 2,
    })
    for (const { id, body } of items) if (id.startsWith(`${partner}/`)) sum = added(sum, body)
    const score = { ...sum, score: perMille(sum) }
    this.#known.set(partner, { until: now + KEPT_MS, score })
    return score
  }

  async #write(): Promise<void> {
    const counted = this.#counted
    this.#counted = new Map()
    for (const [id, score] of counted) {
      try {
        await this.#add(id, score)
      } catch (error) {
        this.#counted.set(id, added(this.#counted.get(id) ?? NOTHING, score))
        this.#deps.complain(error)
      }
    }
  }

  async #add(id: string, score: DayScore): Promise<void> {
    const { documents } = this.#deps
    for (let tries = 1; ; tries += 1) {
      const known = await documents.get<DayScore>(SCORECARD_KIND, id)
      try {
        const body = added(known?.body ?? NOTHING, score)
        await documents.put(SCORECARD_KIND, id, body, { expect: known?.version ?? 0 })
        return
      } catch (error) {
        if (!isVersionLost(error) || tries === MAX_TRIES) throw error
      }
    }
  }
}

/** A shipment ends once: an end that follows another is not counted again. */
function endedBy({ outcome, redelivered, from, to }: NonNullable<Change['applied']>, { status }: Shipment): boolean {
  return outcome === 'moved' && !redelivered && ENDS.has(status) && to === status && !ENDS.has(from)
}

function scoreOf({ status, attempt, promise, statusAt }: Shipment): DayScore {
  const delivered = status === 'delivery.completed'
  const inTime = promise !== undefined && Date.parse(statusAt) <= Date.parse(promise.latest)
  return {
    ended: 1,
    firstAttempt: Number(delivered && attempt === 1),
    promised: Number(promise !== undefined),
    onTime: Number(delivered && inTime),
  }
}

function added(a: DayScore, b: DayScore): DayScore {
  return {
    ended: a.ended + b.ended,
    firstAttempt: a.firstAttempt + b.firstAttempt,
    promised: a.promised + b.promised,
    onTime: a.onTime + b.onTime,
  }
}

/** Half what was in time, half what needed one attempt. */
function perMille({ ended, firstAttempt, promised, onTime }: DayScore): number {
  const { shipments, perMille: usual } = USUAL
  const share = (good: number, all: number) => (good * 1000 + usual * shipments) / (all + shipments)
  return Math.round((share(onTime, promised) + share(firstAttempt, ended)) / 2)
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
