import assert from 'node:assert/strict'
import { order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'

describe("orders by the editor's own routes", () => {
  const bench = flowBench()
  const get = async (path: string) => {
    const answer = await fetch(`${bench.hub.url}/editor/cartage/${path}`)
    return { status: answer.status, body: (await answer.json()) as Record<string, never> }
  }
  const found = async (reference: string) => (await get(`orders?reference=${encodeURIComponent(reference)}`)).body

  it('are found by their number, by the shipment and by what a partner calls them', async () => {
    const { shipment } = await bench.runtime.lifecycle.create(order('SO-1'), { correlationId: 'c' })
    const { shipmentId } = shipment
    const bookedAt = '2026-03-02T10:00:00Z'
    await bench.runtime.lifecycle.recordBooking(shipmentId, { partner: 'somebody', bookingId: 'B-9', bookedAt })
    for (const reference of ['SO-1', ' SO-1 ', shipmentId, 'B-9'])
      assert.deepEqual(
        (await found(reference)).found,
        [{ shipmentId, orderId: 'SO-1', status: shipment.status, statusAt: shipment.statusAt, partner: 'somebody' }],
        reference,
      )
    const { status, body } = await get(`orders/${shipmentId}`)
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body).toSorted(), ['labels', 'state', 'timeline', 'words'])
  })

  it('say what is kept of an order that has no shipment yet', async () => {
    await bench.runtime.hub.store.messages.subscribe('later', 'later', { ordered: true })
    await bench.publish({}, { channel: 'later', key: 'SO-2' })
    assert.deepEqual(await found('SO-2'), { found: [], open: [{ subscription: 'later', state: 'ready' }], dead: [] })
  })

  for (const rotten of ['', ' ', 'x'.repeat(5000), '\u0000', "'; DROP TABLE x; --", '$ne', '__proto__', '../../etc'])
    it(`find nothing under ${JSON.stringify(rotten.slice(0, 20))}`, async () => {
      assert.deepEqual((await found(rotten)).found, [])
    })

  it('are not there when they are not', async () => {
    const { status, body } = await get('orders/shp_none')
    assert.deepEqual([status, body.code], [404, 'order.unknown-shipment'])
    assert.equal((await get(`orders/${'x'.repeat(3000)}`)).status, 422)
  })
})
