import type { StockAdjustment } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { changeDocument, type Place } from '../store/change.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'
import { differencesOf, type Position, type StockDifference } from './compare.ts'

const KIND = 'stock_balance'
const NEWEST = 'stock_balance_newest'

/** A difference, and who has accepted that the books are to be corrected by it. */
export type JudgedDifference = StockDifference & { acceptedBy?: string; acceptedAt?: string }

/**
 * `in step`: no difference. `proposed`: corrections wait for a person. `unsure`: postings to the books were under way while it was
 * drawn, so that what differs may be nothing but them: nothing is proposed, and another balance is to be drawn.
 */
export type BalanceState = 'in step' | 'proposed' | 'unsure'

export interface StockBalance {
  balanceId: string
  warehouse: string
  drawnAt: string
  state: BalanceState
  /** Items that were compared. */
  items: number
  /** Postings to the books that waited or were under way. */
  underWay: number
  differences: JudgedDifference[]
}

export interface Drawing {
  balanceId: string
  warehouse: string
  inWarehouse: readonly Position[]
  inBooks: readonly Position[]
  underWay: number
}

/**
 * What the warehouse has beside what the ERP's books say. The warehouse owns its stock, so it is the books that are corrected; never
 * by themselves: a balance proposes, and a person accepts item by item. Only the newest balance may be accepted, for an older one may
 * have been corrected since.
 */
export class StockBalances {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  /** Draws a balance and keeps it; drawn again under the same id it is what it was. */
  async draw({ balanceId, warehouse, inWarehouse, inBooks, underWay }: Drawing): Promise<StockBalance> {
    const known = await this.get(balanceId)
    const differences = differencesOf(inWarehouse, inBooks)
    const state: BalanceState = differences.length === 0 ? 'in step' : underWay > 0 ? 'unsure' : 'proposed'
    const items = new Set([...inWarehouse, ...inBooks].map(({ sku }) => sku)).size
    const drawn = { balanceId, warehouse, drawnAt: this.#now(), state, items, underWay, differences }
    const kept = known ?? (await this.#documents.put<StockBalance>(KIND, balanceId, drawn, { expect: 0 })).body
    await this.#remember(kept)
    return kept
  }

  async get(balanceId: string): Promise<StockBalance | undefined> {
    return (await this.#documents.get<StockBalance>(KIND, balanceId))?.body
  }

  /** By id, which begins with the time of drawing: oldest first. */
  async list(page: { after?: string; limit: number }): Promise<{ items: StockBalance[]; next?: string }> {
    const { items, next } = await this.#documents.page<StockBalance>(KIND, page)
    return { items: items.map(({ body }) => body), ...(next !== undefined && { next }) }
  }

  /**
   * Why these corrections may not be accepted; undefined when they may. An item that was accepted before may be accepted again: that
   * changes nothing.
   */
  async objection(balanceId: string, skus: readonly string[]): Promise<CartageError | undefined> {
    const balance = await this.get(balanceId)
    if (balance === undefined) return new CartageError('invalid', 'balance.unknown', 'There is no such balance.')
    if (balance.state !== 'proposed')
      return new CartageError(
        'refused',
        'balance.nothing-proposed',
        `Nothing is proposed: the balance is ${balance.state}.`,
      )
    const newest = await this.#documents.get<{ balanceId: string }>(NEWEST, balance.warehouse)
    if (newest && newest.body.balanceId !== balanceId)
      return new CartageError('refused', 'balance.superseded', 'A newer balance has been drawn: look at that one.')
    const strange = skus.find((sku) => !balance.differences.some((difference) => difference.sku === sku))
    if (strange === undefined) return undefined
    return new CartageError('invalid', 'balance.no-difference', 'is no item that differs', { field: 'skus' })
  }

  /**
   * A person accepts: gives the corrections of these items, the same on a repetition.
   * @throws CartageError as `objection` says
   */
  async accept(balanceId: string, skus: readonly string[], by: string): Promise<StockAdjustment[]> {
    const objection = await this.objection(balanceId, skus)
    if (objection) throw objection
    const accepted = await this.#mark(balanceId, new Set(skus), by)
    return accepted.differences
      .filter(({ sku }) => skus.includes(sku))
      .map(({ sku, unit, quantity, warehouse, acceptedAt }) => ({
        adjustmentId: `${balanceId}|${sku}`.slice(0, 128),
        warehouse: accepted.warehouse,
        sku,
        unit,
        quantity,
        reason: 'counted' as const,
        onHand: warehouse,
        note: 'Stock balance, accepted',
        occurredAt: acceptedAt ?? accepted.drawnAt,
      }))
  }

  async #mark(balanceId: string, skus: ReadonlySet<string>, acceptedBy: string): Promise<StockBalance> {
    const acceptedAt = this.#now()
    const marked = (difference: JudgedDifference) =>
      skus.has(difference.sku) && difference.acceptedAt === undefined
        ? { ...difference, acceptedBy, acceptedAt }
        : difference
    const change = (balance?: StockBalance) => balance && { ...balance, differences: balance.differences.map(marked) }
    return (await changeDocument(this.#place<StockBalance>(KIND, balanceId), change)) as StockBalance
  }

  /** Of two that are drawn at once the later one counts. */
  async #remember({ balanceId, warehouse }: StockBalance): Promise<void> {
    await changeDocument(this.#place<{ balanceId: string }>(NEWEST, warehouse), (newest) =>
      newest && newest.balanceId >= balanceId ? newest : { balanceId },
    )
  }

  #place<T>(kind: string, id: string): Place<T> {
    return { documents: this.#documents, kind, id, contended: 'balance.contended' }
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}
