import type { Ledger } from './ledger.ts'
import type { Journey, Playbook } from './playbook.ts'
import type { Webhooks } from './webhooks.ts'

const COURIERS = ['onfleet', 'uber-direct', 'easypost']
/** A delivery is in one of them. */
const ERPS = ['sap-s4hana', 'd365-finance-operations']

/** What the ERP must see once, by the way a delivery ended. */
export const POSTINGS: Record<string, readonly string[]> = {
  delivered: ['booking-confirmation', 'goods-issue', 'proof-of-delivery', 'invoice'],
  'second-attempt': ['booking-confirmation', 'goods-issue', 'proof-of-delivery', 'invoice'],
  partial: ['booking-confirmation', 'goods-issue', 'proof-of-delivery', 'delivery-quantity', 'return', 'invoice'],
  refused: ['booking-confirmation', 'goods-issue', 'invoice-hold', 'return'],
  failed: ['booking-confirmation', 'goods-issue', 'invoice-hold', 'return'],
  cancelled: ['booking-confirmation'],
}

export interface Expectation {
  /** The delivery document. */
  reference: string
  /** The courier that played it; the last one when it was booked again. */
  partner: string
  bookings: number
  /** Bookings beyond the first that no courier's own cancellation explains, at whichever couriers. */
  bookingsDoubled: number
  outcome: string
  /** The courier has nothing more to say and the hub has accepted all it said. */
  finished: boolean
  webhooksWaiting: number
  webhooksSilenced: number
  /** Kinds of ERP effects that must be there once. */
  expected: readonly string[]
  /** Kinds of ERP effects that are there, with their number. */
  present: Record<string, number>
  missing: string[]
  /** Kinds of effects, at any partner, that happened more than once to this delivery. */
  doubled: string[]
  cases: number
  /** When the courier first tried to tell the hub how it ended, RFC 3339; absent before. */
  concludedAt?: string
}

interface Deps {
  ledger: Ledger
  playbook: Playbook
  webhooks: Webhooks
}

/** What each delivery should have led to, from the couriers' bookings and the outcomes they played. */
export function expectations({ ledger, playbook, webhooks }: Deps, only?: string): Expectation[] {
  const byReference = new Map<string, Journey[]>()
  for (const journey of playbook.journeys(only)) {
    if (!COURIERS.includes(journey.partner)) continue
    byReference.set(journey.reference, [...(byReference.get(journey.reference) ?? []), journey])
  }
  return [...byReference].map(([reference, journeys]) => {
    const last = journeys.at(-1) as Journey
    const present = Object.assign({}, ...ERPS.map((erp) => ledger.counts(reference, erp)))
    const related = ledger.related(reference)
    const expected = POSTINGS[last.outcome] ?? []
    const waiting = webhooks.waiting(reference)
    const played = journeys.every((journey) => journey.state !== 'running')
    const concludedAt = played ? ledger.concludedAt(last.partner, reference) : undefined
    return {
      reference,
      partner: last.partner,
      bookings: journeys.length,
      bookingsDoubled: Math.max(0, journeys.length - 1 - cancelled(journeys)),
      outcome: last.outcome,
      finished: played && waiting === 0,
      webhooksWaiting: waiting,
      webhooksSilenced: webhooks.silenced(reference),
      expected,
      present,
      missing: expected.filter((kind) => (present[kind] ?? 0) === 0),
      doubled: related
        // A booking may come again after a courier has cancelled by itself.
        .filter(
          ({ kind, times }) => kind !== 'delivery-date' && times > (kind === 'booking' ? 1 + cancelled(journeys) : 1),
        )
        .map(({ kind }) => kind),
      cases: related.filter(({ kind }) => kind === 'case').reduce((sum, { times }) => sum + times, 0),
      ...(concludedAt === undefined ? {} : { concludedAt }),
    }
  })
}

const cancelled = (journeys: Journey[]) =>
  journeys.slice(0, -1).filter((journey) => journey.outcome === 'cancelled').length
