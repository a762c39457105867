import { CartageError } from '../../errors.ts'
import type { Profile } from '../profile-types.ts'
import { rosterOf } from './active.ts'
import { type PollDeps, pollOnce } from './poll-once.ts'
import type { Roster } from './roster.ts'
import { PollStates, type PollState } from './state.ts'

export interface PollerDeps extends PollDeps {
  /** Is this process the one that polls? */
  leads: () => boolean
  /** Has an operator paused the partner, or is it being drained? */
  held: () => boolean
  /** Between 0 and 1. */
  random: () => number
  complain: (error: unknown) => void
  /** How often it looks whether it is time, whether it leads and whether the partner is held back, milliseconds. */
  lookMs?: number
}

/** What there is to say about a poll. */
export interface PollReport {
  partner: string
  /** Epoch milliseconds of the last asking that went well. */
  lastOkAt?: number
  /** How much later than it should it is, milliseconds; grows while the partner is away. */
  behindMs: number
  failures: number
  error?: { code: string; message: string }
  polling: boolean
}

const LOOK_MS = 1_000
/** Nobody is asked at longer pauses than this after failures, unless the partner itself wants it. */
const LONGEST_PAUSE_MS = 30 * 60 * 1000
/** A share of each pause by which it is longer or shorter: many pollers must not ask at the same moment. */
const JITTER = 0.1

/**
 * Asks a partner again and again: at its interval, with growing pauses after failures, in one process of several. When it is next
 * time stands in the store, so that a restart neither asks at once nor forgets a pause.
 */
export class Poller {
  readonly #profile: Profile
  readonly #deps: PollerDeps
  readonly #states: PollStates
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #active = false
  readonly #stopping = new AbortController()
  #noted = false
  #state: PollState = { failures: 0 }
  #oldestDue: number | undefined

  constructor(profile: Profile, deps: PollerDeps) {
    this.#profile = profile
    this.#deps = deps
    this.#states = new PollStates(deps.documents)
  }

  /** The shipments that the partner is asked about; undefined where it is asked for what is new. */
  get roster(): Roster | undefined {
    const { id, polling } = this.#profile
    if (!polling?.active) return undefined
    const { active, everySeconds } = polling
    return rosterOf({ partner: id, active, everySeconds }, this.#deps)
  }

  start(): void {
    this.#active = true
    this.#look()
  }

  /** An answer that is waited for is given up: it is asked for again. */
  async stop(): Promise<void> {
    this.#active = false
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#working
  }

  report(): PollReport {
    const { lastOkAt, failures, error } = this.#state
    const everyMs = this.#everyMs()
    const now = this.#deps.clock.now()
    const since = this.roster ? this.#oldestDue : lastOkAt && Date.parse(lastOkAt) + everyMs * (1 + JITTER)
    return {
      partner: this.#profile.id,
      ...(lastOkAt !== undefined && { lastOkAt: Date.parse(lastOkAt) }),
      behindMs: since ? Math.max(0, now - since) : 0,
      failures,
      ...(error && { error }),
      polling: this.#working !== undefined,
    }
  }

  #look(): void {
    if (!this.#active || this.#working) return
    clearTimeout(this.#timer)
    this.#working = this.#turn()
      .catch((error) => this.#deps.complain(error))
      .then(() => {
        this.#working = undefined
        if (!this.#active) return
        this.#timer = setTimeout(() => this.#look(), this.#deps.lookMs ?? LOOK_MS)
        this.#timer.unref()
      })
  }

  /** Asks as long as there is more to ask about, if it is time. */
  async #turn(): Promise<void> {
    const { leads, held, clock } = this.#deps
    if (!leads()) {
      this.#noted = false
      return
    }
    await this.#noteAll()
    const may = () => this.#active && leads() && !held()
    for (let more = true; more && may(); ) {
      this.#state = (await this.#states.read(this.#profile.id)).state
      this.#oldestDue = await this.roster?.nextDue()
      const nextAt = Date.parse(this.#state.nextAt ?? '')
      if (nextAt > clock.now()) return
      // Of single shipments each has its own time.
      if (this.roster && (this.#oldestDue === undefined || this.#oldestDue > clock.now())) return
      more = await this.#ask()
    }
  }

  /** Once each time that this process comes to lead. */
  async #noteAll(): Promise<void> {
    if (this.#noted || !this.roster) return
    await this.roster.noteAll(() => this.#active)
    this.#noted = true
  }

  async #ask(): Promise<boolean> {
    try {
      const { more, refused } = await pollOnce(this.#profile, { ...this.#deps, signal: this.#stopping.signal })
      await this.#note(more || this.roster ? 0 : this.#everyMs(), undefined, refused)
      return more
    } catch (error) {
      const code = error instanceof CartageError ? error.code : undefined
      if (!this.#active || code === 'poll.beaten') return false
      if (code === 'partner.pace') await this.#rest(error as CartageError)
      else await this.#note(this.#pauseAfter(error), error)
      return false
    }
  }

  async #note(pauseMs: number, error?: unknown, refused?: string): Promise<void> {
    const { state, version } = await this.#states.read(this.#profile.id)
    const { error: _before, nextAt: _then, ...rest } = state
    const now = this.#deps.clock.now()
    const at = new Date(now).toISOString()
    const jitter = 1 + (this.#deps.random() * 2 - 1) * JITTER
    const next: PollState = { ...rest, lastAt: at, nextAt: new Date(now + Math.round(pauseMs * jitter)).toISOString() }
    if (error === undefined) {
      next.failures = 0
      next.lastOkAt = at
      if (refused !== undefined) next.error = { code: 'poll.refused', message: refused }
    } else {
      next.failures += 1
      if (next.failures === 1) this.#deps.complain(error)
      const { code, message } = error as { code?: unknown; message?: unknown }
      next.error = { code: typeof code === 'string' ? code : 'poll.failed', message: String(message) }
    }
    await this.#states.write(this.#profile.id, next, version)
    this.#state = next
  }

  /** Our own pace is used up for now, which is no failure of anybody. */
  async #rest({ retryAfterMs = 0 }: CartageError): Promise<void> {
    const { state, version } = await this.#states.read(this.#profile.id)
    this.#state = { ...state, nextAt: new Date(this.#deps.clock.now() + retryAfterMs).toISOString() }
    await this.#states.write(this.#profile.id, this.#state, version)
  }

  /** Doubled with each failure in a row; what the partner asks for counts more. */
  #pauseAfter(error: unknown): number {
    const wanted = error instanceof CartageError ? (error.retryAfterMs ?? 0) : 0
    const grown = Math.max(1_000, this.#everyMs()) * 2 ** Math.min(this.#state.failures, 20)
    return Math.max(wanted, Math.min(grown, Math.max(LONGEST_PAUSE_MS, this.#everyMs())))
  }

  #everyMs(): number {
    return (this.#profile.polling?.everySeconds ?? 0) * 1000
  }
}
