import type { Order } from '../canonical/types.ts'
import { canonicalJson } from '../json.ts'
import { unlessBeaten } from '../store/failures.ts'
import type { DocumentStore, Reference, StoredDocument } from '../store/ports.ts'
import { normaliseReference } from './references.ts'

/**
 * `first`: nobody knew it. `same`: as it is known. `changed`: it names a later change than the known one, and takes its place.
 * `older`: the known one was changed since. `conflict`: other content that does not say that it is newer.
 */
export type OrderOutcome = 'first' | 'same' | 'changed' | 'older' | 'conflict'

export interface KeptOrder {
  outcome: OrderOutcome
  /** As it is known now. */
  order: Order
}

/** The orders as the ERP told them last. */
export class Orders {
  readonly #documents: DocumentStore

  constructor(documents: DocumentStore) {
    this.#documents = documents
  }

  async get(orderId: string): Promise<Order | undefined> {
    return (await this.#documents.get<Order>('order', orderId.normalize('NFC')))?.body
  }

  /** What keeping it would do. */
  async compare(order: Order): Promise<KeptOrder> {
    return compared(order, (await this.#known(order))?.body)
  }

  /** Keeps the order unless the known one stands. */
  async keep(order: Order): Promise<KeptOrder> {
    for (;;) {
      const known = await this.#known(order)
      const kept = compared(order, known?.body)
      if (kept.outcome !== 'first' && kept.outcome !== 'changed') return kept
      const options = { expect: known?.version ?? 0, references: referencesOf(order) }
      const put = this.#documents.put('order', order.orderId.normalize('NFC'), order, options)
      if ((await unlessBeaten(put)) !== undefined) return kept
    }
  }

  #known({ orderId }: Order): Promise<StoredDocument<Order> | undefined> {
    return this.#documents.get<Order>('order', orderId.normalize('NFC'))
  }
}

/** Pure. */
export function compared(order: Order, known: Order | undefined): KeptOrder {
  if (known === undefined) return { outcome: 'first', order }
  if (canonicalJson(known) === canonicalJson(order)) return { outcome: 'same', order: known }
  const [said, had] = [changeOf(order), changeOf(known)]
  if (said > had) return { outcome: 'changed', order }
  return { outcome: said < had ? 'older' : 'conflict', order: known }
}

/** Epoch milliseconds; an order that was never changed is older than any change. */
function changeOf({ changedAt }: Order): number {
  return changedAt === undefined ? Number.NEGATIVE_INFINITY : Date.parse(changedAt)
}

function referencesOf({ orderId, deliveryDocument, parts = [] }: Order): Reference[] {
  const documents = [deliveryDocument, ...parts.map((part) => part.deliveryDocument)].filter((one) => one !== undefined)
  return [
    { type: 'order', value: normaliseReference(orderId) },
    ...documents.map((value) => ({ type: 'delivery', value: normaliseReference(value) })),
  ]
}
