import { CartageError } from '../errors.ts'
import { isVersionLost } from '../store/failures.ts'
import type { DocumentStore } from '../store/ports.ts'
import { within } from './facts.ts'
import type { RowCandidate } from './table.ts'

export const CAPACITY_KIND = 'routing-capacity'

/** One limit of a candidate that a shipment counts against. */
export interface Allowance {
  partner: string
  /** Day of pick-up, `2026-03-02`. */
  day: string
  /** Hours within it, `08:00-12:00`; the whole day when absent. */
  window?: string
  most: number
}

interface Page {
  shipments: string[]
}

/** A document is written anew with each booking: it must stay small. */
const PER_PAGE = 200
/** Each lost turn means that somebody else got one. */
const MAX_TRIES = 100

/** The limits that hold for a candidate at the time of pick-up; `minute` since midnight, local. */
export function allowancesOf(
  { partner, perDay, windows = [] }: RowCandidate,
  day: string,
  minute: number,
): Allowance[] {
  const inHours = windows.filter(({ from, to }) => within(minute, from, to))
  return [
    ...(perDay === undefined ? [] : [{ partner, day, most: perDay }]),
    ...inHours.map(({ from, to, most }) => ({ partner, day, window: `${from}-${to}`, most })),
  ]
}

/**
 * How many shipments a courier takes. Places are counted in the store by compare and set, so that however many processes take
 * them at once there are never more than allowed; the same shipment has one, however often it asks. Full pages come first: a place is
 * on a later one only while those before are full.
 */
export class Capacity {
  readonly #documents: DocumentStore

  constructor(documents: DocumentStore) {
    this.#documents = documents
  }

  /** How many places are taken, beside the one that a shipment may have. */
  async taken(allowance: Allowance, shipmentId?: string): Promise<{ others: number }> {
    const all = (await this.#pages(allowance)).flatMap(({ body }) => body.shipments)
    return { others: all.filter((one) => one !== shipmentId).length }
  }

  /** A place under every limit, or none at all: the limit that was full. */
  async take(allowances: readonly Allowance[], shipmentId: string): Promise<Allowance | undefined> {
    const had: Allowance[] = []
    for (const allowance of allowances) {
      const outcome = await this.#takeOne(allowance, shipmentId)
      if (outcome === 'new') had.push(allowance)
      if (outcome !== 'full') continue
      for (const one of had) await this.#leaveOne(one, shipmentId)
      return allowance
    }
    return undefined
  }

  /** Gives back what a shipment has with a courier on a day. */
  async leave(partner: string, day: string, shipmentId: string): Promise<void> {
    const prefix = idOf({ partner, day, most: 0 }, '')
    const { items } = await this.#documents.page<Page>(CAPACITY_KIND, { after: prefix, limit: 1_000 })
    for (const { id, body } of items)
      if (id.startsWith(prefix) && body.shipments.includes(shipmentId)) await this.#remove(id, shipmentId)
  }

  async #takeOne(allowance: Allowance, shipmentId: string): Promise<'new' | 'again' | 'full'> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const pages = await this.#pages(allowance)
      if (pages.some(({ body }) => body.shipments.includes(shipmentId))) return 'again'
      if (pages.reduce((sum, { body }) => sum + body.shipments.length, 0) >= allowance.most) return 'full'
      const free = pages.findIndex(({ body }) => body.shipments.length < PER_PAGE)
      const index = free < 0 ? pages.length : free
      const shipments = [...(pages[index]?.body.shipments ?? []), shipmentId]
      if (await this.#put(idOf(allowance, index), { shipments }, pages[index]?.version ?? 0)) return 'new'
    }
    throw new CartageError('transient', 'routing.contended', 'places were taken by others for too long')
  }

  async #leaveOne(allowance: Allowance, shipmentId: string): Promise<void> {
    for (const [index, { body }] of (await this.#pages(allowance)).entries())
      if (body.shipments.includes(shipmentId)) await this.#remove(idOf(allowance, index), shipmentId)
  }

  async #remove(id: string, shipmentId: string): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = await this.#documents.get<Page>(CAPACITY_KIND, id)
      if (!known?.body.shipments.includes(shipmentId)) return
      const shipments = known.body.shipments.filter((one) => one !== shipmentId)
      if (await this.#put(id, { shipments }, known.version)) return
    }
    throw new CartageError('transient', 'routing.contended', 'a place could not be given back for too long')
  }

  async #pages(allowance: Allowance) {
    const pages = []
    for (let index = 0; ; index += 1) {
      const page = await this.#documents.get<Page>(CAPACITY_KIND, idOf(allowance, index))
      if (!page) return pages
      pages.push(page)
    }
  }

  /** False when another was faster. */
  async #put(id: string, body: Page, expect: number): Promise<boolean> {
    try {
      await this.#documents.put(CAPACITY_KIND, id, body, { expect })
      return true
    } catch (error) {
      if (isVersionLost(error)) return false
      throw error
    }
  }
}

function idOf({ partner, day, window = 'day' }: Allowance, index: number | ''): string {
  return index === '' ? `${partner}/${day}/` : `${partner}/${day}/${window}/${String(index).padStart(4, '0')}`
}
