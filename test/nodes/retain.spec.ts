import assert from 'node:assert/strict'
import { UNMATCHED } from '../../engine/lifecycle/unmatched.ts'
import { event } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'

describe('a running hub', () => {
  const bench = flowBench()

  it('makes a dead letter of an event whose shipment did not appear in time', async () => {
    const payload = event('pickup.completed', 10) as never
    await bench.publish(payload, { channel: UNMATCHED, partner: 'fictional-courier' })
    const letter = await eventually(async () => (await bench.deadLetters(UNMATCHED))[0])
    assert.equal(letter.failure.code, 'lifecycle.unmatched')
  })

  it('tells in its metrics what it deleted, by class', async () => {
    bench.runtime.metrics.deleted('messages', 3)
    const { body } = await bench.runtime.metrics.render()
    assert.match(body, /cartage_retention_deleted_total\{class="messages"\} 3/)
  })
})
