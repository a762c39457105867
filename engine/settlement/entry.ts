import type { Charge, Money, SignedMoney } from '../canonical/types.ts'
import { deriveId } from '../delivery/ids.ts'
import type { Agreed } from './agreed.ts'
import type { ChargeKind } from './tolerance.ts'

export const ENTRY_KIND = 'charge'

/**
 * `expected`: foreseen, nobody has asked for it yet. `matched`: as agreed. `mismatched`: finance must look. `proposed`: somebody of finance
 * would pay it. `released`: somebody else agreed. `refused`: it is not paid. `posted`: it is in the books.
 */
export const ENTRY_STATES = [
  ...(['expected', 'matched', 'mismatched', 'proposed', 'released', 'refused', 'posted'] as const),
] as const
export type EntryState = (typeof ENTRY_STATES)[number]

export interface Proposal {
  by: string
  at: string
  /** As charged, or as was agreed. */
  pay: 'charged' | 'agreed'
  reason: string
}

export interface Decision {
  by: string
  at: string
  reason?: string
}

/** A charge, or cash that a courier handed on, and what became of it. Kept as a document of kind `charge`. */
export interface ChargeEntry {
  entryId: string
  /** The biller's id of the position. */
  chargeId: string
  courier: string
  shipmentId: string
  orderId?: string
  invoice?: string
  /** How many positions the invoice has. */
  invoiceLines?: number
  kind: ChargeKind
  /** What is asked for; of cash what was handed on. */
  amount: SignedMoney
  chargedAt: string
  state: EntryState
  agreed?: Money
  agreedBy?: Agreed['by']
  /** Charged less agreed. */
  difference?: SignedMoney
  /** Why it did not match. */
  why?: string
  /** What is paid, once that is decided. */
  pays?: SignedMoney
  proposal?: Proposal
  decision?: Decision
  /** The books' own number of the bill that it is in. */
  billId?: string
  updatedAt: string
}

/** The same position of the same courier always has the same id. */
export function entryIdOf(courier: string, chargeId: string): string {
  return `chg_${deriveId('charge', courier, chargeId)}`
}

/** Whether nobody has to decide anything about it any more. */
export function isDecided({ state }: Pick<ChargeEntry, 'state'>): boolean {
  return state === 'matched' || state === 'released' || state === 'refused' || state === 'posted'
}

/** The entry as the canonical model has it; cash is no charge. */
export function chargeOf(entry: ChargeEntry): Charge {
  const { chargeId, shipmentId, orderId, invoice, invoiceLines, kind, courier, chargedAt, agreed } = entry
  const status = { expected: 'expected', mismatched: 'disputed', proposed: 'disputed', refused: 'disputed' } as const
  return {
    ...{ chargeId, shipmentId, kind: kind as Charge['kind'], amount: entry.pays ?? entry.amount, chargedBy: courier },
    ...(orderId !== undefined && { orderId }),
    ...(invoice !== undefined && { invoice }),
    ...(invoiceLines !== undefined && { invoiceLines }),
    ...(agreed && { expected: agreed }),
    status: status[entry.state as keyof typeof status] ?? 'matched',
    chargedAt,
  }
}
