import { chance } from '../simulators/json.ts'
import type { Expectation } from '../simulators/expected.ts'

/** How far a run is. */
export interface Progress {
  orders: number
  accepted: number
  booked: number
  finished: number
  postings: number
  postingsExpected: number
}

export function progressOf(orders: number, accepted: number, expected: Expectation[]): Progress {
  const sum = (count: (entry: Expectation) => number) => expected.reduce((total, entry) => total + count(entry), 0)
  return {
    orders,
    accepted,
    booked: expected.length,
    finished: sum(({ finished }) => (finished ? 1 : 0)),
    postings: sum((entry) => entry.expected.length - entry.missing.length),
    // what is not booked yet will most likely be delivered, which is four postings
    postingsExpected: sum((entry) => entry.expected.length) + 4 * (orders - expected.length),
  }
}

/** 0 to 1. */
export function shareDone({ orders, accepted, booked, finished, postings, postingsExpected }: Progress): number {
  const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole)
  return (
    0.2 * share(accepted, orders) +
    0.2 * share(booked, orders) +
    0.2 * share(finished, orders) +
    0.4 * share(postings, postingsExpected)
  )
}

/** Everything happened that should. */
export function isComplete({ orders, accepted, finished, postings, postingsExpected }: Progress): boolean {
  return accepted === orders && finished === orders && postings === postingsExpected
}

/** At which shares of the run the hub is killed, ascending: from the seed, so that a run can be repeated. */
export function killMoments(count: number, seed: string): number[] {
  const moments = Array.from({ length: count }, (_, index) => 0.03 + 0.87 * chance(seed, 'kill', index))
  return moments.toSorted((a, b) => a - b)
}
