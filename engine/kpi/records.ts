import type { Shipment } from '../canonical/types.ts'
import { EFFECT_KIND, type EffectRecord } from '../delivery/effect-record.ts'
import { pagesOf } from '../delivery/retention-tasks.ts'
import { DAY_MS } from '../delivery/wall-clock.ts'
import { CartageError } from '../errors.ts'
import { canonicalJson, type Json } from '../json.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore, StoredDocument } from '../store/ports.ts'
import { type Facts, factsOf } from './facts.ts'
import { type Figures, figuresOf, type Period } from './figures.ts'
import { onboardings } from './onboarding.ts'

export const KPI_KIND = 'kpi'
/** Facts that nothing was added to for so long are in no period that may be asked for. */
export const KPI_DAYS = 500
/** What was released longer before the period than this is not looked for in it. */
const LOOK_BACK_DAYS = 90
const PAGE = 1000
const MAX_TRIES = 20
/** How the operation is called that lets the ERP send its invoice. */
const RELEASES = 'releaseInvoice'

type Page = { items: StoredDocument<Facts>[]; next?: string }

interface KpiRecordsDeps {
  documents: DocumentStore
  clock: Clock
}

/**
 * The facts of every shipment, one small document each, by the day of its release. Each is made anew from the shipment as it is stored: an
 * event that comes late, twice or as a correction leaves the same facts as one that came in time, and all of them can be counted again.
 */
export class KpiRecords {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor({ documents, clock }: KpiRecordsDeps) {
    this.#documents = documents
    this.#clock = clock
  }

  /**
   * Something happened to the shipment. `invoicedAt`: epoch milliseconds, where it was told.
   * @throws CartageError transient `kpi.unknown-shipment`: it may come yet
   */
  async note(shipmentId: string, { invoicedAt }: { invoicedAt?: number } = {}): Promise<Facts> {
    for (let tries = 1; ; tries += 1) {
      const shipment = (await this.#documents.get<Shipment>('shipment', shipmentId))?.body
      if (!shipment)
        throw new CartageError('transient', 'kpi.unknown-shipment', `there is no shipment ${shipmentId}`, {
          field: 'shipmentId',
        })
      const id = `${dayOf(Date.parse(shipment.createdAt))}/${shipmentId}`
      const known = await this.#documents.get<Facts>(KPI_KIND, id)
      const invoiced = known?.body.invoicedAt ?? invoicedAt ?? (await this.#invoiced(shipmentId))
      const facts = factsOf(shipment, invoiced)
      if (known && canonicalJson(known.body as unknown as Json) === canonicalJson(facts as unknown as Json))
        return facts
      try {
        await this.#documents.put<Facts>(KPI_KIND, id, facts, { expect: known?.version ?? 0 })
        return facts
      } catch (error) {
        if (!isVersionLost(error) || tries === MAX_TRIES) throw error
      }
    }
  }

  /** Counts everything again, from the shipments as they are stored. Returns how many there are. */
  async recount(): Promise<number> {
    let counted = 0
    for await (const shipments of pagesOf<Shipment>(this.#documents, 'shipment')) {
      await Promise.all(shipments.map(({ id }) => this.note(id)))
      counted += shipments.length
    }
    return counted
  }

  async figures(period: Period): Promise<Figures> {
    const now = this.#clock.now()
    const [facts, onboarded] = await Promise.all([this.#facts(period), onboardings(this.#documents, period)])
    return figuresOf(facts, onboarded, period, now)
  }

  async #facts({ from, to }: Period): Promise<Facts[]> {
    const [first, last] = [dayOf(from - LOOK_BACK_DAYS * DAY_MS), dayOf(to + DAY_MS)]
    const facts: Facts[] = []
    for (let after: string | undefined = first; after !== undefined; ) {
      const { items, next }: Page = await this.#documents.page<Facts>(KPI_KIND, { after, limit: PAGE })
      facts.push(...items.map(({ body }) => body))
      after = next !== undefined && next < last ? next : undefined
    }
    return facts
  }

  /** The outbox knows when the ERP took it, also where nobody has told. */
  async #invoiced(shipmentId: string): Promise<number | undefined> {
    const effects = await this.#documents.find<EffectRecord>(EFFECT_KIND, shipmentId, 'subject')
    const done = ({ operation, answer }: EffectRecord) =>
      operation === RELEASES && answer && answer.outcome !== 'refused'
    return effects.find(({ body }) => done(body))?.body.sentAt
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
