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

/** A clock that goes as all others do, and can be put forward. Times are epoch milliseconds. */
export class RunningClock {
  #aheadMs: number

  constructor(start: number = Date.now()) {
    this.#aheadMs = start - Date.now()
  }

  now(): number {
    return Date.now() + this.#aheadMs
  }

  advance(milliseconds: number): void {
    this.#aheadMs += milliseconds
  }
}
