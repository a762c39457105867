import type { DocumentStore, Motor, StoredDocument, TimerStore } from '../store/ports.ts'
import { Calendar } from './calendar.ts'
import type { CalendarPlan } from './calendar-plan.ts'
import { deriveId } from './ids.ts'
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
  /** What its time is counted by, as it was at the start: changing a calendar moves no timer that runs. */
  calendar?: CalendarPlan
  correlationId: string
}

/** What a due timer says; the payload of the message on channel `sla.<timer>`. */
export interface SlaNotice {
  timer: string
  key: string
  phase: 'warning' | 'breach'
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
  correlationId: string
}

type Deps = { timers: TimerStore; documents: DocumentStore; motor: Motor }

/** The channel on which an agreement's warnings and breaches arrive. */
export function slaChannel(timer: string): string {
  return `sla.${timer}`
}

/** Service level agreements as rows, not memory: they survive restarts, warn once and breach once. */
export class SlaTimers {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Start the clock for a key; a second start while it runs changes nothing. `invalid` for a time or a calendar that is none. */
  async start(start: SlaStart): Promise<SlaState> {
    const { timer, key, startedAt, term, calendar, warnShare, correlationId } = start
    const { warnAt, dueAt } = termDates(startedAt, term, warnShare, calendar)
    const known = await this.#find(timer, key)
    if (known && (known.body.state !== 'stopped' || known.body.startedAt >= startedAt)) {
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
      ...(calendar && { calendar: calendar.plan }),
      correlationId,
    }
    await this.#put(state, known?.version ?? 0)
    await this.#schedule(state)
    return state
  }

  /** What was to happen has happened. False when no clock runs for the key. */
  async stop(timer: string, key: string): Promise<boolean> {
    return this.#change(timer, key, (state) => (state.state === 'stopped' ? undefined : { ...state, state: 'stopped' }))
  }

  /** Hold the clock at `now`; what is left is kept. */
  async pause(timer: string, key: string, now: number): Promise<boolean> {
    return this.#change(timer, key, (state) => {
      if (state.state !== 'running') return undefined
      const left = countedBetween(state)
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
      const dueAt = after(now, remainingMs)
      // Warned before the pause: once is enough.
      return { ...rest, state: 'running', dueAt, warnAt: warnRemainingMs > 0 ? after(now, warnRemainingMs) : dueAt }
    })
  }

  /** A notice arrived: true when it still holds. A breach ends the clock; seen again (redelivery) it holds again. */
  async holds(notice: SlaNotice): Promise<boolean> {
    const known = await this.#find(notice.timer, notice.key)
    if (!known || known.body.dueAt !== notice.dueAt) return false
    if (notice.phase === 'warning') return known.body.state === 'running'
    if (known.body.state === 'running') await this.#put({ ...known.body, state: 'breached' }, known.version)
    return known.body.state === 'running' || known.body.state === 'breached'
  }

  async #change(timer: string, key: string, change: (state: SlaState) => SlaState | undefined): Promise<boolean> {
    const known = await this.#find(timer, key)
    const next = known && change(known.body)
    if (known && !next) await this.#rearm(known.body)
    if (!known || !next) return false
    await this.#put(next, known.version)
    await this.#cancel(known.body)
    if (next.state === 'running') await this.#schedule(next)
    return true
  }

  async #schedule(state: SlaState): Promise<void> {
    const topic = slaChannel(state.timer)
    const notice = { timer: state.timer, key: state.key, dueAt: state.dueAt, correlationId: state.correlationId }
    const [warning, breach] = idsOf(state)
    const { timers, motor } = this.#deps
    const set = [timers.schedule({ id: breach, topic, dueAt: state.dueAt, payload: { ...notice, phase: 'breach' } })]
    // A warning at the very end would only say what the breach says.
    if (state.warnAt < state.dueAt)
      set.push(timers.schedule({ id: warning, topic, dueAt: state.warnAt, payload: { ...notice, phase: 'warning' } }))
    await Promise.all(set)
    motor.wake(timerWake(topic))
  }

  /**
   * The state is written before the timers. A crash in between leaves them as they were, so each further call puts right
   * what the state says; a notice that was given already has the same id and is not given again.
   */
  async #rearm(state: SlaState): Promise<void> {
    const [, breach] = idsOf(state)
    const set = await this.#deps.timers.get(breach)
    if (state.state === 'running' && set?.dueAt !== state.dueAt) await this.#schedule(state)
    if (state.state !== 'running' && set) await this.#cancel(state)
  }

  async #cancel(state: SlaState): Promise<void> {
    await Promise.all(idsOf(state).map((id) => this.#deps.timers.cancel(id)))
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

function idsOf(state: SlaState): [warning: string, breach: string] {
  return [deriveId('sla-warning', state.timer, state.key), deriveId('sla-breach', state.timer, state.key)]
}
