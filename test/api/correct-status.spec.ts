import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { CloudEvent } from '../../engine/canonical/index.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer, keepShipment, ordersFlow, sampleShipment } from '../support/api-server.ts'

describe('correcting a status', () => {
  const bench = apiBench()
  const shipment = sampleShipment()
  const { shipmentId, timeline } = shipment
  const wrong = timeline.at(-1) ?? assert.fail()
  const correction = {
    corrects: wrong.eventId,
    type: 'delivery.attempt_failed',
    occurredAt: '2026-03-02T14:47:02-05:00',
    reason: 'recipient.absent',
    note: 'the driver scanned the wrong parcel',
  }
  const ask = (body: unknown, { id = shipmentId, role = 'operator' as 'operator' | 'erp' | 'viewer' } = {}) =>
    bench.hub.call('POST', `/api/v1/shipments/${id}/corrections`, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...JSON_TYPE, ...bearer(role) },
    })
  beforeEach(async () => {
    await keepShipment(bench.hub.store, shipment)
    bench.hub.api.commands.attach('correctStatus', ordersFlow(bench.hub.store, false))
  })

  it('is stored as one event that names the wrong one, however often it is said, and audited with its note', async () => {
    for (let n = 0; n < 2; n += 1) assert.equal((await ask(correction)).status, 202)
    const { payload, key } = await bench.onlyMessage()
    const { data } = payload as unknown as CloudEvent
    assert.deepEqual(
      [key, data.corrects, data.type, data.source],
      [shipmentId, wrong.eventId, correction.type, 'MANUAL'],
    )
    const audited = await bench.hub.store.audit.page({ limit: 10, subject: shipmentId })
    assert.equal(audited[0]?.details.note, correction.note)
  })

  it('is for operators only', async () => {
    for (const role of ['erp', 'viewer'] as const) assert.equal((await ask(correction, { role })).status, 403)
  })

  it('needs a shipment that is there, and an event of it', async () => {
    assert.equal((await ask(correction, { id: 'shp_none' })).status, 404)
    const refused = await ask({ ...correction, corrects: 'evt_of_another' })
    assert.equal(refused.status, 409)
    assert.equal((await problem(refused)).code, 'shipment.no-such-event')
  })

  for (const [what, body, status] of [
    ['nothing', {}, 422],
    ['no JSON', '{"corrects":', 400],
    ['a list', '[]', 422],
    ['a field that nobody knows', { ...correction, status: 'delivered' }, 422],
    ['a type that is none', { ...correction, type: 'constructor' }, 422],
    ['a position', { ...correction, type: 'position.updated' }, 422],
    ['a time that does not exist', { ...correction, occurredAt: '2026-02-30T10:00:00Z' }, 422],
    ['a reason that is none', { ...correction, reason: 'toString' }, 422],
    ['no note', { ...correction, note: ' ' }, 422],
    ['an endless note', { ...correction, note: 'x'.repeat(501) }, 422],
  ] as const)
    it(`refuses ${what}`, async () => assert.equal((await ask(body)).status, status))
})
