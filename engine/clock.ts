import type { Clock } from './store/ports.ts'

/** The wall clock; tests hand in another. */
export const systemClock: Clock = { now: () => Date.now() }
