import { IANAZone } from 'luxon'

const DAY = 24 * 60 * 60_000
/** Days that are remembered of a place; then it begins anew. */
const MOST_DAYS = 1_000

/**
 * A zone of the tz database. What its clocks show takes the system's tables microseconds to tell, so it is remembered by the day:
 * no place changes its clocks twice on one.
 */
export class Place {
  readonly #name: string
  readonly #days = new Map<number, number | undefined>()

  constructor(name: string) {
    this.#name = name
  }

  /** Minutes ahead of UTC at an instant in epoch milliseconds. */
  offset(instant: number): number {
    const day = Math.floor(instant / DAY)
    if (!this.#days.has(day)) this.#remember(day)
    return this.#days.get(day) ?? this.#told(instant)
  }

  #told(instant: number): number {
    return IANAZone.create(this.#name).offset(instant)
  }

  /** Nothing for a day on which the clocks are changed. */
  #remember(day: number): void {
    if (this.#days.size >= MOST_DAYS) this.#days.clear()
    const [begin, end] = [this.#told(day * DAY), this.#told((day + 1) * DAY)]
    this.#days.set(day, begin === end ? begin : undefined)
  }
}
