import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'mocha'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { node, probe } from '../support/flow-nodes.ts'

/** Fires every hundredth of a second. */
const schedule = (id: string, to: string) =>
  node(id, 'inject', [[to]], {
    props: [{ p: 'payload' }],
    repeat: '0.01',
    once: false,
    payload: id,
    payloadType: 'str',
  })

describe('inject nodes in one of several processes', () => {
  const bench = flowBench()
  const leads = () => true
  afterEach(() => {
    bench.runtime.leads = leads
  })

  it('fire by their schedule in the one that leads', async () => {
    await bench.deploy(schedule('timed', 'seen'), probe('seen'))
    await bench.arrived('seen', 3)
  })

  it('do not in the others, where a click still does', async () => {
    let asked = 0
    bench.runtime.leads = () => {
      asked += 1
      return false
    }
    await bench.deploy(schedule('timed', 'seen'), probe('seen'))
    await eventually(() => asked >= 3)
    assert.deepEqual(bench.at('seen'), [])
    const clicked = await fetch(`${bench.hub.url}/editor/inject/timed`, { method: 'POST' })
    assert.equal(clicked.status, 200)
    assert.equal((await bench.arrived('seen')).payload, 'timed')
    assert.equal(bench.at('seen').length, 1)
  })

  it('begin when this one comes to lead', async () => {
    let leading = false
    bench.runtime.leads = () => leading
    await bench.deploy(schedule('timed', 'seen'), probe('seen'))
    leading = true
    await bench.arrived('seen', 2)
  })
})
