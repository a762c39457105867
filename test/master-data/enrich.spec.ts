import assert from 'node:assert/strict'
import type { Order, ServiceTerms } from '../../engine/canonical/index.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { enriched } from '../../engine/master-data/enrich.ts'
import { promiseOf } from '../../engine/master-data/promise.ts'
import { order } from '../support/canonical.ts'

const LINE = { lineId: '10', sku: 'SKU-1', quantity: 1, unit: 'EA' }
const shipment = (change: Partial<Order>) => {
  const { promise: _, ...rest } = order('SO-1', {
    lines: [LINE],
    packages: [{ packageId: 'P', weightKg: 2 }],
    ...change,
  })
  return newShipment({ ...rest, ...change }, { now: Date.parse('2026-03-03T15:00:00Z'), correlationId: 'c' })
}
const TERMS: ServiceTerms = {
  serviceLevel: 'next_day',
  transitDays: 1,
  cutOff: '16:00',
  deliverFrom: '08:00',
  deliverUntil: '18:00',
  timeZone: 'America/New_York',
}

describe('what master data add to a shipment', () => {
  it('is the mark of dangerous goods on every package, and the size of a single piece', () => {
    const item = { sku: 'SKU-1', hazardous: true, lengthCm: 40, widthCm: 30, heightCm: 20 }
    const { packages } = enriched(shipment({}), { items: [item] })
    const expected = { packageId: 'P', weightKg: 2, lengthCm: 40, widthCm: 30, heightCm: 20, hazardous: true }
    assert.deepEqual(packages, [expected])
  })

  it('never changes what the order says itself', () => {
    const promise = { latest: '2026-03-09T12:00:00Z' }
    const given = shipment({ packages: [{ packageId: 'P', weightKg: 2, lengthCm: 1, hazardous: false }], promise })
    const item = { sku: 'SKU-1', hazardous: true, lengthCm: 40 }
    assert.deepEqual(enriched(given, { items: [item], terms: TERMS }), given)
  })

  it('is the promise of the service level where nothing was promised, also at the door', () => {
    const { promise, stops } = enriched(shipment({}), { items: [], terms: TERMS })
    assert.deepEqual(promise, { earliest: '2026-03-04T08:00:00-05:00', latest: '2026-03-04T18:00:00-05:00' })
    assert.deepEqual(
      stops.map(({ window }) => window),
      [undefined, promise],
    )
  })

  it('is the same when it is done again, and nothing where nothing is known', () => {
    const once = enriched(shipment({}), { items: [], terms: TERMS })
    assert.deepEqual(enriched(once, { items: [], terms: { ...TERMS, transitDays: 5 } }), once)
    const plain = shipment({})
    assert.deepEqual(enriched(plain, { items: [] }), plain)
  })
})

describe('the promise of a service level', () => {
  const promised = (released: string, change: Partial<ServiceTerms> = {}) =>
    promiseOf({ ...TERMS, ...change }, Date.parse(released)).latest
  for (const [what, released, change, latest] of [
    ['before the cut-off', '2026-03-03T15:59:00-05:00', {}, '2026-03-04T18:00:00-05:00'],
    ['after the cut-off', '2026-03-03T16:01:00-05:00', {}, '2026-03-05T18:00:00-05:00'],
    ['on a Friday evening', '2026-03-06T18:30:00-05:00', {}, '2026-03-10T18:00:00-04:00'],
    ['on a Sunday, over the change of the clocks', '2026-03-08T12:00:00-04:00', {}, '2026-03-10T18:00:00-04:00'],
    ['for the same day', '2026-03-03T10:00:00-05:00', { transitDays: 0 }, '2026-03-03T18:00:00-05:00'],
    ['for the same day, too late', '2026-03-03T19:00:00-05:00', { transitDays: 0 }, '2026-03-04T18:00:00-05:00'],
  ] as const)
    it(`holds ${what}`, () => assert.equal(promised(released, change), latest))

  it('begins no earlier than the release', () => {
    const { earliest } = promiseOf({ ...TERMS, transitDays: 0 }, Date.parse('2026-03-03T10:00:00-05:00'))
    assert.equal(earliest, undefined)
  })
})
