import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { DeliveryEvent, Location, Position } from '../../engine/canonical/index.ts'
import type { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { Aboard } from '../../engine/tracking/aboard.ts'
import { readYards } from '../../engine/tracking/fences.ts'
import type { Told } from '../../engine/tracking/telling.ts'
import { VehicleWatch, type WatchRules } from '../../engine/tracking/vehicle-watch.ts'
import { type LifecycleBench, openLifecycle } from '../support/lifecycle.ts'
import { DEPOT, DOORS, load, position, tell } from '../support/vehicles.ts'

const RULES: WatchRules = { radiusM: 150, dwellMs: 20 * 60_000, deviationM: 2000, yards: [] }
const [DOOR = DEPOT, NEXT = DEPOT] = DOORS
const metresNorth = ({ lat, lon }: Location, metres: number): Location => ({ lat: lat + metres / 111_195, lon })
const HALFWAY: Location = { lat: 52.5, lon: 13.35 }

describe('a vehicle that is watched', () => {
  let bench: LifecycleBench
  let lifecycle: ShipmentLifecycle
  let told: Map<string, NewMessage>
  let failing: number
  beforeEach(async () => {
    bench = await openLifecycle()
    lifecycle = bench.lifecycle
    told = new Map()
    failing = 0
  })
  afterEach(() => bench.close())

  function watch(rules: Partial<WatchRules> = {}, documents = bench.store.documents): VehicleWatch {
    const { clock } = bench
    clock.set('2026-03-02T13:00:00Z')
    const aboard = new Aboard({ lifecycle, clock })
    /** As the store of messages does: the first telling of a fact stays. */
    const publish = async (messages: NewMessage[]) => {
      for (const message of messages) if (!told.has(message.id)) told.set(message.id, message)
      if (failing-- > 0) throw new Error('killed after publishing')
    }
    return new VehicleWatch({ aboard, lifecycle, documents, clock, publish }, { ...RULES, ...rules }, 'geofence.test')
  }
  const events = () => [...told.values()].map(({ payload }) => (payload as unknown as Told).event.data)
  const stays = () => [...told.values()].map(({ payload }) => (payload as unknown as Told).stay)
  const types = () => events().map(({ type }) => type)
  async function drive(vehicle: VehicleWatch, ...positions: Position[]) {
    for (const one of positions) await vehicle.take(one)
  }

  it('arrives at a door, waits and leaves: each is told once, however many positions say so', async () => {
    const { shipmentId } = await load(lifecycle, 'SO-1')
    const van = watch()
    await drive(van, position(0, HALFWAY), position(10, DOOR), position(12, metresNorth(DOOR, 100)))
    await drive(van, position(31, DOOR), position(33, DOOR), position(36, metresNorth(DOOR, 170)))
    assert.deepEqual(types(), ['delivery.arrived', 'transit.delayed'])
    await drive(van, position(37, HALFWAY), position(40, HALFWAY))
    assert.deepEqual(types(), ['delivery.arrived', 'transit.delayed', 'transit.departed'])
    const of = ({ shipmentId: id, stopSequence, occurredAt, rawCode }: DeliveryEvent) => [
      id,
      stopSequence,
      occurredAt,
      rawCode,
    ]
    assert.deepEqual(events().map(of), [
      [shipmentId, 2, '2026-03-02T12:10:00.000Z', 'geofence.arrived'],
      [shipmentId, 2, '2026-03-02T12:31:00.000Z', 'geofence.dwell'],
      [shipmentId, 2, '2026-03-02T12:37:00.000Z', 'geofence.departed'],
    ])
    const { arrivedAt, departedAt, minutes } = stays().at(-1) ?? assert.fail()
    assert.deepEqual([arrivedAt, departedAt, minutes], ['2026-03-02T12:10:00.000Z', '2026-03-02T12:37:00.000Z', 27])
  })

  it('is at the pick-up until the goods are in it, and leaves with them', async () => {
    await load(lifecycle, 'SO-1', { pickedUp: false })
    const van = watch()
    await drive(van, position(0, DEPOT))
    await tell(lifecycle, 'SO-1', 'pickup.completed', 5)
    await drive(van, position(6, HALFWAY))
    assert.deepEqual(types(), ['pickup.arrived', 'transit.departed'])
  })

  it('has not departed with goods that it left behind', async () => {
    await load(lifecycle, 'SO-1', { pickedUp: false })
    await drive(watch(), position(0, DEPOT), position(6, HALFWAY), position(10, DOOR))
    assert.deepEqual(types(), ['pickup.arrived'])
  })

  it('still leaves a door whose delivery is completed, and the stop has both times', async () => {
    const { shipmentId } = await load(lifecycle, 'SO-1')
    const van = watch()
    await drive(van, position(10, DOOR))
    await tell(lifecycle, 'SO-1', 'delivery.completed', 12)
    await drive(van, position(15, HALFWAY))
    for (const one of events()) await lifecycle.apply(one)
    const shipment = await lifecycle.get(shipmentId)
    assert.equal(shipment?.status, 'delivery.completed')
    const { arrivedAt, departedAt } = shipment?.stops[1] ?? {}
    assert.deepEqual([arrivedAt, departedAt], ['2026-03-02T12:10:00.000Z', '2026-03-02T12:15:00.000Z'])
  })

  it('does not move a shipment on by leaving the door of a failed attempt, nor arrives there again in passing', async () => {
    const { shipmentId } = await load(lifecycle, 'SO-1')
    const van = watch()
    const happen = async (...positions: Position[]) => {
      await drive(van, ...positions)
      for (const one of events()) await lifecycle.apply(one)
    }
    await happen(position(10, DOOR))
    await tell(lifecycle, 'SO-1', 'delivery.attempt_failed', 12)
    await happen(position(15, HALFWAY), position(16, DOOR))
    const after = await lifecycle.get(shipmentId)
    assert.deepEqual([after?.status, after?.attempt], ['delivery.attempt_failed', 1])
    await tell(lifecycle, 'SO-1', 'delivery.out_for_delivery', 30)
    await happen(position(40, DOOR))
    const again = await lifecycle.get(shipmentId)
    assert.deepEqual([again?.status, again?.attempt], ['delivery.arrived', 2])
  })

  it('drives past a door without arriving', async () => {
    await load(lifecycle, 'SO-1')
    await drive(watch(), position(10, DOOR, { speedKmh: 80 }))
    assert.deepEqual(types(), [])
  })

  it('leaves the corridor of its route, comes back and leaves it again: told twice', async () => {
    await load(lifecycle, 'SO-1')
    await load(lifecycle, 'SO-2', { place: 2 })
    const far = metresNorth({ lat: 52.5, lon: 13.45 }, 4000)
    const onIt = { lat: 52.5, lon: 13.45 }
    await drive(watch(), position(0, onIt), position(1, far), position(2, far), position(3, onIt), position(4, far))
    assert.deepEqual(types(), Array(4).fill('transit.rerouted'))
    assert.equal(new Set(events().map(({ shipmentId }) => shipmentId)).size, 2)
  })

  it('arrives at a yard with everything that is in it', async () => {
    await load(lifecycle, 'SO-1')
    await load(lifecycle, 'SO-2', { place: 2 })
    await load(lifecycle, 'SO-3', { place: 3, pickedUp: false })
    const ring = [13.33, 13.37, 13.37, 13.33, 13.33].map((lon, n) => [lon, n > 1 && n < 4 ? 52.52 : 52.48])
    const polygon = { type: 'Polygon', coordinates: [ring] }
    const feature = { type: 'Feature', properties: { name: 'Ferry' }, geometry: polygon }
    const yards = readYards(JSON.stringify({ type: 'FeatureCollection', features: [feature] }))
    await drive(watch({ yards }), position(0, DEPOT), position(1, HALFWAY), position(9, NEXT))
    const yard = events().filter(({ stopSequence }) => stopSequence === undefined)
    assert.deepEqual(
      yard.map(({ type, rawText }) => [type, rawText]),
      [
        ['transit.arrived', 'at Ferry'],
        ['transit.arrived', 'at Ferry'],
        ['transit.departed', '8 min at Ferry'],
        ['transit.departed', '8 min at Ferry'],
      ],
    )
  })

  for (const [what, change] of [
    ['from tomorrow', { at: '2026-03-03T13:00:00Z' }],
    ['of a clock that was reset', { at: '2015-06-01T00:00:00Z' }],
    ['at 0, 0', { lat: 0, lon: 0 }],
    ['on another continent', { lat: 40.7, lon: -74 }],
    ['less exact than the fence is wide', { accuracyM: 900 }],
  ] as const)
    it(`decides nothing by a position ${what}`, async () => {
      await load(lifecycle, 'SO-1')
      const van = watch()
      assert.equal(await van.take(position(10, DOOR, change)), 'doubtful')
      assert.equal(await van.take(position(11, DOOR)), 'told')
    })

  it('is not moved back by a position that comes late', async () => {
    await load(lifecycle, 'SO-1')
    const van = watch()
    await drive(van, position(10, DOOR))
    assert.equal(await van.take(position(5, HALFWAY)), 'stale')
    assert.deepEqual(types(), ['delivery.arrived'])
  })

  it('tells an arrival once when it is killed between telling and noting it', async () => {
    await load(lifecycle, 'SO-1')
    failing = 1
    await assert.rejects(watch().take(position(10, DOOR)), /killed/)
    await drive(watch(), position(11, DOOR), position(30, HALFWAY))
    assert.deepEqual(types(), ['delivery.arrived', 'transit.departed'])
  })

  it('tells once when two workers get its positions', async () => {
    await load(lifecycle, 'SO-1')
    const workers = [watch(), watch()]
    for (const minute of [0, 1, 2, 3, 40, 41]) {
      const place = minute < 40 ? DOOR : HALFWAY
      await Promise.all(workers.map((worker, n) => worker.take(position(minute + n / 10, place))))
    }
    assert.deepEqual(types(), ['delivery.arrived', 'transit.departed'])
  })

  it('knows nothing of a vehicle without a load', async () => {
    assert.equal(await watch().take(position(10, DOOR)), 'quiet')
    const { items } = await bench.store.documents.page('vehicle-watch', { limit: 10 })
    assert.deepEqual(items, [])
  })

  it('sees at once what is loaded, moved to another vehicle or delivered', async () => {
    const aboard = new Aboard(bench)
    const ids = async (vehicle: string) => (await aboard.of(vehicle)).map(({ orderId }) => orderId)
    assert.deepEqual(await ids('VAN-1'), [])
    await load(lifecycle, 'SO-2', { place: 2 })
    const { shipmentId } = await load(lifecycle, 'SO-1')
    assert.deepEqual(await ids('VAN-1'), ['SO-1', 'SO-2'])
    await tell(lifecycle, 'SO-2', 'delivery.completed', 1)
    assert.deepEqual(await ids('VAN-1'), ['SO-1'])
    const route = { routeId: 'r2', vehicleId: 'VAN-2', sequence: 1, plannedAt: '2026-03-02T11:00:00Z' }
    await lifecycle.recordRoute(shipmentId, route)
    bench.clock.advance(5_000)
    assert.deepEqual([await ids('VAN-1'), await ids('VAN-2')], [[], ['SO-1']])
    assert.equal((await lifecycle.findByReference('VAN-1', 'vehicle')).length, 1)
  })
})

describe('a list of yards', () => {
  const feature = (properties: unknown, geometry: unknown) => ({ type: 'Feature', properties, geometry })
  const list = (...features: unknown[]) => JSON.stringify({ type: 'FeatureCollection', features })
  const point = { type: 'Point', coordinates: [13.4, 52.5] }

  it('may be empty, and may hold points with a radius', () => {
    assert.deepEqual(readYards(' '), [])
    const [yard] = readYards(list(feature({ name: 'Depot', radiusM: 300 }, point)))
    assert.deepEqual(yard, {
      key: 'yard/Depot',
      kind: 'yard',
      name: 'Depot',
      shape: { centre: { lon: 13.4, lat: 52.5 }, radiusM: 300 },
    })
  })

  for (const [what, text] of [
    ['no JSON', '{'],
    ['no collection', '[]'],
    ['null', 'null'],
    ['a place without a name', list(feature({}, point))],
    ['a place that is none', list(null)],
    ['a point without a radius', list(feature({ name: 'x' }, point))],
    ['a point that is nowhere', list(feature({ name: 'x', radiusM: 5 }, { type: 'Point', coordinates: [200, 1] }))],
    [
      'a polygon of two corners',
      list(
        feature(
          { name: 'x' },
          {
            type: 'Polygon',
            coordinates: [
              [
                [1, 2],
                [3, 4],
              ],
            ],
          },
        ),
      ),
    ],
    [
      'a line',
      list(
        feature(
          { name: 'x' },
          {
            type: 'LineString',
            coordinates: [
              [1, 2],
              [3, 4],
            ],
          },
        ),
      ),
    ],
    ['two of one name', list(...[1, 2].map(() => feature({ name: 'x', radiusM: 5 }, point)))],
  ] as const)
    it(`is refused when it is ${what}`, () =>
      assert.throws(() => readYards(text), { category: 'invalid', code: 'geofence.yards', field: 'yards' }))
})
