import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { cloudEvent } from '../../engine/canonical/index.ts'
import { event } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { DEPOT, DOORS, load, position } from '../support/vehicles.ts'

const [DOOR = DEPOT] = DOORS

describe('geofence', () => {
  const bench = flowBench()
  let number = 0
  let van = ''
  beforeEach(() => {
    number += 1
    van = `VAN-${number}`
  })

  const fence = (fields: Record<string, unknown> = {}) =>
    node('fence', 'geofence', [['event'], ['quiet']], {
      ...{ radiusM: 150, dwellMinutes: 20, deviationM: 0, silentMinutes: 0, yards: '', maxAttempts: 8 },
      ...fields,
    })
  const flow = (one = fence()) => [source('fence'), one, probe('event'), probe('quiet')]
  const at = (secondsAgo: number, place = DOOR, change: object = {}) => {
    const now = new Date(Date.now() - secondsAgo * 1000).toISOString()
    return { ...position(0, place), vehicleId: van, at: now, receivedAt: now, ...change }
  }
  const loaded = () => load(bench.runtime.lifecycle, `SO-${number}`, { vehicleId: van })

  it('gives an arrival to the flow until the flow is done with it, as one event', async () => {
    const { shipmentId, correlationId } = await loaded()
    await bench.deploy(...flow())
    bench.failAt('event', 1)
    await bench.publish(at(20))
    await bench.publish(at(10))
    const { payload, stay, cartage } = await bench.arrived('event', 2)
    await bench.settled('geofence.fence')
    assert.deepEqual([payload.type, payload.data.shipmentId, cartage.attempt], ['delivery.arrived', shipmentId, 2])
    assert.deepEqual([cartage.correlationId, stay.kind, bench.at('event').length], [correlationId, 'delivery', 2])
    assert.equal(bench.at('quiet').length, 1)
  })

  it('hands on a position that means nothing', async () => {
    await bench.deploy(...flow())
    await bench.publish(at(0))
    assert.equal((await bench.arrived('quiet')).payload.vehicleId, van)
  })

  it('makes of what happened to a vehicle an event of each shipment in it', async () => {
    const { shipmentId } = await loaded()
    await bench.deploy(...flow())
    const shipmentRef = { type: 'vehicle', value: van }
    const reason = 'carrier.vehicle' as const
    const data = event('transit.delayed', 1, { eventId: `alarm-${number}`, shipmentRef, reason })
    for (let n = 0; n < 2; n += 1) await bench.publish(cloudEvent({ data, correlationId: 'c' }))
    await bench.settled()
    await bench.settled('geofence.fence')
    const told = bench.at('event').map(({ payload }) => payload.data)
    assert.deepEqual(
      told.map((one) => [one.shipmentId, one.reason, one.shipmentRef.type]),
      [[shipmentId, 'carrier.vehicle', 'order']],
    )
  })

  it('tells that a vehicle under way is not heard any more', async () => {
    const { shipmentId } = await loaded()
    await bench.deploy(...flow(fence({ silentMinutes: 0.01 })))
    const { documents } = bench.runtime.hub.store
    await documents.put('position', van, at(1, DEPOT), { expect: 0 })
    await bench.publish(at(0, DEPOT))
    const { payload } = await bench.arrived('event')
    assert.deepEqual([payload.type, payload.data.shipmentId], ['tracking.expired', shipmentId])
  })

  for (const [what, payload, field] of [
    ['no position', { vehicleId: 'x' }, undefined],
    ['nothing', null, undefined],
    ['a position off the globe', { ...position(0, DOOR), lat: 123 }, 'lat'],
    ['an event that is none', { data: { type: 'transit.delayed' } }, undefined],
    ['an event of a shipment', cloudEvent({ data: event('transit.delayed', 1), correlationId: 'c' }), 'shipmentRef'],
  ] as const)
    it(`takes ${what} for an error that names the field`, async () => {
      await bench.deploy(...flow(), catchAll('caught'), probe('caught'))
      await bench.publish(payload)
      const { failure } = await bench.arrived('caught')
      assert.deepEqual([failure.category, failure.code.split('.')[0]], ['invalid', 'geofence'])
      if (field) assert.match(failure.message, new RegExp(field === 'shipmentRef' ? 'no vehicle' : field))
      assert.equal(bench.status('fence')?.fill, 'red')
    })

  it('says at deploy that its list of yards is none', async () => {
    await bench.deploy(...flow(fence({ yards: '{"type":"Feature"}' })))
    assert.equal(bench.status('fence')?.text, 'not configured')
  })
})
