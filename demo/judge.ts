import type { Expectation } from '../simulators/expected.ts'
import { POSTINGS } from '../simulators/expected.ts'
import type { PartnerSummary } from '../simulators/ledger.ts'
import type { DeadLetter } from './hub.ts'
import type { Effect } from './partners.ts'
import type { Release } from './release.ts'

/** What was found out about a run: the orders, what the partners' ledgers say, and what the hub has given up. */
export interface Evidence {
  /** Delivery documents of all orders. */
  references: string[]
  releases: Release[]
  expected: Expectation[]
  summary: Record<string, PartnerSummary>
  erpEffects: Effect[]
  deadLetters: DeadLetter[]
}

export interface Count {
  expected: number
  present: number
  missing: number
  doubled: number
}

/** Milliseconds. */
export interface Quantiles {
  p50: number
  p99: number
}

export interface Judgement {
  orders: number
  accepted: number
  booked: number
  bookings: { missing: number; doubled: number }
  delivered: number
  failed: number
  returned: number
  cancelled: number
  /** Orders by how the courier played them. */
  outcomes: Record<string, number>
  unfinished: number
  erp: Count & { unexpected: number; byKind: Record<string, Count> }
  cases: number
  casesDoubled: number
  deadLetters: number
  /** Dead letters that no fault of a partner explains. */
  deadLettersUnexpected: number
  latencyMs: { orderToBooking: Quantiles; eventToErp: Quantiles }
  /** Webhooks with a wrong signature: how many were refused, and how many the hub fell for. */
  forgeries: { refused: number; accepted: number }
  /** What is wrong, one line each, with the reference it is about. */
  faults: string[]
}

const DELIVERED = ['delivered', 'second-attempt', 'partial']
const FAILED = ['refused', 'failed']
/** Postings that cannot be taken back: wrong when the delivery's end does not call for them. */
const FINAL = ['proof-of-delivery', 'invoice', 'return']
/** May come several times to one delivery: they are written line by line, or say nothing that counts. */
const REPEATABLE = ['delivery-quantity', 'delivery-update', 'delivery-date', 'milestone']

/** A message went out, the answer was lost, and its sender cannot be asked: by design a person finds out. */
const UNKNOWN_OUTCOME = 'effect.unknown-outcome'

/** Judges a run by the partners' ledgers. Pure. */
export function judge(evidence: Evidence): Judgement {
  const { references, releases, summary, deadLetters } = evidence
  const byReference = new Map(evidence.expected.map((entry) => [entry.reference, entry]))
  const plays = references.flatMap((reference) => byReference.get(reference) ?? [])
  const faults = [...releases.filter((one) => !one.accepted).map(notAccepted)]
  const missingBookings = references.filter((reference) => !byReference.has(reference))
  faults.push(...missingBookings.map((reference) => `${reference}: no courier was booked`))
  for (const play of plays) faults.push(...wrongWith(play))
  const erp = countErp(references, byReference)
  const cases = casesOf(summary, faults)
  const outcomes: Record<string, number> = {}
  for (const { outcome } of plays) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  const among = (names: string[]) => plays.filter((play) => play.finished && names.includes(play.outcome))
  const hooks = Object.values(summary).map(({ webhooks }) => webhooks)
  const forgeries = {
    refused: hooks.reduce((sum, one) => sum + one.refusedForgeries, 0),
    accepted: hooks.reduce((sum, one) => sum + one.acceptedForgeries, 0),
  }
  if (forgeries.accepted > 0) faults.push(`${forgeries.accepted} webhooks with a wrong signature were accepted`)
  return {
    orders: references.length,
    accepted: releases.filter((one) => one.accepted).length,
    booked: plays.length,
    bookings: {
      missing: missingBookings.length,
      doubled: plays.reduce((sum, { bookingsDoubled }) => sum + bookingsDoubled, 0),
    },
    delivered: among(DELIVERED).length,
    failed: among(FAILED).length,
    returned: plays.filter(({ present }) => (present.return ?? 0) > 0).length,
    cancelled: among(['cancelled']).length,
    outcomes,
    unfinished: references.length - plays.filter(({ finished }) => finished).length,
    erp,
    ...cases,
    deadLetters: deadLetters.length,
    deadLettersUnexpected: deadLetters.filter(({ code }) => code !== UNKNOWN_OUTCOME).length,
    latencyMs: latencies(evidence, plays),
    forgeries,
    faults,
  }
}

