import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer, keepShipment, ordersFlow, sampleShipment } from '../support/api-server.ts'

describe('returns by the API', () => {
  const bench = apiBench()
  const shipment = () =>
    sampleShipment({ status: 'delivery.completed', statusAt: new Date().toISOString(), timeline: [] })
  const post = (body: unknown, { role = 'erp' as 'erp' | 'viewer', key = '' } = {}) =>
    bench.hub.call('POST', '/api/v1/returns', {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...JSON_TYPE, ...bearer(role), ...(key && { 'idempotency-key': key }) },
    })
  const get = (path: string, role: 'erp' | 'viewer' = 'erp') =>
    bench.hub.call('GET', `/api/v1/${path}`, { headers: bearer(role) })
  const reference = () => shipment().orderId
  const [line] = shipment().lines
  beforeEach(async () => {
    await keepShipment(bench.hub.store, shipment())
    bench.hub.api.commands.attach('createReturn', ordersFlow(bench.hub.store, false))
  })

  it('are kept before the answer, with all that may come back when no lines are named', async () => {
    const answer = await post({ reference: reference(), returnOrderId: 'RMA-1' })
    assert.equal(answer.status, 202)
    assert.equal(((await answer.json()) as JsonObject).returnOrderId, 'RMA-1')
    const { payload, key } = await bench.onlyMessage()
    assert.equal(key, shipment().shipmentId)
    assert.deepEqual((payload as JsonObject).lines, [{ lineId: line?.lineId, quantity: line?.quantity }])
  })

  it('take a reason of the company when master data know it', async () => {
    const reasonCodes = [{ system: 'hub', code: 'R-07', reason: 'recipient.refused' as const }]
    await bench.hub.api.deps.masterData.apply('codes', { reasonCodes })
    assert.equal((await post({ reference: reference(), reason: 'R-07' })).status, 202)
    assert.equal(((await bench.onlyMessage()).payload as JsonObject).reason, 'recipient.refused')
    const unknown = await post({ reference: reference(), reason: 'R-99' })
    assert.deepEqual([unknown.status, (await problem(unknown)).errors?.[0]?.field], [422, 'reason'])
  })

  it('are the same to the same key, and refused under the number of another shipment', async () => {
    const id = async () =>
      ((await (await post({ reference: reference() }, { key: 'r-1' })).json()) as JsonObject).returnOrderId
    assert.equal(await id(), await id())
    await bench.hub.api.deps.returns.request(
      { ...shipment(), shipmentId: 'shp_other' },
      { returnOrderId: 'RMA-9', kind: 'customer' },
    )
    assert.equal(
      (await problem(await post({ reference: reference(), returnOrderId: 'RMA-9' }))).code,
      'return.conflict',
    )
  })

  it('keep their content: the number again with other lines, or that of an order, is refused', async () => {
    const asked = (quantity: number, returnOrderId = 'RMA-1') =>
      post({ reference: reference(), returnOrderId, lines: [{ lineId: line?.lineId, quantity }] })
    const refused = async (answer: Response) => {
      assert.deepEqual([answer.status, (await problem(answer)).code], [409, 'return.conflict'])
    }
    assert.equal((await asked(line!.quantity)).status, 202)
    assert.equal((await asked(line!.quantity)).status, 202)
    await refused(await asked(line!.quantity / 2))
    const lines = [{ lineId: line!.lineId, quantity: line!.quantity }]
    await bench.hub.api.deps.returns.request(shipment(), { returnOrderId: 'RMA-1', kind: 'customer', lines })
    assert.equal((await asked(line!.quantity)).status, 202)
    await refused(await asked(line!.quantity / 2))
    await bench.hub.store.documents.put('order', 'SO-77', {}, { expect: 0 })
    await refused(await asked(line!.quantity, 'SO-77'))
  })

  it('are read and found, masked for those who only look', async () => {
    await bench.hub.api.deps.returns.request(shipment(), { returnOrderId: 'RMA-1', kind: 'customer' })
    const seen = (await (await get('returns/RMA-1', 'viewer')).json()) as { from: JsonObject; status: string }
    assert.deepEqual([seen.status, seen.from.name], ['requested', '***'])
    const { items } = (await (await get(`returns?reference=${reference()}`)).json()) as { items: JsonObject[] }
    assert.deepEqual(
      items.map(({ returnOrderId }) => returnOrderId),
      ['RMA-1'],
    )
    assert.equal((await get('returns/RMA-2')).status, 404)
  })

  const rotten: [string, unknown, number][] = [
    ['no reference', {}, 422],
    ['a reference of two lines', { reference: 'SO\n1' }, 422],
    ['a kind that is for couriers to say', { reference: 'SO-1', kind: 'undeliverable' }, 422],
    ['lines that are none', { reference: 'SO-1', lines: [] }, 422],
    ['lines that are texts', { reference: 'SO-1', lines: ['10'] }, 422],
    ['a line that is nothing', { reference: 'SO-1', lines: [null] }, 422],
    [
      'a line given twice',
      {
        reference: 'SO-1',
        lines: [
          { lineId: '10', quantity: 1 },
          { lineId: '10', quantity: 1 },
        ],
      },
      422,
    ],
    ['less than nothing', { reference: 'SO-1', lines: [{ lineId: '10', quantity: -1 }] }, 422],
    ['fields that nobody knows', { reference: 'SO-1', credit: '100' }, 422],
    ['a shipment that is not there', { reference: 'SO-0' }, 404],
    ['a list', '[]', 422],
    ['no JSON', '{', 400],
  ]
  for (const [what, body, status] of rotten)
    it(`refuse ${what}`, async () => {
      assert.equal((await post(body)).status, status)
    })

  it('are not asked for by those who only look', async () => {
    assert.equal((await post({ reference: reference() }, { role: 'viewer' })).status, 403)
  })
})
