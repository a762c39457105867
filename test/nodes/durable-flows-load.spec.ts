import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { fn, gateNode, node, source } from '../support/flow-nodes.ts'
import { openGate } from '../support/gate.ts'

const EACH_TO_THE_GATE = {
  property: 'payload.value',
  propertyType: 'msg',
  rules: [{ t: 'gte', v: '0', vt: 'num' }],
  checkall: 'true',
  repair: false,
  outputs: 1,
}

describe('durable flows under load', () => {
  const bench = flowBench()

  it('keep a delivery open that waits in the queue of a switch while the event loop is busy', async () => {
    const { options } = bench.runtime.hub
    const { graceMs } = options
    options.graceMs = 20
    const gate = await openGate()
    // Each delivery blocks the process for longer than the grace, so the others wait in the queue for long.
    const busy = 'const end = Date.now() + 60; while (Date.now() < end) {} return msg'
    await bench.deploy(
      source('switch'),
      node('switch', 'switch', [['busy']], EACH_TO_THE_GATE),
      fn('busy', busy, [['gate']]),
      gateNode(gate),
    )
    await Promise.all(Array.from({ length: 8 }, (_item, value) => bench.publish({ value })))
    await gate.arrived(8)
    const counts = (await bench.runtime.hub.store.messages.counts()).find(({ subscription }) => subscription === 'work')
    assert.equal(counts?.leased, 8, 'a delivery was settled while its message waited in a queue')
    gate.open()
    await bench.settled()
    assert.equal(gate.count(), 8)
    options.graceMs = graceMs
    await gate.close()
  })
})
