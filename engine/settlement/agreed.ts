import type { Charge, Money, Shipment } from '../canonical/types.ts'
import type { Profile } from '../partner/profile-types.ts'
import { type Micros, micros, moneyOf, percentOf, times } from '../routing/amount.ts'
import { measuresOf } from '../routing/parcels.ts'
import { ratedPrice } from '../routing/rates.ts'
import { tariffPrice } from '../routing/tariff.ts'

/** What a charge may come to, and how that is known. */
export interface Agreed {
  amount: Money
  by: 'booking' | 'selection' | 'rates' | 'tariff' | 'foreseen' | 'order'
}

/** What a courier's account says of its prices. */
export type Prices = Pick<Profile, 'tariff' | 'rates'>

/** Somebody foresaw charges of these kinds: what was measured while a vehicle waited, say. */
export type Foreseen = Partial<Record<Charge['kind'], Money>>

interface About {
  shipment: Shipment
  prices: Prices | undefined
  foreseen: Foreseen
}

/** What was agreed for a kind of charge; a text says why nothing was. */
export function agreedFor(kind: Charge['kind'], about: About): Agreed | string {
  const foreseen = about.foreseen[kind]
  if (foreseen) return { amount: foreseen, by: 'foreseen' }
  if (kind === 'freight') return freight(about)
  const why = unfounded(kind, about.shipment)
  return why ?? accessorial(kind, about)
}

/** What the courier confirmed counts before what it was chosen by, that before its tables. */
function freight({ shipment, prices }: About): Agreed | string {
  const { booking, selection, createdAt } = shipment
  if (booking?.price) return { amount: booking.price, by: 'booking' }
  const chosen = selection?.explanation.find(({ partner }) => partner === booking?.partner)?.price
  if (chosen) return { amount: chosen, by: 'selection' }
  const measures = measuresOf(shipment)
  const day = (booking?.bookedAt ?? createdAt).slice(0, 10)
  const rated = prices?.rates && ratedPrice(prices.rates, { shipment, measures, day })
  if (rated && 'amount' in rated) return { amount: moneyOf(rated.amount, rated.currency), by: 'rates' }
  const amount = prices?.tariff && tariffPrice(prices.tariff, measures)
  if (amount === undefined) return 'no price was agreed for it'
  return { amount: moneyOf(amount, prices!.tariff!.currency), by: 'tariff' }
}

/** Some charges need something to have happened. */
function unfounded(kind: Charge['kind'], { attempt, timeline, cashOnDelivery }: Shipment): string | undefined {
  if (kind === 'redelivery' && attempt < 2) return 'there was no second attempt'
  if (kind === 'return' && !timeline.some(({ type }) => type.startsWith('return.'))) return 'nothing was brought back'
  if (kind === 'cod_fee' && !cashOnDelivery) return 'no cash was to be collected'
  if (kind === 'waiting') return 'nobody has seen the vehicle wait'
  return undefined
}

function accessorial(kind: Charge['kind'], about: About): Agreed | string {
  const term = about.prices?.tariff?.accessorials?.[kind]
  if (!term) return 'its prices name no such charge'
  const base = freight(about)
  if (term.percent !== undefined && typeof base === 'string') return base
  const currency = typeof base === 'string' ? about.prices!.tariff!.currency : base.amount.currency
  const ofFreight = typeof base === 'string' ? 0n : percentOf(read(base.amount.amount), read(term.percent ?? '0'))
  const each = read(term.amount ?? '0') + ofFreight
  const count = kind === 'redelivery' ? about.shipment.attempt - 1 : 1
  return { amount: moneyOf(times(each, read(String(count))), currency), by: 'tariff' }
}

/** Of texts that a schema has let through. */
function read(text: string): Micros {
  return micros(text) ?? 0n
}
