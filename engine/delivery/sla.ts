import type { DocumentStore, Motor, StoredDocument, TimerStore } from '../store/ports.ts'
import { Calendar } from './calendar.ts'
import type { CalendarPlan } from './calendar-plan.ts'
import { deriveId } from './ids.ts'
import { climbed, ladderOf } from './sla-ladder.ts'
import { type Term, termDates } from './sla-term.ts'
import { timerWake } from './timer-pump.ts'

/** One running agreement: "this must have happened by then". Kept as a document of kind `sla`. */
export interface SlaState {
  timer: string
  /** The business object it is about. */
  key: string
  state: 'running' | 'paused' | 'stopped' | 'breached'
  /** Epoch milliseconds. */
  startedAt: number
  dueAt: number
  warnAt: number
  /** While paused: what was left of the time that counts, milliseconds. */
  remainingMs?: number
  warnRemainingMs?: number
  /** How long after the breach to escalate, step by step, in time that counts, milliseconds. */
  ladder?: number[]
  /** The last step that was told. */
  step?: number
  /** When the next step is due; paused with it, `remainingMs` is what was left until then. */
  nextAt?: number
  /** What its time is counted by, as it was at the start: changing a calendar moves no timer that runs. */
  calendar?: CalendarPlan
  correlationId: string
}

/** What a due timer says; the payload of the message on channel `sla.<timer>`. */
export interface SlaNotice {
  timer: string
  key: string
  phase: 'warning' | 'breach' | 'escalation'
  /** Of an escalation, from 1. */
  step?: number
  /** When the agreement was due. */
  dueAt: number
  correlationId: string
}

export interface SlaStart {
  timer: string
  key: string
  /** When the clock began, epoch milliseconds: the acceptance of the message that starts it, so that a redelivery starts the same. */
  startedAt: number
  term: Term
  calendar?: Calendar
  /** Share of the time after which to warn, 0..1. */
  warnShare: number
  /** Minutes after the breach, in time that counts, growing. */
  ladder?: readonly number[]
  /** A clock that runs, is paused or has run out begins anew. */
  anew?: boolean
  correlationId: string
}

type Deps = { timers: TimerStore; documents: DocumentStore; motor: Motor }

/** The channel on which an agreement's warnings and breaches arrive. */
export function slaChannel(timer: string): string {
  return `sla.${timer}`
}

/** Service level agreements as rows, not memory: they survive restarts, warn once, breach once and escalate step by step. */
export class SlaTimers {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Start the clock for a key; a second start while it runs changes nothing. `invalid` for a time, a ladder or a calendar that is none. */
  async start(start: SlaStart): Promise<SlaState> {
    const { timer, key, startedAt, term, calendar, warnShare, correlationId, anew = false } = start
    const { warnAt, dueAt } = termDates(startedAt, term, warnShare, calendar)
    const ladder = ladderOf(start.ladder)
    const known = await this.#find(timer, key)
    const goesOn = known && known.body.state !== 'stopped' && !anew
    if (known && (goesOn || known.body.startedAt >= startedAt)) {
      await this.#rearm(known.body)
      return known.body
    }
    const state: SlaState = {
      timer,
      key,
      state: 'running',
      startedAt,
      dueAt,
      warnAt,
      ...(ladder && { ladder }),
      ...(calendar && { calendar: calendar.plan }),
      correlationId,
    }
    await this.#put(state, known?.version ?? 0)
    if (known) await this.#cancel(known.body)
    await this.#schedule(state)
    return state
  }

  /**
   * What was to happen has happened. False when no clock runs for the key. `toldAt` (epoch ms): when that was told. A start that was
   * told before, and comes by only now, then starts nothing.
   */
  async stop(timer: string, key: string, toldAt?: number): Promise<boolean> {
    if (
      await this.#change(timer, key, (state) =>
        state.state === 'stopped' ? undefined : { ...state, state: 'stopped' },
      )
    )
      return true
    if (toldAt === undefined || (await this.#find(timer, key))) return false
    const before = toldAt - 1
    await this.#put(
      { timer, key, state: 'stopped', startedAt: before, dueAt: before, warnAt: before, correlationId: '' },
      0,
    )
    return false
  }

