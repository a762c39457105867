import { Follower } from '../delivery/follower.ts'
import { PARTNER_PAUSED } from '../delivery/retry.ts'
import { allDocuments } from '../store/all-documents.ts'
import { isVersionLost } from '../store/failures.ts'
import type { AuditStore, DocumentStore, MessageStore, Motor, StoredDocument } from '../store/ports.ts'
import { PartnerFailure } from './failure.ts'

/**
 * `paused`: what comes in is kept, nothing of it is given to flows, and no call goes out. `draining`: new webhooks are put off, and
 * what is here is worked off.
 */
export type PartnerMode = 'running' | 'paused' | 'draining'

export interface PartnerState {
  partner: string
  mode: PartnerMode
  /** Who said so, and why; empty while nobody ever did. */
  by: string
  reason: string
  /** Epoch milliseconds. */
  since: number
  /** When nothing was left of a draining partner. */
  drainedAt?: number
}

export interface PartnerControlDeps {
  documents: DocumentStore
  messages: Pick<MessageStore, 'hold' | 'heldPartners' | 'backlog' | 'counts'>
  audit: Pick<AuditStore, 'append'>
  motor: Motor
  clock: { now(): number }
  complain: (error: unknown) => void
}

const KIND = 'partner-control'
const TOPIC = 'partner-control'
/** How soon a call to a paused partner may be tried again; the pauses of the delivery grow beyond it. */
const PAUSED_MS = 30_000
/** Two people at once: the later one wins, whoever that is. */
const ATTEMPTS = 5

/**
 * Pause, resume and drain of partners. The documents in the store say what holds; every process follows them within seconds, and puts
 * right whatever a crash has left between a document and what follows from it.
 */
export class PartnerControl {
  readonly #deps: PartnerControlDeps
  readonly #follower: Follower
  #states = new Map<string, PartnerState>()

  constructor(deps: PartnerControlDeps) {
    this.#deps = deps
    const { motor, complain } = deps
    this.#follower = new Follower({ motor, topic: TOPIC, look: () => this.#look(), complain })
  }

  /** Resolves when the state is known: what was paused before a restart is paused from the first moment on. */
  async start(): Promise<void> {
    await this.#look()
    this.#follower.start()
  }

  stop(): Promise<void> {
    return this.#follower.stop()
  }

  mode(partner: string): PartnerMode {
    return this.#states.get(partner)?.mode ?? 'running'
  }

  /** Partners about which somebody has ever said something. */
  all(): PartnerState[] {
    return [...this.#states.values()]
  }

  state(partner: string): PartnerState {
    return this.#states.get(partner) ?? { partner, mode: 'running', by: '', reason: '', since: 0 }
  }

  /** Resolves when it holds for everything that is given to flows from now on, in all processes. Saying it again changes nothing. */
  set(partner: string, mode: PartnerMode, told: { by: string; reason: string }): Promise<PartnerState> {
    return this.#follower.inTurn(() => this.#set(partner, mode, told))
  }

  async #set(partner: string, mode: PartnerMode, told: { by: string; reason: string }): Promise<PartnerState> {
    const { audit, motor, messages } = this.#deps
    for (let attempt = 1; ; attempt += 1) {
      const known = await this.#deps.documents.get<PartnerState>(KIND, partner)
      if ((known?.body.mode ?? 'running') === mode) return known?.body ?? this.state(partner)
      // First what is said, then what follows: a change without an entry must not be.
      await audit.append({
        actor: told.by,
        action: `partner.${mode}`,
        subject: partner,
        details: { reason: told.reason },
      })
      try {
        const state = { partner, mode, ...told, since: this.#deps.clock.now() }
        await this.#deps.documents.put(KIND, partner, state, { expect: known?.version ?? 0 })
        await messages.hold(partner, mode === 'paused')
        this.#states.set(partner, state)
        this.#follower.tell()
        if (mode !== 'paused') for (const { channel } of await messages.counts()) motor.wake(channel)
        return state
      } catch (error) {
        if (!isVersionLost(error) || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #look(): Promise<void> {
    const { messages } = this.#deps
    const held = new Set(await messages.heldPartners())
    const states = new Map<string, PartnerState>()
    for (const document of await allDocuments<PartnerState>(this.#deps.documents, KIND)) {
      const state = await this.#drained(document)
      states.set(state.partner, state)
      const paused = state.mode === 'paused'
      if (paused !== held.has(state.partner)) await messages.hold(state.partner, paused)
    }
    this.#states = states
  }

  /** The state, with a note in it once nothing is left of a partner that is drained. */
  async #drained({ id, version, body }: StoredDocument<PartnerState>): Promise<PartnerState> {
    if (body.mode !== 'draining' || body.drainedAt !== undefined) return body
    const { waiting, leased } = await this.#deps.messages.backlog(id)
    if (waiting + leased > 0) return body
    const drained = { ...body, drainedAt: this.#deps.clock.now() }
    await this.#deps.documents.put(KIND, id, drained, { expect: version }).catch((error) => {
      if (!isVersionLost(error)) throw error
    })
    return drained
  }
}

/** What a call to a paused partner ends with: it was not made. */
export function partnerPaused(): PartnerFailure {
  return new PartnerFailure('none', 'throttled', PARTNER_PAUSED, 'an operator has paused this partner', {
    retryAfterMs: PAUSED_MS,
  })
}
