import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { EventType, Shipment } from '../../engine/canonical/types.ts'
import { applyEvent, newShipment } from '../../engine/lifecycle/shipment.ts'
import { withWish } from '../../engine/promise/record.ts'
import { mayReschedule, offeredWindows } from '../../engine/promise/reschedule.ts'
import { zoneOf } from '../../engine/promise/zone.ts'
import { event, order } from '../support/canonical.ts'

/** A Monday, 07:00 in New York. */
const NOW = Date.parse('2026-03-02T12:00:00Z')
const TUESDAY = { from: '2026-03-03T09:00:00-05:00', to: '2026-03-03T12:00:00-05:00' }

function shipment(...events: EventType[]): Shipment {
  const created = newShipment(order('SO-1', { serviceLevel: 'next_day' }), { now: NOW - 60_000, correlationId: 'c' })
  return events.reduce((known, type, index) => {
    const told = event(type, index, { receivedAt: new Date(NOW - 30_000 + index).toISOString() })
    return applyEvent(known, told, NOW).shipment
  }, created)
}

describe('whether a delivery may be rescheduled', () => {
  it('may be before somebody sets out, and after a failed attempt', () => {
    assert.equal(mayReschedule(shipment(), TUESDAY, NOW), undefined)
    assert.equal(mayReschedule(shipment('transit.arrived'), TUESDAY, NOW), undefined)
    assert.equal(
      mayReschedule(shipment('delivery.out_for_delivery', 'delivery.attempt_failed'), TUESDAY, NOW),
      undefined,
    )
  })

  for (const late of ['delivery.out_for_delivery', 'delivery.completed', 'shipment.cancelled'] as const)
    it(`is too late after ${late}`, () => {
      const refusal = mayReschedule(shipment(late), TUESDAY, NOW)
      assert.deepEqual([refusal?.category, refusal?.code], ['refused', 'shipment.too-late'])
    })

  it('goes by what was known when it was asked: a step that runs again decides the same', () => {
    const later = applyEvent(
      shipment(),
      event('delivery.out_for_delivery', 5, { receivedAt: new Date(NOW + 60_000).toISOString() }),
      NOW + 60_000,
    ).shipment
    assert.equal(mayReschedule(later, TUESDAY, NOW), undefined)
    assert.equal(mayReschedule(later, TUESDAY, NOW + 120_000)?.code, 'shipment.too-late')
  })

  const refused: [string, { from: string; to: string }, RegExp][] = [
    ['in the past', { from: '2026-03-02T06:30:00-05:00', to: '2026-03-02T09:00:00-05:00' }, /future/],
    ['the wrong way round', { from: TUESDAY.to, to: TUESDAY.from }, /1 to 12 hours/],
    ['of no length', { from: TUESDAY.from, to: TUESDAY.from }, /1 to 12 hours/],
    [
      'beyond the days of the service',
      { from: '2026-03-12T09:00:00-04:00', to: '2026-03-12T12:00:00-04:00' },
      /7 days/,
    ],
    ['on a Sunday', { from: '2026-03-08T09:00:00-04:00', to: '2026-03-08T12:00:00-04:00' }, /Monday to Saturday/],
    ['at night', { from: '2026-03-03T02:00:00-05:00', to: '2026-03-03T05:00:00-05:00' }, /local time/],
    ['without a zone', { from: '2026-03-03T09:00:00', to: '2026-03-03T12:00:00' }, /its zone/],
    ['that are no times', { from: 'tomorrow', to: 'later' }, /no time/],
    ['by the week, which no partner reads', { from: '2026-W10-2T14:00:00Z', to: '2026-W10-2T17:00:00Z' }, /no time/],
    ['without seconds, as no document has it', { from: '2026-03-03T14:00Z', to: '2026-03-03T17:00Z' }, /no time/],
    ['on a day that there is not', { from: '2026-02-30T09:00:00Z', to: '2026-02-30T12:00:00Z' }, /no time/],
  ]
  for (const [what, window, words] of refused)
    it(`refuses windows ${what}`, () => {
      const refusal = mayReschedule(shipment(), window, NOW)
      assert.equal(refusal?.code, 'reschedule.window')
      assert.match(refusal.message, words)
    })
})

describe('the windows that are offered', () => {
  it('can all be had, are on working days by the clock of the place, and none is today', () => {
    const windows = offeredWindows(shipment(), NOW)
    assert.equal(windows.length, 12)
    assert.deepEqual(windows[0], { from: '2026-03-03T08:00:00-05:00', to: '2026-03-03T12:00:00-05:00' })
    for (const window of windows) assert.equal(mayReschedule(shipment(), window, NOW), undefined)
  })

  it('are none once it is too late', () => {
    assert.deepEqual(offeredWindows(shipment('delivery.out_for_delivery'), NOW), [])
  })
})

describe('the zone of an address', () => {
  it('is the country’s, or the one nearest to the sun', () => {
    assert.equal(zoneOf({ country: 'DE' }), 'Europe/Berlin')
    assert.equal(zoneOf({ country: 'US', location: { lat: 41.9, lon: -87.6 } }), 'America/Chicago')
    assert.equal(zoneOf({ country: 'US', location: { lat: 34, lon: -118.2 } }), 'America/Los_Angeles')
  })
  it('is the fallback where nothing says it', () => {
    assert.equal(zoneOf({ country: 'US' }, 'America/Denver'), 'America/Denver')
    assert.equal(zoneOf({ country: 'XX' }), 'UTC')
    assert.equal(zoneOf({ country: 'not a country' }), 'UTC')
  })
})

describe('what was agreed', () => {
  it('is the promise, the window of the delivery and one line for the driver, however often it is said', () => {
    const wish = { window: TUESDAY, safePlace: 'behind the bins' }
    const agreed = withWish(withWish(shipment(), { safePlace: 'with Kim' }), wish)
    assert.deepEqual(agreed.promise, { earliest: TUESDAY.from, latest: TUESDAY.to })
    assert.deepEqual(agreed.stops.find(({ kind }) => kind === 'delivery')?.window, agreed.promise)
    assert.equal(agreed.consignee.instructions?.match(/Safe place: behind the bins/g)?.length, 1)
    assert.ok(!agreed.consignee.instructions?.includes('Kim'))
    assert.deepEqual(withWish(agreed, wish), agreed)
  })
})
