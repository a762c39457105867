import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { JsonObject } from '../../engine/json.ts'
import { offeredWindows } from '../../engine/promise/reschedule.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer, keepShipment, ordersFlow, sampleShipment } from '../support/api-server.ts'

describe('rescheduling a delivery', () => {
  const bench = apiBench()
  const waiting = sampleShipment({ status: 'transit.arrived', timeline: [] })
  const [window] = offeredWindows(waiting, Date.parse('2026-03-02T10:00:00Z'))
  const ask = (body: unknown, { id = waiting.shipmentId, role = 'erp' as 'erp' | 'viewer', key = '' } = {}) =>
    bench.hub.call('POST', `/api/v1/shipments/${id}/reschedule`, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...JSON_TYPE, ...bearer(role), ...(key && { 'idempotency-key': key }) },
    })
  beforeEach(async () => {
    await keepShipment(bench.hub.store, waiting)
    bench.hub.api.commands.attach('rescheduleShipment', ordersFlow(bench.hub.store, false))
  })

  it('keeps the wish and answers 202; the same wish is one', async () => {
    const answer = await ask({ window, reason: 'not at home' })
    assert.equal(answer.status, 202)
    assert.equal(((await answer.json()) as JsonObject).reschedule, 'requested')
    assert.equal((await ask({ window, reason: 'not at home' })).status, 202)
    const { payload, key } = await bench.onlyMessage()
    assert.equal(key, waiting.shipmentId)
    assert.deepEqual((payload as JsonObject).window, window)
    assert.equal((payload as JsonObject).by, 'erp')
  })

  it('answers the same to the same key', async () => {
    const first = await ask({ safePlace: 'the shed' }, { key: 'wish-1' })
    const again = await ask({ safePlace: 'the shed' }, { key: 'wish-1' })
    assert.deepEqual([first.status, again.status], [202, 202])
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.equal((await ask({ safePlace: 'the hall' }, { key: 'wish-1' })).status, 422)
  })

  it('comes too late once it is delivered, and keeps nothing', async () => {
    await keepShipment(
      bench.hub.store,
      sampleShipment({ shipmentId: 'shp_gone', status: 'delivery.completed', timeline: [] }),
    )
    const refused = await ask({ window }, { id: 'shp_gone' })
    assert.equal(refused.status, 409)
    assert.equal((await problem(refused)).code, 'shipment.too-late')
  })

  it('is not for those who only look, nor for a shipment that is not there', async () => {
    assert.equal((await ask({ window }, { role: 'viewer' })).status, 403)
    assert.equal((await ask({ window }, { id: 'shp_none' })).status, 404)
  })

  const rotten: [string, unknown, number][] = [
    ['nothing', {}, 422],
    ['a window in the past', { window: { from: '2020-03-02T09:00:00Z', to: '2020-03-02T12:00:00Z' } }, 422],
    ['half a window', { window: { from: window?.from } }, 422],
    ['a window that is a list', { window: ['now'] }, 422],
    ['times that are numbers', { window: { from: 1, to: 2 } }, 422],
    ['a place of two lines', { safePlace: 'here\nX-Header: there' }, 422],
    ['an endless place', { safePlace: 'x'.repeat(121) }, 422],
    ['fields that nobody knows', { window, promise: 'now' }, 422],
    ['a list', '[]', 422],
    ['no JSON', '{"window":', 400],
  ]
  for (const [what, body, status] of rotten)
    it(`refuses ${what}`, async () => {
      assert.equal((await ask(body)).status, status)
    })
})
