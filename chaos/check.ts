import { type Judgement, judge } from '../demo/judge.ts'
import type { ChaosEvidence, Told } from './evidence.ts'

export interface Verdict {
  /** Acknowledged inputs that are gone, and effects that they should have had. */
  lost: number
  /** Effects beyond the first. */
  doubled: number
  /** Shipments whose status went back. */
  regressed: number
  /** What is wrong, by invariant. */
  broken: Record<string, string[]>
  judgement: Judgement
  /** The latest that an agreement was told, beyond the time in which the hub could not work; seconds. */
  timerLateSeconds: number
}

const MAX_RSS_MB = 400
const MAX_WAL_MB = 256
/** How late an agreement may be told: what waits in front of it has to be done first. */
const TIMER_TOLERANCE_MS = 60_000

/** Judges a run by the promises that the hub makes (docs/reliability.md). Pure. */
export function check(evidence: ChaosEvidence): Verdict {
  const judgement = judge(evidence.demo)
  const missing = evidence.acknowledged.filter((name) => !evidence.found.has(name))
  const agreements = checkAgreements(evidence)
  const twice = toldTwice(evidence.told)
  const dead = evidence.demo.deadLetters.map(
    ({ subscription, key, code }) => `dead letter ${key} in ${subscription}: ${code}`,
  )
  const broken: Record<string, string[]> = {
    'I1 nothing acknowledged is lost': [
      ...missing.map((name) => `${name} is gone`),
      ...agreements.missing,
      ...judgement.faults.filter((fault) => !isDoubling(fault) && !isForgery(fault)),
      ...dead,
    ],
    'I2 nothing takes effect twice': [...judgement.faults.filter(isDoubling), ...twice],
    'I3 no effect without an input': [...judgement.faults.filter(isForgery), ...withoutInput(evidence)],
    'I4 a status never goes back': evidence.regressions,
    'I5 memory and disk are bounded': bounds(evidence),
    'I6 the backlog drains by itself': evidence.stuck ? ['nothing moved any more'] : [],
    'I7 an agreement is told once, not before its time and not much after': agreements.wrong,
    'I8 the audit chain holds and is complete': audit(evidence.audit),
    'I9 nothing personal or secret in clear outside the store': evidence.leaks,
    'I10 events of a shipment go out in order': [...outOfOrder(evidence.told), ...erpOutOfOrder(evidence.effects)],
    'the process ends only when it is told to': evidence.accidents,
  }
  const { erp, bookings, casesDoubled } = judgement
  return {
    lost: missing.length + agreements.missing.length + erp.missing + bookings.missing + dead.length,
    doubled: erp.doubled + bookings.doubled + casesDoubled + twice.length,
    regressed: evidence.regressions.length,
    broken: Object.fromEntries(Object.entries(broken).filter(([, lines]) => lines.length > 0)),
    judgement,
    timerLateSeconds: agreements.latestMs / 1000,
  }
}

/** Nothing lost, doubled or regressed, and no other promise broken. */
export function isGood(verdict: Verdict): boolean {
  return verdict.lost + verdict.doubled + verdict.regressed === 0 && Object.keys(verdict.broken).length === 0
}

const isForgery = (fault: string) => /wrong signature/.test(fault)
const isDoubling = (fault: string) => /\b\d+ times\b|cases opened/.test(fault)

/** The same message acted on twice, or one fact told by two messages. */
function toldTwice(told: Told[]): string[] {
  const times = (names: string[]) => {
    const counts = new Map<string, number>()
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
    return [...counts].filter(([, count]) => count > 1)
  }
  const acted = times(told.map(({ ref }) => ref))
  const refs = new Map(told.map((entry) => [entry.ref, entry]))
  const facts = times([...refs.values()].map(({ kind, fact }) => `${kind} ${fact}`))
  return [
    ...acted.map(([ref, count]) => `the witness was told ${ref} ${count} times`),
    ...facts.map(([fact, count]) => `${count} messages told of one ${fact}`),
  ]
}

/** Business keys are delivery documents, shipments, returns or telephone numbers, or names that begin with one. */
function withoutInput({ effects, sent }: ChaosEvidence): string[] {
  const known = new Set(sent)
  return effects
    .filter(({ businessKey }) => businessKey !== '' && !known.has(businessKey.split(/[:/]/)[0] ?? ''))
    .map(({ partner, kind, businessKey }) => `${partner} did ${kind} for ${businessKey}, which nobody had sent`)
}

function bounds({ maxRssMb, maxWalMb }: ChaosEvidence): string[] {
  const lines: string[] = []
  if (maxRssMb > MAX_RSS_MB) lines.push(`the hub took ${Math.round(maxRssMb)} MB of memory, more than ${MAX_RSS_MB}`)
  if (maxWalMb > MAX_WAL_MB) lines.push(`the store's log grew to ${Math.round(maxWalMb)} MB, more than ${MAX_WAL_MB}`)
  return lines
}

function checkAgreements({ told, booked }: ChaosEvidence): { missing: string[]; wrong: string[]; latestMs: number } {
  const breaches = told.filter(({ kind }) => kind === 'breach')
  const known = new Set(breaches.map(({ key }) => key))
  const wrong = breaches.flatMap(({ ref, at, dueAt = 0, lateMs = 0 }) => {
    if (at < dueAt) return [`${ref} was told ${dueAt - at} ms before it was due`]
    return lateMs > TIMER_TOLERANCE_MS ? [`${ref} was told ${Math.round(lateMs / 1000)} s late`] : []
  })
  return {
    missing: booked.filter((key) => !known.has(key)).map((key) => `the agreement about ${key} was never told`),
    wrong,
    latestMs: breaches.reduce((most, { lateMs = 0 }) => Math.max(most, lateMs), 0),
  }
}

function audit({ verified, entries, acknowledged }: ChaosEvidence['audit']): string[] {
  const lines = verified === true ? [] : [verified]
  if (entries < acknowledged) lines.push(`${acknowledged} audited reads were answered, ${entries} are in the chain`)
  return lines
}

/** Of what was told twice only the first time counts. */
function outOfOrder(told: Told[]): string[] {
  const last = new Map<string, number>()
  const seen = new Set<string>()
  const lines: string[] = []
  for (const { kind, ref, key, seq } of told) {
    if (kind !== 'event' || seq === undefined || seen.has(ref)) continue
    seen.add(ref)
    if (seq < (last.get(key) ?? 0)) lines.push(`${ref} of ${key} was told after a later one`)
    last.set(key, Math.max(seq, last.get(key) ?? 0))
  }
  return lines
}

/** A customer is billed for what was delivered, so the proof comes first. */
function erpOutOfOrder(effects: ChaosEvidence['effects']): string[] {
  const proven = new Set<string>()
  const lines: string[] = []
  for (const { kind, businessKey } of effects) {
    if (kind === 'proof-of-delivery') proven.add(businessKey)
    if (kind === 'invoice' && !proven.has(businessKey)) lines.push(`${businessKey}: an invoice before its proof`)
  }
  return lines
}
