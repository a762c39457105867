import assert from 'node:assert/strict'
import type { Facts } from '../../engine/kpi/facts.ts'
import { figuresOf } from '../../engine/kpi/figures.ts'
import { ratio, spread } from '../../engine/kpi/measures.ts'
import { periodOf } from '../../engine/kpi/period.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const noon = Date.UTC(2026, 2, 2, 12)
const period = { from: noon - 12 * 60 * MINUTE, to: noon + 12 * 60 * MINUTE }
let number = 0
const facts = (more: Partial<Facts> = {}): Facts => ({
  shipmentId: `shp_${number++}`,
  ...{ courier: 'swift', releasedAt: noon, attempt: 1, dwells: [], troubles: [] },
  ...more,
})
const delivered = (more: Partial<Facts> = {}) => facts({ end: 'delivered', endedAt: noon, promisedBy: noon, ...more })
const figures = (all: Facts[], onboarded: number[] = [], within = period) =>
  figuresOf(all, onboarded, within, noon + DAY)

describe('the figures of a period', () => {
  it('say what came in time and at the first attempt, of all that ended', () => {
    const { promisedBy: _none, ...unpromised } = delivered()
    const {
      onTime,
      firstAttempt,
      delivered: count,
    } = figures([
      delivered(),
      delivered({ endedAt: noon + 1 }),
      delivered({ attempt: 2 }),
      unpromised,
      facts({ end: 'failed', endedAt: noon, promisedBy: noon + 1 }),
      facts({ end: 'cancelled', endedAt: noon, promisedBy: noon }),
      facts({ promisedBy: noon }),
    ])
    assert.deepEqual(onTime, { count: 2, of: 4, share: 0.5 })
    assert.deepEqual(firstAttempt, { count: 3, of: 5, share: 0.6 })
    assert.equal(count, 4)
  })

  it('measure how long each step took, for the day on which it was done', () => {
    const one = facts({
      ...{ releasedAt: noon - 30 * DAY, dispatchedAt: noon, pickedUpAt: noon + 40 * MINUTE },
      ...{ provenAt: noon, invoicedAt: noon + 90 * MINUTE },
      dwells: [
        { kind: 'pickup', at: noon, ms: 10 * MINUTE },
        { kind: 'delivery', at: noon, ms: 4 * MINUTE },
        { kind: 'delivery', at: noon + 2 * DAY, ms: 99 * MINUTE },
      ],
    })
    const of = figures([one])
    assert.deepEqual([of.released, of.orderToDispatch.median, of.dispatchToPickup.median], [0, 30 * 24 * 60, 40])
    assert.deepEqual([of.dwell.pickup.median, of.dwell.delivery.median, of.podToInvoice.median], [10, 4, 90])
  })

  it('count problems that began, that were solved and that are open', () => {
    const troubles = [
      { type: 'transit.delayed', at: noon - 3 * DAY, resolvedAt: noon },
      { type: 'shipment.held', at: noon + MINUTE },
    ]
    const { exceptions } = figures([
      facts({ troubles }),
      delivered({ troubles: [{ type: 'shipment.damaged', at: noon }] }),
    ])
    assert.deepEqual([exceptions.opened, exceptions.open, exceptions.resolution.median], [2, 1, 3 * 24 * 60])
  })

  it('tell of a day that is over what was true at its end, whatever came later', () => {
    const late = facts({ promisedBy: noon, end: 'delivered', endedAt: noon + 2 * DAY })
    assert.equal(figures([late]).overdue, 1)
    assert.equal(figuresOf([late], [], { from: noon, to: noon + 3 * DAY }, noon + 3 * DAY).overdue, 0)
  })

  it('keep couriers apart, the busiest first', () => {
    const { couriers } = figures([
      delivered({ courier: 'rare' }),
      delivered({ troubles: [{ type: 'transit.delayed', at: noon }] }),
      delivered({ attempt: 2 }),
      facts({ courier: undefined as never }),
      facts({ courier: 'idle' }),
    ])
    assert.deepEqual(
      couriers.map(({ courier, ended, firstAttempt, troubles }) => [
        courier,
        ended,
        firstAttempt.share,
        troubles.share,
      ]),
      [
        ['swift', 2, 0.5, 0.5],
        ['rare', 1, 1, 0],
      ],
    )
  })

  it('have one row a day, also for days on which nothing happened', () => {
    const { days } = figures([delivered({ endedAt: noon + DAY })], [], { from: period.from, to: period.to + DAY })
    assert.deepEqual(
      days.map(({ day, ended, onTime }) => [day, ended, onTime.share]),
      [
        ['2026-03-02', 0, null],
        ['2026-03-03', 1, 0],
      ],
    )
  })

  it('are empty, not zero, when there is nothing to measure', () => {
    const empty = figures([])
    assert.deepEqual([empty.onTime.share, empty.dwell.delivery.median, empty.couriers], [null, null, []])
  })
})

describe('measures', () => {
  it('are the median, the ninth of ten and the mean, in minutes', () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((minute) => minute * MINUTE)
    assert.deepEqual(spread(minutes.reverse()), { count: 10, median: 5.5, p90: 9, average: 14.5 })
    assert.deepEqual(spread([90_000]), { count: 1, median: 1.5, p90: 1.5, average: 1.5 })
    assert.deepEqual(ratio(2, 3), { count: 2, of: 3, share: 0.6667 })
  })
})

describe('a period', () => {
  const now = noon
  const days = (asked: unknown) => {
    const { from, to } = periodOf(asked, now)
    return [new Date(from).toISOString().slice(0, 10), new Date(to).toISOString().slice(0, 10)]
  }
  it('is named, or from one time up to another', () => {
    assert.deepEqual(days('today'), ['2026-03-02', '2026-03-03'])
    assert.deepEqual(days('week'), ['2026-02-24', '2026-03-03'])
    assert.deepEqual(days(undefined), ['2026-02-03', '2026-03-03'])
    assert.deepEqual(days({ from: '2026-01-01', to: '2026-02-01' }), ['2026-01-01', '2026-02-01'])
    assert.deepEqual(periodOf({ from: '2026-03-02T12:00:00+01:00', to: '2026-03-02T12:00:00Z' }, now), {
      from: now - 3_600_000,
      to: now,
    })
  })

  for (const wrong of [
    'yesterday',
    'constructor',
    { from: '2026-02-30' },
    { from: '2026-3-1' },
    { from: 'now' },
    { from: 5 },
    { from: '2026-03-02T12:00:00' },
    { from: '2026-02-01', to: '2026-02-01' },
    { from: '2026-02-02', to: '2026-02-01' },
    { from: '2020-01-01' },
    { from: null },
    { to: ['2026-01-01'] },
  ])
    it(`is not ${JSON.stringify(wrong)}`, () =>
      assert.throws(() => periodOf(wrong, now), { category: 'invalid', code: 'kpi.period' }))
})
