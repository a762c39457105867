import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { DEPOT, load, position } from '../support/vehicles.ts'

describe('eta', () => {
  const bench = flowBench()
  let number = 0
  let van = ''
  beforeEach(() => {
    number += 1
    van = `VAN-${number}`
  })

  const rules = { thresholdMinutes: 15, stopMinutes: 5, speedKmh: 30, everySeconds: 0, maxAttempts: 8 }
  const flow = () => [
    source('eta'),
    node('eta', 'eta', [['changed'], ['quiet']], rules),
    ...[probe('changed'), probe('quiet')],
  ]
  const here = () => {
    const now = new Date().toISOString()
    return { ...position(0, DEPOT), vehicleId: van, at: now, receivedAt: now }
  }

  it('gives a change to the flow until the flow is done with it, and says nothing while it is as announced', async () => {
    const { shipmentId, orderId } = await load(bench.runtime.lifecycle, `SO-${number}`, { vehicleId: van })
    await bench.deploy(...flow())
    bench.failAt('changed', 1)
    await bench.publish(here())
    await bench.publish(here())
    const { payload, promised, cartage } = await bench.arrived('changed', 2)
    await bench.settled('eta.eta')
    assert.deepEqual([payload.type, payload.data.shipmentId, cartage.attempt], ['eta.changed', shipmentId, 2])
    assert.deepEqual(promised, { shipmentId, orderId, eta: payload.data.eta, was: {}, cause: 'eta', by: 'telematics' })
    assert.deepEqual([bench.at('changed').length, bench.at('quiet').length], [2, 1])
  })

  it('hands on the position of a vehicle without a load', async () => {
    await bench.deploy(...flow())
    await bench.publish(here())
    assert.equal((await bench.arrived('quiet')).payload.vehicleId, van)
  })

  for (const [what, payload] of [
    ['nothing', null],
    ['no position', { vehicleId: 'x' }],
    ['a position off the globe', { ...position(0, DEPOT), lon: 1000 }],
  ] as const)
    it(`takes ${what} for an error`, async () => {
      await bench.deploy(...flow(), catchAll('caught'), probe('caught'))
      await bench.publish(payload)
      const { failure } = await bench.arrived('caught')
      assert.deepEqual([failure.category, failure.code], ['invalid', 'eta.position'])
      assert.equal(bench.status('eta')?.fill, 'red')
    })
})
