import type { Settlement, Shipment } from '../canonical/types.ts'
import { deriveId } from '../delivery/ids.ts'
import { micros, moneyOf } from '../routing/amount.ts'
import type { BillingRecord } from './billing.ts'
import type { ChargeEntry } from './entry.ts'

/** The money of a shipment in canonical form, out of what is recorded of its invoice and of its charges. */
export function settlementOf(
  shipment: Pick<Shipment, 'shipmentId' | 'orderId' | 'updatedAt' | 'proofOfDelivery'>,
  billing: BillingRecord | undefined,
  entries: readonly ChargeEntry[],
): Settlement {
  const { shipmentId, orderId, proofOfDelivery } = shipment
  const charges = entries.filter(({ kind, state }) => kind !== 'cash' && state !== 'expected')
  const cash = entries.find(({ kind }) => kind === 'cash')?.amount
  const podId = billing?.podId ?? proofOfDelivery?.podId
  const [currency] = new Set(charges.map(({ amount }) => amount.currency))
  const total = charges
    .filter(({ amount, state }) => amount.currency === currency && state !== 'refused')
    .reduce((sum, { pays, amount }) => sum + (micros((pays ?? amount).amount) ?? 0n), 0n)
  return {
    settlementId: `set_${deriveId('settlement', shipmentId)}`,
    shipmentId,
    orderId,
    status: statusOf(billing, entries),
    charges: charges.map(({ chargeId }) => chargeId),
    ...(billing?.invoice !== undefined && { invoice: billing.invoice }),
    ...(podId !== undefined && { podId }),
    ...(currency !== undefined && { freightTotal: moneyOf(total, currency) }),
    ...(cash && { cashCollected: cash }),
    updatedAt: [shipment.updatedAt, billing?.updatedAt ?? '', ...entries.map((one) => one.updatedAt)].sort().at(-1)!,
  }
}

/** Settled is what is invoiced and all of whose charges are in the books. */
function statusOf(billing: BillingRecord | undefined, entries: readonly ChargeEntry[]): Settlement['status'] {
  const asked = entries.filter(({ state }) => state !== 'expected')
  if (asked.some(({ state }) => state === 'mismatched' || state === 'proposed')) return 'disputed'
  const status = billing?.status ?? 'pending'
  const isPaid =
    asked.length > 0 && asked.every(({ state, kind }) => kind === 'cash' || state === 'posted' || state === 'refused')
  const inBooks = asked.some(({ state }) => state === 'posted')
  return (status === 'released' || status === 'corrected') && isPaid && inBooks ? 'settled' : status
}
