import type { Case, CaseReference, Shipment } from '../canonical/types.ts'

/** What is noted of a case. `kind` and `cause` count when it is new: what it is about, and for which event it was opened. */
export interface CaseFacts extends Pick<Case, 'caseId' | 'status' | 'externalId'> {
  kind?: Case['kind']
  cause?: string
}

/** As the schema has it; the oldest go first. */
const MOST_CASES = 100

/**
 * The shipment with the case as it is now. A solved case is no longer an open one, but still finds the shipment, as does the CRM's
 * number. Noted again it changes nothing; opened again by the CRM it is open.
 * @param now RFC 3339
 */
export function withCase(shipment: Shipment, facts: CaseFacts, now: string): Shipment {
  const { caseId: _newest, cases: known = [], ...rest } = shipment
  const cases = [...known.filter(({ caseId }) => caseId !== facts.caseId), changed(known, facts, now)].slice(
    -MOST_CASES,
  )
  const newest = cases.findLast(({ status }) => status === 'open')?.caseId
  return { ...rest, references: withNames(rest.references, facts), cases, ...(newest && { caseId: newest }) }
}

function changed(known: CaseReference[], { caseId, status, kind, cause }: CaseFacts, now: string): CaseReference {
  const fresh: Omit<CaseReference, 'status'> = { caseId, kind: kind ?? 'other', ...(cause && { cause }), openedAt: now }
  const { closedAt, ...before } = known.find((one) => one.caseId === caseId) ?? fresh
  return { ...before, status, ...(status === 'solved' && { closedAt: closedAt ?? now }) }
}

function withNames(references: Shipment['references'], { caseId, externalId }: CaseFacts): Shipment['references'] {
  const known = new Set(references.filter(({ type }) => type === 'case').map(({ value }) => value))
  const names = [...new Set([caseId, externalId])].filter((value) => value !== undefined && !known.has(value))
  return [...references, ...names.map((value) => ({ type: 'case', value: value! }))]
}
