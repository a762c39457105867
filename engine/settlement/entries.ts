import { changeDocument, type Place } from '../store/change.ts'
import { unlessBeaten } from '../store/failures.ts'
import type { Clock, DocumentStore, Reference, StoredDocument } from '../store/ports.ts'
import { type ChargeEntry, ENTRY_KIND } from './entry.ts'

/** The ledger of charges: each change is a compare-and-set, so that any number may write at once and none is lost. */
export class ChargeEntries {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  async get(entryId: string): Promise<ChargeEntry | undefined> {
    return (await this.#documents.get<ChargeEntry>(ENTRY_KIND, entryId))?.body
  }

  /** The entry that holds the place: this one, or whichever was there first. */
  async insert(fresh: Omit<ChargeEntry, 'updatedAt'>): Promise<{ entry: ChargeEntry; isNew: boolean }> {
    const entry = { ...fresh, updatedAt: this.now() }
    if (await unlessBeaten(this.#put(entry, 0))) return { entry, isNew: true }
    return { entry: (await this.get(fresh.entryId)) ?? entry, isNew: false }
  }

  /** Undefined: there is none. `change` may be called several times. */
  change(entryId: string, change: (entry: ChargeEntry) => ChargeEntry): Promise<ChargeEntry | undefined> {
    const place: Place<ChargeEntry> = {
      ...{ documents: this.#documents, kind: ENTRY_KIND, id: entryId, contended: 'charges.contended' },
      references: referencesOf,
      stamp: (entry) => ({ ...entry, updatedAt: this.now() }),
    }
    return changeDocument(place, (entry) => entry && change(entry))
  }

  async ofInvoice(courier: string, invoice: string): Promise<ChargeEntry[]> {
    const found = await this.#find(`${courier}/${invoice}`, 'invoice')
    return found.sort((a, b) => (a.chargeId < b.chargeId ? -1 : 1))
  }

  ofShipment(shipmentId: string): Promise<ChargeEntry[]> {
    return this.#find(shipmentId, 'shipment')
  }

  /** All in one state, oldest first. */
  inState(state: ChargeEntry['state']): Promise<ChargeEntry[]> {
    return this.#find(state, 'state')
  }

  /** In the order of their ids. */
  async page(page: { after?: string; limit: number }): Promise<{ items: ChargeEntry[]; next?: string }> {
    const { items, next } = await this.#documents.page<ChargeEntry>(ENTRY_KIND, page)
    return { items: items.map(({ body }) => body), ...(next !== undefined && { next }) }
  }

  now(): string {
    return new Date(this.#clock.now()).toISOString()
  }

  async #find(value: string, type: string): Promise<ChargeEntry[]> {
    return (await this.#documents.find<ChargeEntry>(ENTRY_KIND, value, type)).map(({ body }) => body)
  }

  #put(entry: ChargeEntry, expect: number): Promise<StoredDocument<ChargeEntry>> {
    return this.#documents.put<ChargeEntry>(ENTRY_KIND, entry.entryId, entry, {
      ...{ expect, references: referencesOf(entry) },
    })
  }
}

function referencesOf({ shipmentId, orderId, courier, invoice, state, chargedAt }: ChargeEntry): Reference[] {
  return [
    { type: 'shipment', value: shipmentId },
    { type: 'state', value: state },
    { type: 'month', value: `${courier}/${chargedAt.slice(0, 7)}` },
    ...(orderId === undefined ? [] : [{ type: 'order', value: orderId }]),
    ...(invoice === undefined ? [] : [{ type: 'invoice', value: `${courier}/${invoice}` }]),
  ]
}
