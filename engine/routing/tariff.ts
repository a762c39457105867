import type { Charge, Shipment } from '../canonical/types.ts'
import { type Micros, micros, microsOf, times } from './amount.ts'
import type { Measures } from './parcels.ts'

/** A template's indicative prices and limits: enough to choose by, never what is paid. */
export interface Tariff {
  currency: string
  /** Decimal string. */
  base: string
  perKg?: string
  /** ISO 3166-1 alpha-2 countries that are served. */
  countries?: string[]
  maxWeightKg?: number
  /** Of one package. */
  maxParcelKg?: number
  maxLongestCm?: number
  /** Longest side and girth together. */
  maxGirthCm?: number
  /** Whether dangerous goods are taken; nothing is said of them when absent. */
  hazardous?: boolean
  /** Local time of day after which the courier takes nothing for the same day, `16:00`. */
  cutOff?: string
  timeZone?: string
  /** Working days from pick-up to delivery, by service level. */
  transitDays?: Record<string, number>
  /** What may be charged beside the freight, by its kind. */
  accessorials?: Partial<Record<Charge['kind'], Accessorial>>
}

/** An amount, a part of the freight, or both. */
export interface Accessorial {
  /** Decimal string; of a redelivery for each attempt after the first. */
  amount?: string
  percent?: string
}

/** What stands against a courier by what its template says. Nothing personal is in the words. */
export function objections(
  { tariff, serviceLevels }: { tariff?: Tariff; serviceLevels?: string[] },
  shipment: Pick<Shipment, 'serviceLevel' | 'consignee'>,
  measures: Measures,
): string[] {
  const { country } = shipment.consignee.address
  const against: string[] = []
  if (serviceLevels && !serviceLevels.includes(shipment.serviceLevel))
    against.push(`offers no ${shipment.serviceLevel} service`)
  if (tariff?.countries && !tariff.countries.includes(country)) against.push(`does not deliver to ${country}`)
  if (tariff?.hazardous === false && measures.hazardous) against.push('takes no dangerous goods')
  return [...against, ...tooMuch(tariff, measures)]
}

function tooMuch(tariff: Tariff | undefined, measures: Measures): string[] {
  const limits: [most: number | undefined, given: number | undefined, unit: string][] = [
    [tariff?.maxWeightKg, measures.weightKg, 'kg'],
    [tariff?.maxParcelKg, measures.parcelKg, 'kg a package'],
    [tariff?.maxLongestCm, measures.longestCm, 'cm on the longest side'],
    [tariff?.maxGirthCm, measures.girthCm, 'cm of length and girth'],
  ]
  return limits.flatMap(([most, given, unit]) =>
    most !== undefined && given !== undefined && given > most ? [`takes at most ${most} ${unit}, not ${given}`] : [],
  )
}

/** Base and weight. */
export function tariffPrice(tariff: Tariff, { weightKg }: Measures): Micros | undefined {
  const base = micros(tariff.base)
  const perKg = micros(tariff.perKg ?? '0')
  const weight = microsOf(weightKg)
  return base === undefined || perKg === undefined || weight === undefined ? undefined : base + times(perKg, weight)
}
