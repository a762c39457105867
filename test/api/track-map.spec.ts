import assert from 'node:assert/strict'
import type { Position, Shipment } from '../../engine/canonical/index.ts'
import { map } from '../../engine/api/track-map.ts'
import { clockworkOf } from '../../engine/api/track-when.ts'
import { example } from '../support/canonical.ts'

const NOW = Date.parse('2026-03-02T10:00:00Z')
const DOOR = { lat: 52.5, lon: 13.4 }

describe('the map on the tracking page', () => {
  const consignee = example<Shipment>('shipment').consignee
  const shipment = (change: Partial<Shipment> = {}): Shipment => ({
    ...example<Shipment>('shipment'),
    status: 'delivery.out_for_delivery',
    consignee: { ...consignee, address: { lines: ['x'], city: 'Berlin', country: 'DE', location: DOOR } },
    route: { routeId: 'R', vehicleId: 'VAN-1', plannedAt: '2026-03-02T06:00:00Z' },
    ...change,
  })
  const position = (change: Partial<Position> = {}): Position => ({
    ...{ vehicleId: 'VAN-1', deviceId: 'd', at: '2026-03-02T09:55:00Z', lat: 52.518, lon: 13.4 },
    ...{ provider: 'p', receivedAt: '2026-03-02T09:55:01Z', ...change },
  })
  const drawn = (of: Partial<Shipment> = {}, at: Partial<Position> = {}) =>
    map(shipment(of), position(at), clockworkOf(shipment(of), 'en', NOW))

  it('says how far the van is, in which direction, and when it was seen', () => {
    const svg = drawn()
    assert.match(svg, /about 2 km north of you/)
    assert.match(svg, /Seen <time[^>]*>Today, 10:55</)
    assert.match(svg, /role="img" aria-label="The courier is about 2 km north of you\."/)
  })

  for (const [lat, lon, direction] of [
    [52.5, 13.43, 'east'],
    [52.485, 13.4, 'south'],
    [52.5, 13.37, 'west'],
    [52.515, 13.375, 'north-west'],
    [52.485, 13.425, 'south-east'],
  ] as const)
    it(`knows ${direction}`, () => assert.match(drawn({}, { lat, lon }), new RegExp(` ${direction} of you`)))

  it('knows that the date line is no distance', () => {
    const address = { lines: ['x'], city: 'Suva', country: 'FJ', location: { lat: -16.8, lon: 179.99 } }
    const svg = drawn({ consignee: { ...consignee, address } }, { lat: -16.8, lon: -179.99 })
    assert.match(svg, /2\.5 km east of you/)
  })

  it('is no more exact than a few streets: it may stand at the door of somebody else', () => {
    assert.equal(drawn({}, { lat: 52.5181, lon: 13.4001 }), drawn())
    assert.match(drawn({}, { lat: 52.5005 }), /less than 1 km/)
  })

  it('names no coordinates', () => assert.doesNotMatch(drawn(), /52\.5|13\.4/))

  const hidden: [string, Partial<Shipment>, Partial<Position>][] = [
    ['while nobody is on the way to this door', { status: 'transit.moving' }, {}],
    ['once it is delivered', { status: 'delivery.completed' }, {}],
    ['of another van', {}, { vehicleId: 'VAN-2' }],
    ['of a van that is far away', {}, { lat: 52.7 }],
    ['of what was long ago', {}, { at: '2026-03-02T09:30:00Z' }],
    ['of what shall be', {}, { at: '2026-03-02T11:00:00Z' }],
    ['of a position that is doubted', {}, { flags: ['location.far'] }],
    [
      'when the place of the door is not known',
      { consignee: { ...consignee, address: { lines: ['x'], city: 'Berlin', country: 'DE' } } },
      {},
    ],
  ]
  for (const [title, of, at] of hidden) it(`shows nothing ${title}`, () => assert.equal(drawn(of, at), ''))
  it('shows nothing when there is no position', () =>
    assert.equal(map(shipment(), undefined, clockworkOf(shipment(), 'en', NOW)), ''))
})
