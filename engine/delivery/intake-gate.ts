import { getHeapStatistics } from 'node:v8'
import { CartageError } from '../errors.ts'

export interface GateLimits {
  /** Requests and messages under way at once. */
  requests: number
  /** Bytes of their bodies. */
  bytes: number
  /** The part of both that one sender may take. */
  senderShare: number
  /** How late the process may be with everything it does before it takes nothing new, milliseconds. */
  lagMs: number
}

/** Called once when the request is answered, whatever came of it. */
export type Leave = () => void

interface Load {
  requests: number
  bytes: number
}

const MIB = 1024 * 1024
/** When to come again: what is under way takes milliseconds, a process that is late some seconds. */
const SOON_MS = 1_000
const LATER_MS = 3_000

/** A sixteenth of the heap for bodies: what is made of them takes several times as much. */
export function gateLimits(heapBytes: number = getHeapStatistics().heap_size_limit): GateLimits {
  const bytes = Math.min(256 * MIB, Math.max(8 * MIB, Math.floor(heapBytes / 16)))
  return { requests: 1_000, bytes, senderShare: 0.5, lagMs: 300 }
}

/**
 * Where everything comes in: what cannot be taken is turned away before it takes memory. A sender who alone has too much under way
 * is told so (429), a full hub says it to everybody (503), both with a time to come again.
 */
export class IntakeGate {
  readonly #limits: GateLimits
  readonly #lag: () => number
  readonly #senders = new Map<string, Load>()
  readonly #total: Load = { requests: 0, bytes: 0 }
  readonly #waiting: (() => void)[] = []

  /** `lag`: how late the process is at the moment, milliseconds. */
  constructor(limits: GateLimits = gateLimits(), lag: () => number = () => 0) {
    this.#limits = limits
    this.#lag = lag
  }

  get underWay(): Readonly<Load> {
    return { ...this.#total }
  }

  /** Throws `throttled` or `transient` when there is no room. `bytes`: as many as the body may have. */
  enter(sender: string, bytes: number): Leave {
    const { lagMs, senderShare } = this.#limits
    if (this.#lag() > lagMs) throw full('The hub is late with its work; nothing was stored.', LATER_MS)
    if (!this.#fits(this.#senders.get(sender), bytes, senderShare))
      throw new CartageError('throttled', 'intake.sender', 'Too many requests of this sender are under way.', {
        retryAfterMs: SOON_MS,
      })
    if (!this.#fits(this.#total, bytes, 1)) throw full('The hub has too much under way; nothing was stored.', SOON_MS)
    return this.#admit(sender, bytes)
  }

  /** For senders that are not told to come again but simply not read from: resolves when there is room, first come, first served. */
  async wait(sender: string, bytes: number): Promise<Leave> {
    if (this.#waiting.length > 0 || !this.#fits(this.#total, bytes, 1)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      while (!this.#fits(this.#total, bytes, 1)) await new Promise<void>((resolve) => this.#waiting.unshift(resolve))
    }
    return this.#admit(sender, bytes)
  }

  /** A load of nothing takes anything: one body larger than the share must not be turned away for ever. */
  #fits(load: Load | undefined, bytes: number, share: number): boolean {
    if (!load || load.requests === 0) return true
    const { requests, bytes: most } = this.#limits
    return load.requests < requests * share && load.bytes + bytes <= most * share
  }

  #admit(sender: string, bytes: number): Leave {
    const own = this.#senders.get(sender) ?? { requests: 0, bytes: 0 }
    this.#senders.set(sender, own)
    for (const load of [own, this.#total]) add(load, 1, bytes)
    let left = false
    return () => {
      if (left) return
      left = true
      for (const load of [own, this.#total]) add(load, -1, -bytes)
      if (own.requests === 0) this.#senders.delete(sender)
      this.#waiting.shift()?.()
    }
  }
}

function add(load: Load, requests: number, bytes: number): void {
  load.requests += requests
  load.bytes += bytes
}

function full(message: string, retryAfterMs: number): CartageError {
  return new CartageError('transient', 'intake.full', message, { retryAfterMs })
}
