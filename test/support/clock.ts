/** A clock that stands still until it is told to move. Times are epoch milliseconds. */
export class SettableClock {
  #now: number

  constructor(start: string | number = '2026-03-02T08:00:00Z') {
    this.#now = new Date(start).getTime()
  }

  now(): number {
    return this.#now
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }

  set(time: string | number): void {
    this.#now = new Date(time).getTime()
  }
}
