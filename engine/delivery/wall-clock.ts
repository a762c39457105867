import { IANAZone } from 'luxon'

/** Epoch milliseconds, the end excluded. */
export interface Interval {
  from: number
  to: number
}

export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

/** No place is further from UTC than this; a little more, to be on the safe side. */
const LARGEST_OFFSET_MS = 16 * 3_600_000

/**
 * The clocks on the walls of one time zone. Wall time is counted in milliseconds as if the place were on UTC; days are counted
 * from 1970-01-01.
 */
export class WallClock {
  readonly zone: string
  readonly #zone: IANAZone
  /** A time in which the clocks were not changed, as far as it is known: asking for an offset is what costs. */
  #calm: (Interval & { offset: number }) | undefined

  /** `zone` must be one that `isZone` knows. */
  constructor(zone: string) {
    this.zone = zone
    this.#zone = IANAZone.create(zone)
  }

  static isZone(zone: string): boolean {
    // `create` remembers what it has made: a look at every start of a timer must not build a formatter.
    return IANAZone.create(zone).isValid
  }

  /** What the clock shows at an instant. */
  read(at: number): number {
    return at + this.#offset(at)
  }

  dayOf(at: number): number {
    return Math.floor(this.read(at) / DAY_MS)
  }

  /**
   * Every instant at which the clock shows a time from `from` to `to`. A time that is left out in spring gives no instant, one
   * that comes twice in autumn gives both: the result may be empty or have several parts.
   */
  instants(from: number, to: number): Interval[] {
    return this.#constant(from - LARGEST_OFFSET_MS, to + LARGEST_OFFSET_MS).flatMap((part) => {
      const start = Math.max(part.from, from - part.offset)
      const end = Math.min(part.to, to - part.offset)
      return start < end ? [{ from: start, to: end }] : []
    })
  }

  /** The span in parts of one offset each. Clocks are not changed twice within three days. */
  #constant(from: number, to: number): (Interval & { offset: number })[] {
    const offset = this.#offset(from)
    const last = this.#offset(to)
    if (offset === last) {
      this.#remember({ from, to, offset })
      return [{ from, to, offset }]
    }
    let before = from
    let change = to
    while (change - before > 1) {
      const middle = Math.floor((before + change) / 2)
      if (this.#offset(middle) === offset) before = middle
      else change = middle
    }
    return [
      { from, to: change, offset },
      { from: change, to, offset: last },
    ]
  }

  #offset(at: number): number {
    const calm = this.#calm
    if (calm && calm.from <= at && at <= calm.to) return calm.offset
    return this.#zone.offset(at) * MINUTE_MS
  }

  /** What joins the known time lengthens it, anything else takes its place. */
  #remember(span: Interval & { offset: number }): void {
    const calm = this.#calm
    const joins = calm && span.offset === calm.offset && span.from <= calm.to && calm.from <= span.to
    this.#calm = joins ? { ...span, from: Math.min(calm.from, span.from), to: Math.max(calm.to, span.to) } : span
  }
}
