import type { Charge, Settlement, Shipment, SignedMoney } from '../canonical/types.ts'
import { canonicalJson } from '../json.ts'
import { type Micros, micros, moneyOf } from '../routing/amount.ts'
import { unlessBeaten } from '../store/failures.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'
import { type Agreed, agreedFor, type Foreseen, type Prices } from './agreed.ts'
import { ChargeEntries } from './entries.ts'
import { type ChargeEntry, chargeOf, entryIdOf, isDecided } from './entry.ts'
import { type ChargeKind, type Tolerance, tolerates } from './tolerance.ts'

export const COURIER_INVOICE_KIND = 'courier-invoice'

export interface ChargesDeps {
  documents: DocumentStore
  clock: Clock
  /** A shipment by its id or any of its references; of several that of the courier. */
  shipmentOf: (reference: string, courier: string) => Promise<Shipment | undefined>
  pricesOf: (courier: string) => Prices | undefined
}

/** `duplicate`: the invoice came before by another way, or the position with other content. */
export interface Received {
  outcome: 'noted' | 'matched' | 'mismatched' | 'repeated' | 'duplicate'
  entry: ChargeEntry
  why?: string
}

/** What is to be entered in the books: the charges of one invoice that are paid. */
export interface Bill {
  courier: string
  invoice: string
  charges: Charge[]
}

/** The courier's side of the money: what is asked for, what was agreed, what is paid. */
export class Charges {
  readonly #deps: ChargesDeps
  readonly #entries: ChargeEntries

  constructor(deps: ChargesDeps) {
    this.#deps = deps
    this.#entries = new ChargeEntries(deps)
  }

  /**
   * A position of an invoice, matched against what was agreed. The same again changes nothing.
   * @param source what the invoice came with: the same file, the same interchange. Another one with its number is a duplicate.
   */
  async receive(charge: Charge, tolerance: Tolerance, source: string): Promise<Received> {
    const { chargeId, chargedBy: courier, orderId, invoice, invoiceLines, kind, amount, chargedAt } = charge
    const shipment = await this.#shipmentFor(courier, orderId, charge.shipmentId)
    const base = {
      ...{ entryId: entryIdOf(courier, chargeId), chargeId, courier, kind, amount, chargedAt },
      shipmentId: shipment?.shipmentId ?? charge.shipmentId,
      ...((orderId ?? shipment?.orderId) !== undefined && { orderId: orderId ?? shipment!.orderId }),
      ...(invoice !== undefined && { invoice }),
      ...(invoiceLines !== undefined && { invoiceLines }),
    }
    if (charge.status === 'expected') return this.#store({ ...base, state: 'expected' }, 'noted')
    if (invoice !== undefined && (await this.#cameBefore(courier, invoice, source)))
      return { ...this.#duplicate(base), why: `invoice ${invoice} came before by another way` }
    const verdict = await this.#verdict(charge, shipment, tolerance)
    return this.#unlessTwice(charge, await this.#store({ ...base, ...verdict }, verdict.state))
  }

  /** Cash on delivery that a courier handed on, against what it was to collect. */
  async receiveCash(settlement: Settlement, courier: string, tolerance: Tolerance): Promise<Received> {
    const { settlementId, shipmentId, orderId, cashCollected, updatedAt } = settlement
    const shipment = await this.#shipmentFor(courier, orderId, shipmentId)
    const due = shipment && wasDelivered(shipment) ? shipment.cashOnDelivery : undefined
    const amount = cashCollected ?? { amount: '0', currency: due?.currency ?? 'EUR' }
    const base = {
      ...{ entryId: entryIdOf(courier, settlementId), chargeId: settlementId, courier, kind: 'cash' as const, amount },
      ...{ shipmentId: shipment?.shipmentId ?? shipmentId, orderId, chargedAt: updatedAt },
    }
    const agreed: Agreed | string = !shipment
      ? 'no such shipment is known'
      : { amount: due ?? { amount: '0', currency: amount.currency }, by: 'order' }
    const compared = compare('cash', amount, agreed, tolerance)
    return this.#store({ ...base, ...compared }, compared.state)
  }

  /** The bill of an invoice, once all of its positions are there and decided; undefined before, and when nothing of it is paid. */
  async billOf(entryId: string): Promise<Bill | undefined> {
    const entry = await this.#entries.get(entryId)
    if (entry?.invoice === undefined || entry.kind === 'cash') return undefined
    const { courier, invoice, invoiceLines = 1 } = entry
    const all = await this.#entries.ofInvoice(courier, invoice)
    if (all.length < invoiceLines || !all.every(isDecided)) return undefined
    const paid = all.filter(({ state }) => state !== 'refused').map(chargeOf)
    return paid.length === 0 ? undefined : { courier, invoice, charges: paid }
  }

  /** The invoice is in the books. */
  async posted({ courier, invoice }: Pick<Bill, 'courier' | 'invoice'>, billId: string): Promise<void> {
    for (const { entryId } of await this.#entries.ofInvoice(courier, invoice))
      await this.#entries.change(entryId, (entry) =>
        entry.state === 'matched' || entry.state === 'released' ? { ...entry, state: 'posted', billId } : entry,
      )
  }

  async #verdict(charge: Charge, shipment: Shipment | undefined, tolerance: Tolerance): Promise<Compared> {
    const { kind, amount, chargedBy } = charge
    if (!shipment) return compare(kind, amount, 'no such shipment is known', tolerance)
    if (
      shipment.booking?.partner !== chargedBy &&
      !shipment.formerBookings?.some(({ partner }) => partner === chargedBy)
    )
      return compare(kind, amount, 'this courier did not carry it', tolerance)
    const others = await this.#ofKind(shipment.shipmentId, charge)
    const before = others.find(({ state }) => state !== 'expected' && state !== 'refused')
    const prices = this.#deps.pricesOf(chargedBy)
    const agreed = agreedFor(kind, { shipment, prices, foreseen: foreseenIn(others) })
    if (!before) return compare(kind, amount, agreed, tolerance)
    const where = before.invoice === undefined ? 'before' : `before, on invoice ${before.invoice}`
    return compare(
      kind,
      amount,
      `this was charged ${where}`,
      tolerance,
      typeof agreed === 'string' ? undefined : agreed,
    )
  }

  /** Of two alike that come at the same moment neither sees the other before it is kept; whoever sees it then leaves itself to finance. */
  async #unlessTwice(charge: Charge, received: Received): Promise<Received> {
    const { entry, outcome } = received
    if (entry.state !== 'matched' || outcome === 'duplicate') return received
    const others = await this.#ofKind(entry.shipmentId, charge)
    if (!others.some(isPaidUnseen)) return received
    const left = await this.#entries.change(entry.entryId, (known) => {
      const { pays: _pays, ...rest } = known
      return known.state === 'matched'
        ? { ...rest, state: 'mismatched', why: 'this was charged at the same time' }
        : known
    })
    return { outcome: 'mismatched', entry: left ?? entry }
  }

  /** What else was asked, or foreseen, of this kind for the shipment. */
  async #ofKind(shipmentId: string, { chargedBy, chargeId, kind }: Charge): Promise<ChargeEntry[]> {
    const found = await this.#entries.ofShipment(shipmentId)
    return found.filter((one) => one.courier === chargedBy && one.kind === kind && one.chargeId !== chargeId)
  }

  async #store(fresh: Omit<ChargeEntry, 'updatedAt'>, outcome: Received['outcome']): Promise<Received> {
    const { entry, isNew } = await this.#entries.insert(fresh)
    if (isNew) return { outcome, entry }
    if (canonicalJson(said(entry)) === canonicalJson(said(fresh))) return { outcome: 'repeated', entry }
    return { ...this.#duplicate(fresh), why: `position ${fresh.chargeId} came before with other content` }
  }

  #duplicate(fresh: Omit<ChargeEntry, 'updatedAt' | 'state'>): Pick<Received, 'outcome' | 'entry'> {
    return { outcome: 'duplicate', entry: { ...fresh, state: 'refused', updatedAt: this.#entries.now() } }
  }

  /** Whoever comes first with an invoice's number has it. */
  async #cameBefore(courier: string, invoice: string, source: string): Promise<boolean> {
    const { documents } = this.#deps
    const id = `${courier}/${invoice}`
    const known = await documents.get<{ source: string }>(COURIER_INVOICE_KIND, id)
    if (known) return known.body.source !== source
    if (await unlessBeaten(documents.put(COURIER_INVOICE_KIND, id, { source }, { expect: 0 }))) return false
    return (await documents.get<{ source: string }>(COURIER_INVOICE_KIND, id))?.body.source !== source
  }

  async #shipmentFor(courier: string, ...references: (string | undefined)[]): Promise<Shipment | undefined> {
    for (const reference of references) {
      const found = reference === undefined ? undefined : await this.#deps.shipmentOf(reference, courier)
      if (found) return found
    }
    return undefined
  }
}

