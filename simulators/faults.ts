import { chance } from './json.ts'

/** Faults of an answer: what happens to a request on its way through a partner. */
const REQUEST_FAULTS = [
  'latency', // the answer comes `ms` late
  'timeout-after-commit', // the effect happens; after `ms` the connection is reset, an answer never comes
  'throttle', // 429 with Retry-After, as seconds or as an HTTP date
  'error', // `status` (500 unless told) in the partner's own error form
  'outage', // for `ms`: 503, or the connection cut when `form` is 'cut'
  'html', // 200 with a login page instead of the answer; the effect happens
  'truncated', // 200 with half of the JSON; the effect happens
  'drip', // the answer comes one byte per `ms`
] as const

/** Faults of a webhook. */
const WEBHOOK_FAULTS = [
  'duplicate', // sent twice
  'delay', // sent `ms` late
  'reorder', // held back until later ones of the same delivery have overtaken it
  'wrong-signature', // one attempt is signed with another secret
  'silence', // never sent
] as const

export type FaultKind = (typeof REQUEST_FAULTS)[number] | (typeof WEBHOOK_FAULTS)[number]

export interface FaultSpec {
  /** A partner's slug, or `*`. */
  partner: string
  /** An operation (or webhook event) name; absent = all. */
  operation?: string
  kind: FaultKind
  /** Share of the requests hit, 0..1; 1 unless told. */
  rate?: number
  /** How many hits until it is used up; endless unless told. */
  times?: number
  /** Milliseconds: of latency, of hanging before the reset, of the outage, of the webhook's delay. */
  ms?: number
  /** HTTP status of an `error`. */
  status?: number
  /** `seconds` or `date` for Retry-After; `refuse` or `cut` for an outage. */
  form?: 'seconds' | 'date' | 'refuse' | 'cut'
  /** Milliseconds from now until the fault begins. */
  inMs?: number
}

export interface Fault extends FaultSpec {
  id: number
  hits: number
  beginsAt: number
  endsAt: number
}

export type FaultCheck = { ok: true; spec: FaultSpec } | { ok: false; reason: string }

const isKind = (kind: unknown): kind is FaultKind =>
  [...REQUEST_FAULTS, ...WEBHOOK_FAULTS].some((known) => known === kind)

/** Checks what came in through the control endpoint. */
export function checkFault(input: unknown): FaultCheck {
  if (input === null || typeof input !== 'object') return { ok: false, reason: 'a fault is an object' }
  const fault = input as Partial<FaultSpec>
  if (typeof fault.partner !== 'string') return { ok: false, reason: 'partner: a slug or *' }
  if (!isKind(fault.kind))
    return { ok: false, reason: `kind: one of ${[...REQUEST_FAULTS, ...WEBHOOK_FAULTS].join(', ')}` }
  for (const name of ['rate', 'times', 'ms', 'status', 'inMs'] as const)
    if (fault[name] !== undefined && (typeof fault[name] !== 'number' || fault[name] < 0))
      return { ok: false, reason: `${name}: a number of at least 0` }
  return { ok: true, spec: fault as FaultSpec }
}

/** The faults that are switched on. Which request is hit follows from the seed and the order of requests alone. */
export class Faults {
  readonly #seed: string
  #faults: Fault[] = []
  #next = 1

  constructor(seed: string) {
    this.#seed = seed
  }

  add(spec: FaultSpec): Fault {
    const beginsAt = Date.now() + (spec.inMs ?? 0)
    const endsAt = spec.kind === 'outage' ? beginsAt + (spec.ms ?? 5000) : Number.POSITIVE_INFINITY
    const fault: Fault = { ...spec, id: this.#next++, hits: 0, beginsAt, endsAt }
    this.#faults.push(fault)
    return fault
  }

  list(): Fault[] {
    return this.#faults.map((fault) => ({ ...fault }))
  }

  clear(partner?: string): void {
    this.#faults = partner === undefined ? [] : this.#faults.filter((fault) => fault.partner !== partner)
  }

  /** The first fault of these kinds that hits this request or webhook. */
  hit(kinds: readonly FaultKind[], partner: string, operation: string): Fault | undefined {
    const now = Date.now()
    for (const fault of this.#faults) {
      if (!kinds.includes(fault.kind) || now < fault.beginsAt || now >= fault.endsAt) continue
      if (fault.partner !== '*' && fault.partner !== partner) continue
      if (fault.operation !== undefined && fault.operation !== operation) continue
      if (fault.times !== undefined && fault.hits >= fault.times) continue
      if (!this.#decides(fault)) continue
      fault.hits += 1
      return fault
    }
    return undefined
  }

  #tries = new Map<number, number>()

  #decides(fault: Fault): boolean {
    if (fault.rate === undefined || fault.rate >= 1) return true
    const tries = (this.#tries.get(fault.id) ?? 0) + 1
    this.#tries.set(fault.id, tries)
    return chance(this.#seed, 'fault', fault.id, tries) < fault.rate
  }
}

/**
 * A rough day, the same for the same seed: every partner is slow, full, broken and away for a while, answers get lost
 * after the effect, webhooks come twice, late, out of order or forged. Silence is left out, so that a run can end.
 */
export function roughDay(seed: string, partners: readonly string[], scale = 1): FaultSpec[] {
  return partners.flatMap((partner): FaultSpec[] => {
    const share = (name: string, most: number) => scale * most * (0.5 + chance(seed, 'share', partner, name) / 2)
    return [
      { partner, kind: 'outage', inMs: 2000 + 20_000 * chance(seed, 'outage', partner), ms: 2500, form: 'refuse' },
      { partner, kind: 'outage', inMs: 8000 + 30_000 * chance(seed, 'cut', partner), ms: 1500, form: 'cut' },
      { partner, kind: 'timeout-after-commit', rate: share('lost', 0.05), ms: 50 },
      { partner, kind: 'throttle', rate: share('throttle', 0.04) },
      { partner, kind: 'error', rate: share('error', 0.05) },
      { partner, kind: 'html', rate: share('html', 0.02) },
      { partner, kind: 'latency', rate: share('latency', 0.15), ms: 250 },
      { partner, kind: 'duplicate', rate: share('duplicate', 0.2) },
      { partner, kind: 'reorder', rate: share('reorder', 0.15) },
      { partner, kind: 'delay', rate: share('delay', 0.1), ms: 1500 },
      { partner, kind: 'wrong-signature', rate: share('forged', 0.05) },
    ]
  })
}
