import { DAY_MS } from '../delivery/wall-clock.ts'
import type { Facts } from './facts.ts'
import { type Ratio, ratio, type Spread, spread } from './measures.ts'

/** From `from` up to, not including, `to`; epoch milliseconds. */
export interface Period {
  from: number
  to: number
}

export interface CourierFigures {
  courier: string
  ended: number
  delivered: number
  onTime: Ratio
  firstAttempt: Ratio
  /** Problems that began in the period, for each shipment that ended in it. */
  troubles: Ratio
  dispatchToPickup: Spread
  dwell: Spread
}

export interface DayFigures {
  /** UTC, `2026-03-02`. */
  day: string
  released: number
  ended: number
  onTime: Ratio
  firstAttempt: Ratio
}

export interface Figures {
  from: string
  to: string
  released: number
  delivered: number
  ended: number
  /** On the way at the end of the period, or now, past what was promised. */
  overdue: number
  onTime: Ratio
  firstAttempt: Ratio
  orderToDispatch: Spread
  dispatchToPickup: Spread
  dwell: { pickup: Spread; delivery: Spread }
  podToInvoice: Spread
  exceptions: { opened: number; open: number; resolution: Spread }
  /** Of partners that went live in the period, minutes from when they were made. */
  onboarding: Spread
  couriers: CourierFigures[]
  days: DayFigures[]
}

/** Whoever has not booked yet has no courier to count it for. */
const NOBODY = ''

/**
 * The figures of a period: each fact counts for the moment at which it came about, so that a shipment counts as released on one day and
 * as delivered on another. What was called off counts for nothing but its release. `onboarded`: milliseconds each.
 */
export function figuresOf(
  facts: readonly Facts[],
  onboarded: readonly number[],
  { from, to }: Period,
  now: number,
): Figures {
  const within = (at: number | undefined): at is number => at !== undefined && at >= from && at < to
  const ended = facts.filter(({ end, endedAt }) => end !== 'cancelled' && within(endedAt))
  const released = facts.filter(({ releasedAt }) => within(releasedAt))
  const troubles = facts.flatMap((one) => one.troubles.map((trouble) => ({ ...trouble, courier: one.courier })))
  const asOf = Math.min(to, now)
  const open = (until: number | undefined) => until === undefined || until >= asOf
  const underWay = facts.filter(({ releasedAt, endedAt }) => releasedAt < asOf && open(endedAt))
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    released: released.length,
    ...outcome(ended),
    overdue: underWay.filter(({ promisedBy }) => promisedBy !== undefined && promisedBy < asOf).length,
    ...times(facts, within),
    podToInvoice: spread(between(facts, 'provenAt', 'invoicedAt', within)),
    exceptions: {
      opened: troubles.filter(({ at }) => within(at)).length,
      open: underWay.flatMap((one) => one.troubles).filter(({ at, resolvedAt }) => at < asOf && open(resolvedAt))
        .length,
      resolution: spread(
        troubles.flatMap(({ at, resolvedAt }) => (within(resolvedAt) ? [Math.max(0, resolvedAt - at)] : [])),
      ),
    },
    onboarding: spread(onboarded),
    couriers: couriersOf(facts, ended, troubles, within),
    days: daysOf(released, ended, { from, to }),
  }
}

type Within = (at: number | undefined) => at is number

function outcome(ended: readonly Facts[]): Pick<Figures, 'delivered' | 'ended' | 'onTime' | 'firstAttempt'> {
  const delivered = ended.filter(({ end }) => end === 'delivered')
  const promised = ended.filter(({ promisedBy }) => promisedBy !== undefined)
  const inTime = promised.filter(({ end, endedAt = 0, promisedBy = 0 }) => end === 'delivered' && endedAt <= promisedBy)
  return {
    delivered: delivered.length,
    ended: ended.length,
    onTime: ratio(inTime.length, promised.length),
    firstAttempt: ratio(delivered.filter(({ attempt }) => attempt === 1).length, ended.length),
  }
}

function times(
  facts: readonly Facts[],
  within: Within,
): Pick<Figures, 'orderToDispatch' | 'dispatchToPickup' | 'dwell'> {
  const dwells = facts.flatMap((one) => one.dwells).filter(({ at }) => within(at))
  const of = (wanted: string) => spread(dwells.filter(({ kind }) => kind === wanted).map(({ ms }) => ms))
  return {
    orderToDispatch: spread(between(facts, 'releasedAt', 'dispatchedAt', within)),
    dispatchToPickup: spread(between(facts, 'dispatchedAt', 'pickedUpAt', within)),
    dwell: { pickup: of('pickup'), delivery: of('delivery') },
  }
}

type Moment = 'releasedAt' | 'dispatchedAt' | 'pickedUpAt' | 'provenAt' | 'invoicedAt'

/** Durations that ended in the period. Clocks of two systems may contradict each other: less than nothing is nothing. */
function between(facts: readonly Facts[], start: Moment, end: Moment, within: Within): number[] {
  return facts.flatMap((one) => {
    const [begun, done] = [one[start], one[end]]
    return begun !== undefined && within(done) ? [Math.max(0, done - begun)] : []
  })
}

function couriersOf(
  facts: readonly Facts[],
  ended: readonly Facts[],
  troubles: readonly { at: number; courier: string | undefined }[],
  within: Within,
): CourierFigures[] {
  const all = Map.groupBy(facts, ({ courier = NOBODY }) => courier)
  return [...all]
    .filter(([courier]) => courier !== NOBODY)
    .map(([courier, own]) => {
      const mine = ended.filter((one) => one.courier === courier)
      const { dispatchToPickup, dwell } = times(own, within)
      const began = troubles.filter((trouble) => trouble.courier === courier && within(trouble.at)).length
      return { courier, ...outcome(mine), troubles: ratio(began, mine.length), dispatchToPickup, dwell: dwell.delivery }
    })
    .filter(({ ended, dispatchToPickup, troubles }) => ended + dispatchToPickup.count + troubles.count > 0)
    .sort((a, b) => b.ended - a.ended || (a.courier < b.courier ? -1 : 1))
}

function daysOf(released: readonly Facts[], ended: readonly Facts[], { from, to }: Period): DayFigures[] {
  const days = Math.ceil((to - from) / DAY_MS)
  return Array.from({ length: days }, (_, index) => {
    const [begin, end] = [from + index * DAY_MS, Math.min(to, from + (index + 1) * DAY_MS)]
    const on = (at = 0) => at >= begin && at < end
    const { ended: count, onTime, firstAttempt } = outcome(ended.filter(({ endedAt }) => on(endedAt)))
    const day = new Date(begin).toISOString().slice(0, 10)
    return {
      day,
      released: released.filter(({ releasedAt }) => on(releasedAt)).length,
      ended: count,
      onTime,
      firstAttempt,
    }
  })
}