type Compared = { state: 'matched' | 'mismatched' } & Pick<
  ChargeEntry,
  'agreed' | 'agreedBy' | 'difference' | 'why' | 'pays'
>

/** A text in the place of what was agreed says why finance must look; `beside` is what would have been agreed. */
function compare(
  kind: ChargeKind,
  amount: SignedMoney,
  agreed: Agreed | string,
  tolerance: Tolerance,
  beside?: Agreed,
): Compared {
  const known = typeof agreed === 'string' ? beside : agreed
  const shown = known && { agreed: known.amount, agreedBy: known.by }
  if (typeof agreed === 'string') return { state: 'mismatched', ...shown, why: agreed }
  if (agreed.amount.currency !== amount.currency)
    return { state: 'mismatched', ...shown, why: `agreed in ${agreed.amount.currency}, not ${amount.currency}` }
  const [asked, due] = [read(amount.amount), read(agreed.amount.amount)]
  const difference = moneyOf(asked - due, amount.currency)
  if (tolerates(tolerance, kind, due, asked - due)) return { state: 'matched', ...shown, difference, pays: amount }
  return {
    state: 'mismatched',
    ...shown,
    difference,
    why: `${difference.amount} ${amount.currency} from what was agreed`,
  }
}

/** It is paid, or will be, and nobody of finance has looked at it. */
const isPaidUnseen = ({ state, decision }: ChargeEntry): boolean =>
  state === 'matched' || (state === 'posted' && decision === undefined)

/** What the biller says, without what we think of it. */
function said({ chargeId, courier, invoice, kind, amount, state }: Omit<ChargeEntry, 'updatedAt'>) {
  return { chargeId, courier, invoice: invoice ?? '', kind, amount, isForeseen: state === 'expected' }
}

function foreseenIn(entries: ChargeEntry[]): Foreseen {
  const expected = entries.filter(({ state, kind }) => state === 'expected' && kind !== 'cash')
  return Object.fromEntries(expected.map(({ kind, amount }) => [kind, amount]))
}

const wasDelivered = ({ timeline }: Shipment): boolean => timeline.some(({ type }) => type === 'delivery.completed')

/** Of texts that a schema has let through. */
function read(text: string): Micros {
  return micros(text) ?? 0n
}