function notAccepted({ reference, problem, tries }: Release): string {
  return `${reference}: not accepted after ${tries} tries: ${problem ?? 'no answer'}`
}

function wrongWith(play: Expectation): string[] {
  const { reference, outcome, partner } = play
  const say = (words: string) => `${reference} (${outcome}, ${partner}): ${words}`
  const lines: string[] = []
  if (!play.finished) lines.push(say('the courier has not come to the end, or its webhooks were not accepted'))
  if (play.bookingsDoubled > 0) lines.push(say(`booked ${play.bookings} times`))
  for (const kind of play.missing) lines.push(say(`no ${kind} in the ERP`))
  for (const [kind, times] of Object.entries(play.present))
    if (times > 1 && !REPEATABLE.includes(kind)) lines.push(say(`${times} times ${kind} in the ERP`))
  for (const kind of unexpected(play)) lines.push(say(`${kind} in the ERP, which this ending does not call for`))
  return lines
}

function unexpected({ expected, present, finished }: Expectation): string[] {
  return finished ? FINAL.filter((kind) => (present[kind] ?? 0) > 0 && !expected.includes(kind)) : []
}

/** An order that nobody carried counts as if all that a delivery leads to were missing. */
function countErp(references: string[], byReference: Map<string, Expectation>): Judgement['erp'] {
  const byKind: Record<string, Count> = {}
  let strangers = 0
  for (const reference of references) {
    const play = byReference.get(reference)
    const expected = play?.expected ?? POSTINGS.delivered ?? []
    const present = play?.present ?? {}
    if (play !== undefined) strangers += unexpected(play).length
    for (const kind of new Set([...expected, ...Object.keys(present)])) {
      byKind[kind] ??= { expected: 0, present: 0, missing: 0, doubled: 0 }
      const [count, times] = [byKind[kind], present[kind] ?? 0]
      const wanted = expected.includes(kind)
      if (wanted) count.expected += 1
      if (wanted && times === 0) count.missing += 1
      if (times > 0) count.present += 1
      if (!REPEATABLE.includes(kind)) count.doubled += Math.max(0, times - 1)
    }
  }
  const total = { expected: 0, present: 0, missing: 0, doubled: 0 }
  for (const count of Object.values(byKind)) {
    total.expected += count.expected
    total.missing += count.missing
    total.doubled += count.doubled
  }
  total.present = total.expected - total.missing
  return { ...total, unexpected: strangers, byKind }
}

function casesOf(summary: Record<string, PartnerSummary>, faults: string[]): { cases: number; casesDoubled: number } {
  const totals = Object.values(summary).reduce((sum, { totals }) => sum + (totals.case ?? 0), 0)
  const doubled = Object.values(summary).flatMap((partner) => partner.doubled.filter(({ kind }) => kind === 'case'))
  faults.push(...doubled.map(({ businessKey, times }) => `${businessKey}: ${times} cases opened`))
  return { cases: totals, casesDoubled: doubled.reduce((sum, { times }) => sum + times - 1, 0) }
}

function latencies({ releases, erpEffects }: Evidence, plays: Expectation[]): Judgement['latencyMs'] {
  const proofs = new Map<string, number>()
  for (const { kind, businessKey, at } of erpEffects)
    if (kind === 'proof-of-delivery' && !proofs.has(businessKey)) proofs.set(businessKey, Date.parse(at))
  const toErp = plays.flatMap(({ reference, outcome, concludedAt }) => {
    const posted = proofs.get(reference)
    const told = concludedAt !== undefined && DELIVERED.includes(outcome)
    return told && posted !== undefined ? [Math.max(0, posted - Date.parse(concludedAt))] : []
  })
  const toBooking = releases.flatMap(({ bookedAfterMs }) => (bookedAfterMs === undefined ? [] : [bookedAfterMs]))
  return { orderToBooking: quantiles(toBooking), eventToErp: quantiles(toErp) }
}

/** Nearest-rank quantiles; 0 when nothing was measured. */
export function quantiles(values: number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0)
  return { p50: at(0.5), p99: at(0.99) }
}

/** Nothing missing, nothing doubled, nothing wrong, and nothing left for a person. */
export function isGood(judgement: Judgement): boolean {
  const { orders, accepted, faults, erp, deadLettersUnexpected } = judgement
  const wrong = faults.length + erp.missing + erp.doubled + deadLettersUnexpected
  return accepted === orders && wrong === 0
}
