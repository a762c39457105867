import type { Location, ServiceLevel, Shipment } from '../canonical/types.ts'
import { WEEKDAYS, type Weekday } from '../delivery/calendar-plan.ts'
import { DAY_MS, MINUTE_MS, WallClock } from '../delivery/wall-clock.ts'
import { type Measures, measuresOf } from './parcels.ts'

/** What rules ask about a shipment. */
export interface Facts extends Measures {
  shipment: Shipment
  /** Epoch milliseconds. */
  now: number
  serviceLevel: ServiceLevel
  country: string
  postcode: string | undefined
  location: Location | undefined
  goodsValue: Shipment['goodsValue']
  tags: string[]
}

export function factsOf(shipment: Shipment, now: number): Facts {
  const { country, postcode, location } = shipment.consignee.address
  return {
    ...measuresOf(shipment),
    shipment,
    now,
    serviceLevel: shipment.serviceLevel,
    country,
    postcode,
    location,
    goodsValue: shipment.goodsValue,
    tags: shipment.tags ?? [],
  }
}

/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const FIRST_WEEKDAY = 3

/** The day of the week and the minutes since midnight that a clock on the wall of the zone shows. */
export function localTime(now: number, zone: string): { weekday: Weekday; before: Weekday; minute: number } {
  const wall = new WallClock(zone).read(now)
  const day = Math.floor(wall / DAY_MS) + FIRST_WEEKDAY
  const weekday = (offset: number) => WEEKDAYS[(((day + offset) % 7) + 7) % 7]!
  return {
    weekday: weekday(0),
    before: weekday(-1),
    minute: Math.floor((((wall % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS),
  }
}

/** `16:00` as minutes since midnight. */
export function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

/** Whether a time of day lies in hours that may run past midnight. */
export function within(minute: number, from: string, to: string): boolean {
  const [start, end] = [minutesOf(from), minutesOf(to)]
  return start <= end ? start <= minute && minute < end : minute >= start || minute < end
}
