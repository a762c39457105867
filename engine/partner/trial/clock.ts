import type { Clock } from '../../store/ports.ts'

/** The time of a trial: it stands still until a check moves it, so that waiting for an hour takes no time. */
export class TrialClock implements Clock {
  #now: number

  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }
}
