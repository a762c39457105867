import { PARTNER_DRAFT } from '../../delivery/retry.ts'
import { CartageError } from '../../errors.ts'
import type { AuditStore, Clock, DocumentStore, Motor } from '../../store/ports.ts'
import { PartnerFailure } from '../failure.ts'
import type { Manifest, Profile } from '../profile-types.ts'
import { invalid } from './slug.ts'
import { forgetTrials } from './trial-proof.ts'

/** `draft`: nothing new is booked. `tested`: a trial went well. `live`: somebody has let it go. */
export type PartnerStatus = Manifest['status']
const STATUSES: readonly PartnerStatus[] = ['draft', 'tested', 'live']

export interface StatusStep {
  from: PartnerStatus
  to: PartnerStatus
  by: string
  /** Epoch milliseconds. */
  at: number
  why: string
  /** The trial that showed it. */
  trial?: string
  score?: TrialScore
}

export interface TrialScore {
  passed: number
  failed: number
  skipped: number
}

/** The newest trial of a partner as it is now. */
export interface TrialProof {
  id: string
  score: TrialScore
  /** Titles of the checks that must pass and did not. */
  failed: string[]
}

export interface StatusRecord {
  status: PartnerStatus
  /** The newest last. */
  history: StatusStep[]
}

export interface PartnerStatusesDeps {
  documents: DocumentStore
  audit: Pick<AuditStore, 'append'>
  motor: Motor
  clock: Clock
  profiles: ReadonlyMap<string, Profile>
  /** undefined while the partner as it is now has not been tried to the end. */
  proof: (slug: string) => Promise<TrialProof | undefined>
  complain: (error: unknown) => void
}

const KIND = 'partner-status'
const TOPIC = 'partner-status'
/** How often each process looks for what others have said, should a wake-up have been lost. */
const LOOK_MS = 2_000
const PAGE = 200
const KEPT_STEPS = 100
const LONGEST_WHY = 500
/** How soon a booking at a draft may be tried again; the pauses of the delivery grow beyond it. */
const DRAFT_MS = 30_000
/** How templates name operations that begin something new; what follows from it goes on in a draft, too. */
const BEGINS = /^(book|create|plan|dispatch|place|register)/

/** How far each partner has come. Who said so and when is kept, and every process follows. */
export class PartnerStatuses {
  readonly #deps: PartnerStatusesDeps
  #records = new Map<string, StatusRecord>()
  #timer: NodeJS.Timeout | undefined
  #unlisten: (() => void) | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: PartnerStatusesDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    await this.#look()
    const look = () => {
      this.#turn = this.#turn.then(() => this.#look()).catch((error) => this.#deps.complain(error))
    }
    this.#unlisten = this.#deps.motor.onWake(TOPIC, look)
    this.#timer = setInterval(look, LOOK_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#unlisten?.()
    await this.#turn
  }

  /** A template begins as its manifest says. */
  of(slug: string): PartnerStatus {
    return this.#records.get(slug)?.status ?? this.#deps.profiles.get(slug)?.status ?? 'draft'
  }

  record(slug: string): StatusRecord {
    return this.#records.get(slug) ?? { status: this.of(slug), history: [] }
  }

  /** What stands against an operation now; undefined when nothing does. */
  against(slug: string, operation: string): PartnerFailure | undefined {
    return this.of(slug) === 'draft' && BEGINS.test(operation) ? partnerDraft() : undefined
  }

  /**
   * Draft to tested needs a trial without a failure of what must pass, and so does tested to live; back to draft needs a reason.
   * @throws CartageError refused `partner.not-tested` with the failed `checks`; invalid `partner.status`, `partner.why`
   */
  set(slug: string, to: unknown, told: { by: string; why?: unknown }): Promise<StatusRecord> {
    const done = this.#turn.then(() => this.#set(slug, to, told))
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #set(slug: string, wanted: unknown, { by, why = '' }: { by: string; why?: unknown }): Promise<StatusRecord> {
    const { documents, audit, clock, motor } = this.#deps
    const to = STATUSES.find((status) => status === wanted)
    if (!to) throw invalid('partner.status', 'to', `must be one of ${STATUSES.join(', ')}`)
    const reason = whyOf(why, to)
    const known = await documents.get<StatusRecord>(KIND, slug)
    const { status: from, history } = known?.body ?? { status: this.of(slug), history: [] }
    if (from === to) return { status: from, history }
    const proof = to === 'draft' ? undefined : await this.#proven(slug, from, to)
    const step = { from, to, by, at: clock.now(), why: reason, ...(proof && { trial: proof.id, score: proof.score }) }
    // First what is said, then what follows: a change without an entry must not be.
    const details = { from, why: reason, ...(proof && { trial: proof.id, score: { ...proof.score } }) }
    await audit.append({ actor: by, action: `partner.${to}`, subject: slug, details })
    const record = { status: to, history: [...history, step].slice(-KEPT_STEPS) }
    await documents.put(KIND, slug, record, { expect: known?.version ?? 0 }).catch(changedMeanwhile)
    this.#records.set(slug, record)
    motor.wake(TOPIC)
    return record
  }

  async #proven(slug: string, from: PartnerStatus, to: PartnerStatus): Promise<TrialProof> {
    if (from === 'live') throw invalid('partner.status', 'to', 'must be draft: what is live is tested already')
    if (from === 'draft' && to === 'live') throw notTested('A draft is tested first, and then goes live.', [])
    const proof = await this.#deps.proof(slug)
    if (!proof) throw notTested('The partner as it is now has not been tested to the end.', [])
    if (proof.failed.length > 0) throw notTested('The last test failed where it must not.', proof.failed)
    return proof
  }

  /** Drops what is known of a partner that is gone. */
  async forget(slug: string): Promise<void> {
    await forgetTrials(this.#deps.documents, slug)
    await this.#deps.documents.delete(KIND, slug)
    this.#records.delete(slug)
    this.#deps.motor.wake(TOPIC)
  }

  async #look(): Promise<void> {
    const records = new Map<string, StatusRecord>()
    let after: string | undefined
    do {
      const page = { limit: PAGE, ...(after !== undefined && { after }) }
      const { items, next } = await this.#deps.documents.page<StatusRecord>(KIND, page)
      for (const { id, body } of items) if (STATUSES.includes(body.status)) records.set(id, body)
      after = next
    } while (after !== undefined)
    this.#records = records
  }
}

/** What a booking at a draft ends with: it was not made, and waits until the partner is let go. */
function partnerDraft(): PartnerFailure {
  return new PartnerFailure('none', 'throttled', PARTNER_DRAFT, 'it is a draft: nothing is booked until it is tested', {
    retryAfterMs: DRAFT_MS,
  })
}

function whyOf(why: unknown, to: PartnerStatus): string {
  const text = typeof why === 'string' ? why.trim() : undefined
  if (text === undefined || text.length > LONGEST_WHY || !text.isWellFormed())
    throw invalid('partner.why', 'why', `must be a text of at most ${LONGEST_WHY} characters`)
  if (to === 'draft' && text === '') throw invalid('partner.why', 'why', 'must say why it goes back to draft')
  return text
}

function notTested(message: string, checks: string[]): CartageError {
  return Object.assign(new CartageError('refused', 'partner.not-tested', message), { checks })
}

function changedMeanwhile(error: unknown): never {
  if (!(error instanceof CartageError) || error.code !== 'store.version') throw error
  throw new CartageError('refused', 'partner.changed', 'Somebody else has changed this partner meanwhile: look again.')
}
