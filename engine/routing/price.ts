import type { Candidate, Shipment } from '../canonical/types.ts'
import type { Profile } from '../partner/profile-types.ts'
import type { Evaluate } from '../partner/template.ts'
import { type Micros, micros, microsOf } from './amount.ts'
import type { Facts } from './facts.ts'
import type { Quoted } from './quotes.ts'
import { type RateCard, ratedPrice, type RatedPrice } from './rates.ts'
import type { RowCandidate } from './table.ts'
import { tariffPrice } from './tariff.ts'
import { wordsOf } from './words.ts'

/** What a candidate would cost and how that is known. */
export interface Price {
  amount: Micros
  /** Of an expression: none, it is in the table's. */
  currency?: string
  by: NonNullable<Candidate['pricedBy']>
}

export interface Pricing {
  price?: Price
  /** Working days on the way, where the zone of the rates says so. */
  transitDays?: number
  /** What is to be said of it: no price, or not the one that was wanted. */
  notes: string[]
  /** The expression could not be used: the candidate is out. */
  objection?: string
}

export interface PricingDeps {
  evaluate: Evaluate
  /** Undefined: nobody is asked. */
  quote?: (partner: string, shipment: Shipment) => Promise<Quoted>
}

/** The first of: the row's expression, what the courier says when asked, its table of rates, its template's tariff. */
export async function priceOf(
  candidate: RowCandidate,
  profile: Profile,
  { facts, day, cards }: { facts: Facts; day: string; cards: readonly RateCard[] | undefined },
  deps: PricingDeps,
): Promise<Pricing> {
  const { shipment } = facts
  const rated = cards === undefined ? undefined : ratedPrice(cards, { shipment, measures: facts, day })
  const known = rated !== undefined && 'amount' in rated ? rated : undefined
  const transit = known?.transitDays === undefined ? {} : { transitDays: known.transitDays }
  if (candidate.cost) return { ...transit, ...(await ofExpression(candidate.cost, profile, facts, deps.evaluate)) }
  const notes: string[] = []
  if (candidate.quote && !profile.operations.quote) notes.push('cannot be asked for its price')
  else if (candidate.quote && deps.quote) {
    const quoted = await deps.quote(profile.id, shipment)
    if ('price' in quoted)
      return {
        ...transit,
        notes,
        price: { amount: micros(quoted.price.amount)!, currency: quoted.price.currency, by: 'quote' },
      }
    notes.push(quoted.failed)
  }
  if (rated !== undefined && 'why' in rated) notes.push(rated.why)
  return { ...transit, notes, ...ofTables(known, profile, facts) }
}

function ofTables(rated: RatedPrice | undefined, { tariff }: Profile, facts: Facts): { price?: Price } {
  if (rated) return { price: { amount: rated.amount, currency: rated.currency, by: 'rates' } }
  const amount = tariff && tariffPrice(tariff, facts)
  return amount === undefined ? {} : { price: { amount, currency: tariff!.currency, by: 'tariff' } }
}

async function ofExpression(
  source: string,
  { tariff }: Profile,
  { shipment, now }: Facts,
  evaluate: Evaluate,
): Promise<Pricing> {
  try {
    const cost = await evaluate(source, { shipment, tariff, now: new Date(now).toISOString() })
    const amount = typeof cost === 'number' ? microsOf(cost) : undefined
    if (amount === undefined) return { notes: [], objection: 'the cost rule gives no number' }
    return { notes: [], price: { amount, by: 'rule' } }
  } catch (error) {
    return { notes: [], objection: `the rule fails: ${wordsOf(error)}` }
  }
}
