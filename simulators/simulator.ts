import type { Documents } from './documents.ts'
import type { Call, Reply, Route } from './http.ts'
import type { Json } from './json.ts'
import type { Ledger } from './ledger.ts'
import type { Playbook } from './playbook.ts'
import type { Webhooks } from './webhooks.ts'

export interface Signing {
  body: Buffer
  /** The path of the hub's webhook address, for schemes that sign it. */
  path: string
  at: Date
  /** Another secret than the agreed one: a forgery. */
  secret: string | undefined
}

/** The other side of one wire. Its routes are below `/<slug>` of the simulators' one server. */
export interface Simulator {
  slug: string
  routes: Route[]
  /** The partner's answer to a caller whom it does not know; undefined lets the call in. */
  authorise: (call: Call) => Reply | undefined
  /** The partner's own rate limit; undefined lets the call in. */
  limit?: (call: Call) => Reply | undefined
  /** An error in the partner's own form: for faults, unknown paths and unreadable bodies. */
  error: (status: number) => Reply
  /** Signature headers of a webhook. */
  sign?: (signing: Signing) => Record<string, string>
  /** What beyond a 2xx the partner wants to see in the hub's answer. */
  accepts?: (status: number, answer: string) => boolean
  /** Plays one step of a journey that it has begun. */
  play?: (step: string, id: string, occurredAt: Date) => void
  /** How the partner checks the hub's webhook address when it is registered. */
  validation?: { method: 'GET' | 'HEAD'; query: string; good: (status: number, answer: string) => boolean }
  /** How many requests the partner works on at a time; more are answered with 429. */
  concurrent?: number
}

/** What every simulator stands on. */
export interface World {
  ledger: Ledger
  documents: Documents
  playbook: Playbook
  webhooks: Webhooks
  seed: string
  speed: number
  /** What time it is in the partners' world, epoch milliseconds. */
  now: () => number
  /** The address under which the hub reaches a partner. */
  url: (slug: string) => string
  /** Tells the road that a parcel is on its way to a door. */
  onTheRoad: (stop: RoadStop) => void
  log: (message: string) => void
}

export interface RoadStop {
  /** Delivery document. */
  reference: string
  lat: number
  lon: number
}

/** A token bucket: `perSecond` refilled, `burst` at most. Returns the milliseconds to wait, 0 when let in. */
export function bucket(perSecond: number, burst: number, clock: () => number = Date.now): (cost?: number) => number {
  let tokens = burst
  let at = clock()
  return (cost = 1) => {
    const now = clock()
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond)
    at = now
    if (tokens < cost) return Math.ceil(((cost - tokens) / perSecond) * 1000)
    tokens -= cost
    return 0
  }
}

/** Answers JSON. */
export const json = (status: number, body: Json, more: Partial<Reply> = {}): Reply => ({ status, body, ...more })
