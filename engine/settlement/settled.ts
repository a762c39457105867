import type { RetentionTask } from '../delivery/retention.ts'
import { chosenDocuments, oldDocuments } from '../delivery/retention-tasks.ts'
import { DAY_MS } from '../delivery/wall-clock.ts'
import type { DocumentStore } from '../store/ports.ts'
import { COURIER_INVOICE_KIND } from './charges.ts'
import { type ChargeEntry, ENTRY_KIND } from './entry.ts'

/** Charges that nobody has anything to do with any more. One that waits for a decision, or for its bill, stays, however old. */
export function settledCharges(documents: DocumentStore, days: number): RetentionTask {
  return chosenDocuments<ChargeEntry>(documents, {
    name: 'charges',
    kind: ENTRY_KIND,
    days,
    mayGo: ({ body: { kind, state } }) =>
      ['expected', 'posted', 'refused'].includes(state) || (kind === 'cash' && state === 'matched'),
  })
}

/** With what each invoice came: as long as its charges are there, it is known when it comes again another way. */
export function courierInvoices(documents: DocumentStore, days: number): RetentionTask {
  return oldDocuments(documents, COURIER_INVOICE_KIND, 'courier-invoices', days * DAY_MS)
}
