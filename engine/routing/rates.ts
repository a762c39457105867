import type { ServiceLevel, Shipment } from '../canonical/types.ts'
import { type Micros, micros, percentOf, times, microsOf } from './amount.ts'
import type { Measures } from './parcels.ts'
import { readPostcodes } from './postcodes.ts'

/** What a courier charges in a span of time: data, in `rates.json` of its folder or in the rules themselves. */
export interface RateCard {
  name?: string
  currency: string
  /** First and last day, `2026-01-01`, by the day of pick-up. */
  validFrom?: string
  validTo?: string
  /** Only these; any when absent. */
  serviceLevels?: ServiceLevel[]
  /** Cubic centimetres that count as a kilogram where that is more than the weight: 5000. */
  volumetricDivisor?: number
  /** The first that the destination lies in. */
  zones: RateZone[]
  /** Rising; the first that the weight does not exceed. */
  steps: RateStep[]
  surcharges?: Surcharge[]
}

export interface RateZone {
  id: string
  /** Any when absent. */
  countries?: string[]
  /** As in the rules: `DE 10000-14999, 80*`. */
  postcodes?: string
  /** Working days from pick-up to delivery. */
  transitDays?: number
}

export interface RateStep {
  upToKg: number
  /** By zone; decimal texts. */
  prices: Record<string, string>
  /** Beyond the weight of the step before, for each kilogram begun. */
  perKg?: Record<string, string>
}

/** On top: an amount or a part of the price, always or for parcels that are out of the ordinary. */
export interface Surcharge {
  name: string
  amount?: string
  /** Of the price with the surcharges before it. */
  percent?: string
  overKg?: number
  overLongestCm?: number
  overGirthCm?: number
  hazardous?: boolean
  /** Only in these zones. */
  zones?: string[]
}

export interface RatedPrice {
  amount: Micros
  currency: string
  zone: string
  transitDays?: number
}

/** Why a card says nothing of a shipment. */
export interface NoRate {
  why: string
}

interface Asked {
  shipment: Pick<Shipment, 'serviceLevel' | 'consignee'>
  measures: Measures
  /** `2026-03-02`. */
  day: string
}

/** The price by the first card that holds on the day; with the reason where none has one. */
export function ratedPrice(cards: readonly RateCard[], asked: Asked): RatedPrice | NoRate {
  const valid = cards.filter((card) => holds(card, asked))
  let why = 'no table of rates holds on that day for that service'
  for (const card of valid) {
    const zone = zoneOf(card, asked.shipment)
    if (!zone) {
      why = 'its rates have no zone for the destination'
      continue
    }
    const price = priceIn(card, zone, asked.measures)
    if (price !== undefined)
      return {
        ...{ amount: price, currency: card.currency, zone: zone.id },
        ...(zone.transitDays !== undefined && { transitDays: zone.transitDays }),
      }
    why = `its rates have no price for the weight in zone ${zone.id}`
  }
  return { why }
}

function holds({ validFrom = '', validTo = '9999', serviceLevels }: RateCard, { day, shipment }: Asked): boolean {
  return validFrom <= day && day <= validTo && (serviceLevels?.includes(shipment.serviceLevel) ?? true)
}

function zoneOf({ zones }: RateCard, { consignee }: Asked['shipment']): RateZone | undefined {
  const { country, postcode } = consignee.address
  return zones.find(
    (zone) =>
      (zone.countries?.includes(country) ?? true) &&
      (zone.postcodes === undefined ||
        (postcode !== undefined && readPostcodes(zone.postcodes).has(country, postcode))),
  )
}

function priceIn(card: RateCard, zone: RateZone, measures: Measures): Micros | undefined {
  const weightKg = Math.max(measures.weightKg, volumetric(card, measures))
  const index = card.steps.findIndex(({ upToKg, prices }) => weightKg <= upToKg && Object.hasOwn(prices, zone.id))
  const step = card.steps[index]
  const base = step && micros(step.prices[zone.id] ?? '')
  if (!step || base === undefined) return undefined
  const perKg = micros(step.perKg?.[zone.id] ?? '0') ?? 0n
  const beyond = Math.max(0, Math.ceil(weightKg - (card.steps[index - 1]?.upToKg ?? 0)))
  const weighed = base + times(perKg, microsOf(beyond) ?? 0n)
  return (card.surcharges ?? []).reduce((sum, one) => sum + surcharge(one, zone, measures, sum), weighed)
}

function volumetric({ volumetricDivisor }: RateCard, { volumeL }: Measures): number {
  return volumetricDivisor === undefined || volumeL === undefined ? 0 : (volumeL * 1000) / volumetricDivisor
}

function surcharge(one: Surcharge, zone: RateZone, measures: Measures, sum: Micros): Micros {
  const { overKg, overLongestCm, overGirthCm, hazardous, zones } = one
  const applies =
    (zones?.includes(zone.id) ?? true) &&
    over(measures.parcelKg, overKg) &&
    over(measures.longestCm, overLongestCm) &&
    over(measures.girthCm, overGirthCm) &&
    (hazardous === undefined || hazardous === measures.hazardous)
  if (!applies) return 0n
  return (micros(one.amount ?? '0') ?? 0n) + percentOf(sum, micros(one.percent ?? '0') ?? 0n)
}

function over(given: number | undefined, limit: number | undefined): boolean {
  return limit === undefined || (given !== undefined && given > limit)
}
