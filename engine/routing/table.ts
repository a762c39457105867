import type { ServiceLevel } from '../canonical/types.ts'
import type { Weekday } from '../delivery/calendar-plan.ts'
import type { RateCard } from './rates.ts'

/** Rules that choose a courier: rows from top to bottom, each with what it is for and who may carry that. */
export interface RoutingTable {
  rows: RoutingRow[]
  /** Places that rows name. */
  areas?: NamedArea[]
  /** In which costs are compared; that of the first candidate with a price when absent. */
  currency?: string
  /** What one unit of another currency is worth in it, decimal texts. */
  exchange?: Record<string, string>
  /** Rates by partner, instead of those of its folder. */
  rates?: Record<string, RateCard[]>
}

export interface NamedArea {
  name: string
  /** GeoJSON. */
  shape: unknown
}

export interface RoutingRow {
  name: string
  /** Left out for now. */
  off?: boolean
  when: RowConditions
  candidates: RowCandidate[]
  strategy: Strategy
  /** What becomes of who would come after the promise; `prefer` when absent: taken when nobody is in time. */
  promise?: 'prefer' | 'require' | 'ignore'
  /** When nobody of this row can carry it: the next row that matches, or nobody. `next` when absent. */
  otherwise?: 'next' | 'none'
}

/** `preference`: in the order of the list. `scorecard`: who delivered best lately. */
export type Strategy = 'preference' | 'cheapest' | 'scorecard'

export interface RowCandidate {
  /** Slug. */
  partner: string
  /** JSONata over {shipment, tariff, now}: only when this holds. */
  when?: string
  /** JSONata over the same: what it is compared by, in the table's currency. */
  cost?: string
  /** Ask the partner for its price, where it has an operation `quote`. */
  quote?: boolean
  /** Shipments that it takes on one day, by the day of pick-up. */
  perDay?: number
  /** And within hours of that day. */
  windows?: CapacityWindow[]
}

export interface CapacityWindow {
  /** Local time at the site, `08:00`; the end excluded. */
  from: string
  to: string
  most: number
}

/** At least and at most; either may be missing. */
export interface Range {
  min?: number
  max?: number
}

/** All that is set must hold; nothing is set: any shipment. */
export interface RowConditions {
  serviceLevels?: ServiceLevel[]
  /** Of the destination. */
  countries?: string[]
  /** `DE 10000-14999, 80*; GB SW1`. */
  postcodes?: string
  /** Name of one of the table's areas, that the destination lies in. */
  area?: string
  weightKg?: Range
  /** Of the heaviest package. */
  parcelKg?: Range
  longestCm?: Range
  /** Longest side and girth together. */
  girthCm?: Range
  volumeL?: Range
  /** Of the goods; decimal texts. */
  value?: { min?: string; max?: string; currency: string }
  hazardous?: boolean
  /** One of them is enough. */
  tags?: string[]
  days?: Weekday[]
  /** Local time of day, the end excluded; past midnight when `to` is the earlier one. */
  from?: string
  to?: string
  /** For days and times; UTC when absent. */
  zone?: string
  /** JSONata over {shipment, now}. */
  expression?: string
}

/** How a node was configured before there was a table. */
export interface SelectionRule {
  partner: string
  when: string
  cost: string
}

/** Rules as they were saved first: all of them candidates of one row. */
export function tableOfRules(rules: readonly SelectionRule[], strategy: string | undefined): RoutingTable {
  const candidates = rules.map(({ partner, when, cost }) => ({ partner, ...(when && { when }), ...(cost && { cost }) }))
  return {
    rows: [
      { name: 'any shipment', when: {}, candidates, strategy: strategy === 'priority' ? 'preference' : 'cheapest' },
    ],
  }
}