  /** Hold the clock at `now`, or the ladder behind it; what is left is kept. */
  async pause(timer: string, key: string, now: number): Promise<boolean> {
    return this.#change(timer, key, (state) => {
      const left = countedBetween(state)
      if (state.state === 'breached' && state.nextAt !== undefined)
        return { ...state, state: 'paused', remainingMs: left(now, state.nextAt) }
      if (state.state !== 'running') return undefined
      return {
        ...state,
        state: 'paused',
        remainingMs: left(now, state.dueAt),
        warnRemainingMs: left(now, state.warnAt),
      }
    })
  }

  async resume(timer: string, key: string, now: number): Promise<boolean> {
    return this.#change(timer, key, (state) => {
      if (state.state !== 'paused') return undefined
      const { remainingMs = 0, warnRemainingMs = 0, ...rest } = state
      const after = countedAfter(state)
      if (state.nextAt !== undefined) return { ...rest, state: 'breached', nextAt: after(now, remainingMs) }
      const dueAt = after(now, remainingMs)
      // Warned before the pause: once is enough.
      return { ...rest, state: 'running', dueAt, warnAt: warnRemainingMs > 0 ? after(now, warnRemainingMs) : dueAt }
    })
  }

  /** A notice arrived: true when it still holds. A breach ends the clock and begins the ladder; seen again (redelivery) it holds again. */
  async holds(notice: SlaNotice): Promise<boolean> {
    const known = await this.#find(notice.timer, notice.key)
    if (!known || known.body.dueAt !== notice.dueAt) return false
    const state = known.body
    if (notice.phase === 'warning') return state.state === 'running'
    const told = notice.phase === 'breach' ? 0 : (notice.step ?? 0)
    const isNext = told === 0 ? state.state === 'running' : state.state === 'breached' && told === (state.step ?? 0) + 1
    if (!isNext && state.state !== 'breached') return false
    const now = isNext ? climbed(state, told, countedAfter(state)) : state
    if (isNext) await this.#put(now, known.version)
    if (now.nextAt !== undefined) await this.#rearm(now)
    return true
  }

  async #change(timer: string, key: string, change: (state: SlaState) => SlaState | undefined): Promise<boolean> {
    const known = await this.#find(timer, key)
    const next = known && change(known.body)
    if (known && !next) await this.#rearm(known.body)
    if (!known || !next) return false
    await this.#put(next, known.version)
    await this.#cancel(known.body)
    await this.#rearm(next)
    return true
  }

  async #schedule(state: SlaState): Promise<void> {
    const topic = slaChannel(state.timer)
    const { timers, motor } = this.#deps
    await Promise.all(
      noticesOf(state).map(({ id, at, ...payload }) => timers.schedule({ id, topic, dueAt: at, payload })),
    )
    motor.wake(timerWake(topic))
  }

  /**
   * The state is written before the timers. A crash in between leaves them as they were, so each further call puts right
   * what the state says; a notice that was given already has the same id and is not given again.
   */
  async #rearm(state: SlaState): Promise<void> {
    const last = noticesOf(state).at(-1)
    if (last) {
      const set = await this.#deps.timers.get(last.id)
      if (set?.dueAt !== last.at) await this.#schedule(state)
    } else await this.#cancel(state)
  }

  async #cancel(state: SlaState): Promise<void> {
    await Promise.all(PHASES.map((phase) => this.#deps.timers.cancel(timerId(state, phase))))
  }

  #find(timer: string, key: string): Promise<StoredDocument<SlaState> | undefined> {
    return this.#deps.documents.get<SlaState>('sla', deriveId('sla', timer, key))
  }

  async #put(state: SlaState, expect: number): Promise<void> {
    const id = deriveId('sla', state.timer, state.key)
    await this.#deps.documents.put<SlaState>('sla', id, state, {
      expect,
      references: [{ type: 'sla', value: state.key }],
    })
  }
}

/** Time that counts, from one instant to another. */
function countedBetween({ calendar: plan }: SlaState): (from: number, to: number) => number {
  if (!plan) return (from, to) => to - from
  const calendar = new Calendar(plan)
  return (from, to) => calendar.between(from, to)
}

/** When so much time that counts has passed. */
function countedAfter({ calendar: plan }: SlaState): (from: number, milliseconds: number) => number {
  if (!plan) return (from, milliseconds) => from + milliseconds
  const calendar = new Calendar(plan)
  return (from, milliseconds) => calendar.add(from, milliseconds)
}

const PHASES: readonly SlaNotice['phase'][] = ['warning', 'breach', 'escalation']

/** Each step has a timer of its own: the one before may still be in the hands of whoever fires it. */
function timerId({ timer, key, step = 0 }: SlaState, phase: SlaNotice['phase']): string {
  return phase === 'escalation'
    ? deriveId('sla-escalation', timer, key, String(step + 1))
    : deriveId(`sla-${phase}`, timer, key)
}

/** What is still to be told as things stand, and when; the last of them last. */
function noticesOf(state: SlaState): (SlaNotice & { id: string; at: number })[] {
  const { timer, key, dueAt, warnAt, nextAt, correlationId } = state
  const notice = (phase: SlaNotice['phase'], at: number, more: { step?: number } = {}) => {
    return { id: timerId(state, phase), at, timer, key, dueAt, correlationId, phase, ...more }
  }
  if (state.state === 'breached')
    return nextAt === undefined ? [] : [notice('escalation', nextAt, { step: (state.step ?? 0) + 1 })]
  if (state.state !== 'running') return []
  // A warning at the very end would only say what the breach says.
  return [...(warnAt < dueAt ? [notice('warning', warnAt)] : []), notice('breach', dueAt)]
}
