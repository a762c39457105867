import type { ReturnOrder, Shipment } from '../canonical/types.ts'
import { deriveId } from '../delivery/ids.ts'
import { CartageError } from '../errors.ts'
import { canonicalJson } from '../json.ts'
import { normaliseReference } from '../lifecycle/references.ts'
import type { MasterData } from '../master-data/master-data.ts'
import { changeDocument, type Place } from '../store/change.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore, Reference } from '../store/ports.ts'
import { objectionTo, returnable, type WantedLine } from './rules.ts'

const KIND = 'return_order'

interface Deps {
  documents: DocumentStore
  clock: Clock
  masterData: Pick<MasterData, 'item'>
  /** How many days after the delivery goods may be sent back; 0: for ever. */
  days: number
}

export interface Wish {
  /** The ERP's number of the return; derived when left out. */
  returnOrderId?: string
  kind: ReturnOrder['kind']
  /** Left out: all that may still be sent back. */
  lines?: WantedLine[]
  reason?: NonNullable<ReturnOrder['reason']>
}

/** The one writer of returns: each change is a compare-and-set, and repeating any of them changes nothing. */
export class ReturnOrders {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  async get(returnOrderId: string): Promise<ReturnOrder | undefined> {
    return (await this.#deps.documents.get<ReturnOrder>(KIND, returnOrderId))?.body
  }

  /** By its number, the order's, the shipment's, the courier's or the warehouse's; oldest first. */
  async find(reference: string, type?: string): Promise<ReturnOrder[]> {
    const found = await this.#deps.documents.find<ReturnOrder>(KIND, normaliseReference(reference), type)
    return found.map(({ body }) => body)
  }

  async list(page: { after?: string; limit: number }): Promise<{ items: ReturnOrder[]; next?: string }> {
    const { items, next } = await this.#deps.documents.page<ReturnOrder>(KIND, page)
    return { items: items.map(({ body }) => body), ...(next !== undefined && { next }) }
  }

  /** The lines that a wish means, and why a customer may not send them back. */
  async judge(shipment: Shipment, wish: Wish): Promise<{ lines: WantedLine[]; objection?: CartageError }> {
    const { masterData, clock, days } = this.#deps
    const before = (await this.find(shipment.shipmentId, 'shipment')).filter(
      ({ returnOrderId }) => returnOrderId !== wish.returnOrderId,
    )
    const lines = wish.lines ?? returnable(shipment, before).filter(({ quantity }) => quantity > 0)
    const items = await Promise.all(shipment.lines.map(({ sku }) => masterData.item(sku)))
    const known = { before, days, now: clock.now(), items: items.filter((item) => item !== undefined) }
    const objection = objectionTo(shipment, lines, known)
    return { lines, ...(objection && { objection }) }
  }

  /** The number of a wish that names none: the same wish gives the same one until a return has come of it. */
  async idOf({ shipmentId }: Shipment, lines: WantedLine[]): Promise<string> {
    const before = await this.find(shipmentId, 'shipment')
    return `ret_${deriveId('return', shipmentId, String(before.length), canonicalJson(lines as never))}`
  }

  /**
   * Keeps a return; the same one again is the one that is kept.
   * @throws CartageError as `objectionTo` says, where a customer wishes it
   */
  async request(shipment: Shipment, wish: Wish & { returnOrderId: string }): Promise<ReturnOrder> {
    const known = await this.get(wish.returnOrderId)
    if (known) return known
    const isWish = wish.kind === 'customer' || wish.kind === 'damaged'
    const { lines, objection } = await this.judge(shipment, wish)
    if (isWish && objection) throw objection
    const order: ReturnOrder = {
      returnOrderId: wish.returnOrderId,
      orderId: shipment.orderId,
      shipmentId: shipment.shipmentId,
      kind: wish.kind,
      status: isWish ? 'requested' : 'in_transit',
      ...(wish.reason !== undefined && { reason: wish.reason }),
      lines: lines.map((line) => ({ ...line, ...lineOf(shipment, line.lineId) })),
      from: shipment.consignee,
      requestedAt: new Date(this.#deps.clock.now()).toISOString(),
    }
    try {
      return (await this.#put(order, 0)).body
    } catch (error) {
      const faster = isVersionLost(error) ? await this.get(wish.returnOrderId) : undefined
      if (faster) return faster
      throw error
    }
  }

  /**
   * Changes a return; `change` may be called several times, and giving back an equal one writes nothing.
   * @throws CartageError transient `return.unknown`: it may come yet
   */
  update(returnOrderId: string, change: (order: ReturnOrder) => ReturnOrder): Promise<ReturnOrder> {
    const place: Place<ReturnOrder> = {
      ...{ documents: this.#deps.documents, kind: KIND, id: returnOrderId, contended: 'return.contended' },
      references: referencesOf,
    }
    return changeDocument(place, (order) => {
      if (!order)
        throw new CartageError('transient', 'return.unknown', 'there is no such return', { field: 'returnOrderId' })
      return change(structuredClone(order))
    })
  }

  #put(order: ReturnOrder, expect: number) {
    const references = referencesOf(order)
    return this.#deps.documents.put<ReturnOrder>(KIND, order.returnOrderId, order, { expect, references })
  }
}

function lineOf({ lines }: Shipment, lineId: string): { sku: string; unit: string } {
  const line = lines.find((one) => one.lineId === lineId)
  return { sku: line?.sku ?? lineId, unit: line?.unit ?? 'EA' }
}

function referencesOf(order: ReturnOrder): Reference[] {
  const all: [string, string | undefined][] = [
    ['return', order.returnOrderId],
    ['order', order.orderId],
    ['shipment', order.shipmentId],
    ['shipment', order.returnShipmentId],
    ['tracking', order.trackingNumber],
    ['receipt', order.receiptId],
  ]
  return all.flatMap(([type, value]) => (value === undefined ? [] : [{ type, value: normaliseReference(value) }]))
}
