import type { Clock, Motor, NewMessage, TimerStore } from '../store/ports.ts'
import type { CrashPoint } from './crash-points.ts'
import { deriveId } from './ids.ts'

/** Longest sleep before looking for due timers by itself, milliseconds. */
const LOOK_MS = 5_000
/** A pump that dies with timers in its hands makes them late by this much; one that is slower than this fires the same messages again. */
const LEASE_MS = 5_000
const BATCH = 100

export interface TimerPumpDeps {
  timers: TimerStore
  motor: Motor
  clock: Clock
  crash: CrashPoint
  publish: (messages: NewMessage[]) => Promise<unknown>
  complain: (error: unknown) => void
}

/**
 * Turns timers that fall due into messages. The message is stored before the timer is done and its id is derived from the
 * timer, so a crash in between fires nothing twice.
 */
export class TimerPump {
  readonly #deps: TimerPumpDeps
  readonly #topic: string
  #timer: NodeJS.Timeout | undefined
  #unlisten: (() => void) | undefined
  #pumping: Promise<void> | undefined
  #active = false

  /** `topic` of the timers is also the channel that their messages go to. */
  constructor(deps: TimerPumpDeps, topic: string) {
    this.#deps = deps
    this.#topic = topic
  }

  start(): void {
    this.#active = true
    this.#unlisten = this.#deps.motor.onWake(timerWake(this.#topic), () => this.#pump())
    this.#pump()
  }

  async stop(): Promise<void> {
    this.#active = false
    this.#unlisten?.()
    clearTimeout(this.#timer)
    await this.#pumping
  }

  #pump(): void {
    if (this.#pumping || !this.#active) return
    this.#pumping = this.#fire()
      .catch((error) => this.#deps.complain(error))
      .then(async () => {
        this.#pumping = undefined
        if (!this.#active) return
        const due = (await this.#deps.timers.nextDue(this.#topic).catch(() => undefined)) ?? Number.POSITIVE_INFINITY
        if (!this.#active) return
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.#pump(), Math.min(LOOK_MS, Math.max(1, due - this.#deps.clock.now())))
        this.#timer.unref()
      })
  }

  async #fire(): Promise<void> {
    for (;;) {
      const fired = await this.#deps.timers.claimDue(this.#topic, { limit: BATCH, leaseMs: LEASE_MS })
      if (fired.length === 0) return
      this.#deps.crash('timer.before-publish')
      await this.#deps.publish(fired.map((timer) => this.#messageOf(timer.id, timer.dueAt, timer.payload)))
      this.#deps.crash('timer.after-publish')
      for (const timer of fired) await this.#deps.timers.done(timer).catch((error) => this.#deps.complain(error))
    }
  }

  #messageOf(id: string, dueAt: number, payload: NewMessage['payload']): NewMessage {
    const about = payload as { key?: string; correlationId?: string } | null
    return {
      id: deriveId('timer', this.#topic, id, String(dueAt)),
      channel: this.#topic,
      key: about?.key ?? id,
      payload,
      headers: { timer: id, due: new Date(dueAt).toISOString() },
      correlationId: about?.correlationId ?? id,
    }
  }
}

/** The motor's topic for "a timer of this topic was set". */
export function timerWake(topic: string): string {
  return `timer:${topic}`
}
