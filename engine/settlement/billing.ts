import { type DeliveryEvent, type Money, type Shipment, UNDELIVERED } from '../canonical/index.ts'
import { changeDocument, type Place } from '../store/change.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'
import { type HandedOver, handedOver } from './handed-over.ts'

export const BILLING_KIND = 'billing'

/** `each`: a shipment is invoiced by itself. `complete`: when nothing of its order is still to come. */
export type InvoiceRule = 'each' | 'complete'

export type BillingStatus = 'pending' | 'held' | 'released' | 'corrected'

/** Where the customer's invoice of a shipment stands. Kept as a document of kind `billing` under the shipment's id. */
export interface BillingRecord {
  shipmentId: string
  orderId: string
  status: BillingStatus
  /** The delivery that is billed, and what was handed over. */
  delivered?: { eventId: string; occurredAt: string } & HandedOver
  /** Proof that allowed it. */
  podId?: string
  /** The ERP knows what was handed over: nothing of this shipment stands against its invoice. */
  cleared?: boolean
  /** Why it is held. */
  hold?: { code: string; why: string }
  /** The ERP's invoice, and what it comes to. */
  invoice?: string
  net?: Money
  /** Which telling of the delivery the invoice was made for. */
  invoicedFor?: { eventId: string; outcome: HandedOver['outcome'] }
  /** What a correction gave back, and which telling of the delivery it was given for. */
  creditNote?: string
  creditedFor?: string
  /** RFC 3339. */
  updatedAt: string
}

type Known = Pick<Shipment, 'shipmentId' | 'orderId'>

/** The customer's side of the money: what was delivered, what stands against an invoice, and what became of it. */
export class Billing {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  async get(shipmentId: string): Promise<BillingRecord | undefined> {
    return (await this.#documents.get<BillingRecord>(BILLING_KIND, shipmentId))?.body
  }

  /**
   * Notes what was handed over. A later telling replaces an earlier one; an earlier one that comes late changes nothing. Undefined for
   * an event that is no delivery of a shipment that nobody has delivered yet.
   */
  async judge(shipment: Shipment, event: DeliveryEvent): Promise<BillingRecord | undefined> {
    if (event.type !== 'delivery.completed') {
      const known = await this.get(shipment.shipmentId)
      return known?.delivered && known
    }
    const { eventId, occurredAt } = event
    const delivered = { eventId, occurredAt, ...handedOver(shipment, event) }
    return this.#change(shipment, (known) => {
      const before = known.delivered
      if (before && before.eventId !== event.corrects && Date.parse(before.occurredAt) > Date.parse(occurredAt))
        return known
      return { ...known, delivered }
    })
  }

  /** What became of the invoice. A hold that was lifted says nothing of an invoice that was made meanwhile. */
  note(shipment: Known, change: Partial<Omit<BillingRecord, keyof Known>>): Promise<BillingRecord> {
    return this.#change(shipment, (known) => {
      const { hold: _hold, ...rest } = known
      if (change.status === undefined) return { ...known, ...change }
      if (change.status === 'held') return { ...known, cleared: false, ...change }
      if (change.status === 'pending') return known.status === 'held' ? { ...rest, ...change } : known
      const { delivered, invoicedFor } = known
      const made = change.status === 'released' && !invoicedFor && delivered
      return {
        ...rest,
        ...change,
        ...(made && { invoicedFor: { eventId: made.eventId, outcome: made.outcome } }),
        ...(change.creditNote !== undefined && delivered && { creditedFor: delivered.eventId }),
        // What was corrected since stays corrected.
        ...(known.status === 'corrected' && { status: known.status }),
      }
    })
  }

  /**
   * Nothing of this shipment stands against its invoice any more, or nothing will come of it any more. Gives the shipments that may be
   * invoiced now, and those that they wait for: whoever of several parts comes last finds all of them.
   */
  async clear(
    shipment: Shipment,
    rule: InvoiceRule,
    partsOf: (orderId: string) => Promise<Shipment[]>,
  ): Promise<{ invoice: Shipment[]; waitsFor: Shipment[] }> {
    const podId = shipment.proofOfDelivery?.podId
    const isOver = UNDELIVERED.has(shipment.status)
    if (!isOver) await this.note(shipment, { cleared: true, ...(podId !== undefined && { podId }) })
    if (rule === 'each') return { invoice: isOver ? [] : [shipment], waitsFor: [] }
    const parts = (await partsOf(shipment.orderId)).filter(({ orderId }) => orderId === shipment.orderId)
    const records = await Promise.all(parts.map(({ shipmentId }) => this.get(shipmentId)))
    const isCleared = (index: number) => records[index]?.cleared === true
    const waitsFor = parts.filter(({ status }, index) => !isCleared(index) && !UNDELIVERED.has(status))
    const isWhole = waitsFor.length === 0 && parts.length >= (shipment.part?.of ?? 1)
    return { invoice: isWhole ? parts.filter((_part, index) => isCleared(index)) : [], waitsFor }
  }

  #change({ shipmentId, orderId }: Known, change: (record: BillingRecord) => BillingRecord): Promise<BillingRecord> {
    const place: Place<BillingRecord> = {
      ...{ documents: this.#documents, kind: BILLING_KIND, id: shipmentId, contended: 'billing.contended' },
      references: () => [{ type: 'order', value: orderId }],
      stamp: (record) => ({ ...record, updatedAt: new Date(this.#clock.now()).toISOString() }),
    }
    return changeDocument(place, (known) => change(known ?? { shipmentId, orderId, status: 'pending', updatedAt: '' }))
  }
}
