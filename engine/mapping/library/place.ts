import { IANAZone } from 'luxon'

const DAY = 24 * 60 * 60_000
/** No zone has changed its clocks in the middle of one for a hundred years. */
const QUARTER = 15 * 60_000
/** Days, and quarters of an hour, that are remembered of a place; then it begins anew. */
const MOST = 1_000

/**
 * A zone of the tz database. What its clocks show takes the system's tables microseconds to tell, so it is remembered by the day,
 * and by the quarter of an hour on a day on which the clocks are changed: no place changes them twice on one.
 */
export class Place {
  readonly #name: string
  readonly #days = new Map<number, number | undefined>()
  readonly #quarters = new Map<number, number | undefined>()

  constructor(name: string) {
    this.#name = name
  }

  /** Minutes ahead of UTC at an instant in epoch milliseconds. */
  offset(instant: number): number {
    return (
      this.#remembered(this.#days, DAY, instant) ??
      this.#remembered(this.#quarters, QUARTER, instant) ??
      this.#told(instant)
    )
  }

  #told(instant: number): number {
    return IANAZone.create(this.#name).offset(instant)
  }

  /** Nothing for a span in which the clocks are changed. */
  #remembered(spans: Map<number, number | undefined>, length: number, instant: number): number | undefined {
    const span = Math.floor(instant / length)
    if (!spans.has(span)) {
      if (spans.size >= MOST) spans.clear()
      const [begin, end] = [this.#told(span * length), this.#told((span + 1) * length)]
      spans.set(span, begin === end ? begin : undefined)
    }
    return spans.get(span)
  }
}
