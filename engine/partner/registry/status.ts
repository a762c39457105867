import { Follower } from '../../delivery/follower.ts'
import { PARTNER_DRAFT } from '../../delivery/retry.ts'
import { CartageError } from '../../errors.ts'
import { allDocuments } from '../../store/all-documents.ts'
import type { AuditStore, Clock, DocumentStore, Motor } from '../../store/ports.ts'
import { PartnerFailure } from '../failure.ts'
import type { Manifest, Profile } from '../profile-types.ts'
import { changedMeanwhile } from './changed.ts'
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

export const STATUS_KIND = 'partner-status'
const TOPIC = 'partner-status'
const KEPT_STEPS = 100
const LONGEST_WHY = 500
/** How soon a booking at a draft may be tried again; the pauses of the delivery grow beyond it. */
const DRAFT_MS = 30_000
/** How templates name operations that begin something new; what follows from it goes on in a draft, too. */
const BEGINS = /^(book|create|plan|dispatch|place|register)/

/** How far each partner has come. Who said so and when is kept, and every process follows. */
export class PartnerStatuses {
  readonly #deps: PartnerStatusesDeps
  readonly #follower: Follower
  #records = new Map<string, StatusRecord>()

  constructor(deps: PartnerStatusesDeps) {
    this.#deps = deps
    const { motor, complain } = deps
    this.#follower = new Follower({ motor, topic: TOPIC, look: () => this.#look(), complain })
  }

  async start(): Promise<void> {
    await this.#look()
    this.#follower.start()
  }

  stop(): Promise<void> {
    return this.#follower.stop()
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
    return this.#follower.inTurn(() => this.#set(slug, to, told))
  }

  async #set(slug: string, wanted: unknown, { by, why = '' }: { by: string; why?: unknown }): Promise<StatusRecord> {
    const { documents, audit, clock } = this.#deps
    const to = STATUSES.find((status) => status === wanted)
    if (!to) throw invalid('partner.status', 'to', `must be one of ${STATUSES.join(', ')}`)
    const reason = whyOf(why, to)
    const known = await documents.get<StatusRecord>(STATUS_KIND, slug)
    const { status: from, history } = known?.body ?? { status: this.of(slug), history: [] }
    if (from === to) return { status: from, history }
    const proof = to === 'draft' ? undefined : await this.#proven(slug, from, to)
    const step = { from, to, by, at: clock.now(), why: reason, ...(proof && { trial: proof.id, score: proof.score }) }
    // First what is said, then what follows: a change without an entry must not be.
    const details = { from, why: reason, ...(proof && { trial: proof.id, score: { ...proof.score } }) }
    await audit.append({ actor: by, action: `partner.${to}`, subject: slug, details })
    const record = { status: to, history: [...history, step].slice(-KEPT_STEPS) }
    await documents.put(STATUS_KIND, slug, record, { expect: known?.version ?? 0 }).catch(changedMeanwhile)
    this.#records.set(slug, record)
    this.#follower.tell()
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
    await this.#deps.documents.delete(STATUS_KIND, slug)
    this.#records.delete(slug)
    this.#follower.tell()
  }

  async #look(): Promise<void> {
    const all = await allDocuments<StatusRecord>(this.#deps.documents, STATUS_KIND)
    const known = all.filter(({ body }) => STATUSES.includes(body.status))
    this.#records = new Map(known.map(({ id, body }) => [id, body]))
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
