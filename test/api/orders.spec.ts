import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench, JSON_TYPE, order, problem } from '../support/api-bench.ts'
import { bearer, keepShipment, ordersFlow, sampleShipment } from '../support/api-server.ts'

describe('the API', () => {
  const bench = apiBench()

  describe('releasing an order', () => {
    it('answers 201 with carrier and tracking when it is booked in time', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, true))
      const answer = await bench.post(order())
      assert.equal(answer.status, 201)
      const body = (await answer.json()) as JsonObject
      assert.equal(body.orderId, 'SO-10042')
      assert.equal(body.carrier, 'sample-courier')
      assert.equal(body.trackingNumber, 'T1')
      assert.equal((body.links as JsonObject).tracking, 'https://hub.example/track/token-token-token-1')
      const again = await bench.post(order())
      assert.equal(again.status, 200)
      assert.deepEqual(await again.json(), body)
    })

    it('answers 202 with the shipment that will be, and has kept the bytes as they came', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      const sent = `\n${order()} `
      const answer = await bench.post(sent, { 'x-correlation-id': 'corr-12345678' })
      assert.equal(answer.status, 202)
      assert.equal(answer.headers.get('x-correlation-id'), 'corr-12345678')
      const { id } = await bench.onlyMessage()
      const kept = await bench.hub.store.messages.get(id)
      assert.equal(Buffer.from(kept!.raw!).toString(), sent)
      assert.equal(kept!.correlationId, 'corr-12345678')
    })

    it('refuses the same number with other content, and changes nothing', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      await bench.post(order())
      const answer = await bench.post(order({ notes: 'changed' }))
      assert.equal(answer.status, 409)
      assert.equal((await problem(answer)).code, 'order.conflict')
    })

    it('takes NFC and NFD of one number for the same order', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      const one = (await (await bench.post(order({ orderId: 'SÖ-1'.normalize('NFC') }))).json()) as JsonObject
      const two = (await (await bench.post(order({ orderId: 'SÖ-1'.normalize('NFD') }))).json()) as JsonObject
      assert.equal(one.shipmentId, two.shipmentId)
      const fullWidth = (await (await bench.post(order({ orderId: 'SO-１' }))).json()) as JsonObject
      assert.notEqual(fullWidth.shipmentId, one.shipmentId)
    })

    it('keeps emoji in an address as they are', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      const consignee = { name: 'Zoë 🎉', address: { lines: ['Straße 1 🏠'], city: 'Köln', country: 'DE' } }
      assert.equal((await bench.post(order({ consignee }))).status, 202)
      const { payload } = await bench.onlyMessage()
      assert.deepEqual((payload as JsonObject).consignee, consignee)
    })

    it('says 503 with Retry-After while no flow takes orders', async () => {
      const answer = await bench.post(order())
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), '30')
    })

    it('hides a fault behind a 500 without its text', async () => {
      bench.hub.api.commands.attach('releaseOrder', { accept: () => Promise.reject(new Error('secret-detail')) })
      const answer = await bench.post(order())
      assert.equal(answer.status, 500)
      assert.ok(!(await answer.text()).includes('secret-detail'))
      assert.equal(bench.hub.log.at(-1)?.status, 500)
    })
  })

  describe('Idempotency-Key', () => {
    it('gives the same answer for the same body, 422 for another, and forgets after a day', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      const key = { 'idempotency-key': '"k-1"' }
      const first = await bench.post(order(), key)
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, true))
      const second = await bench.post(order(), key)
      assert.deepEqual([first.status, second.status], [202, 202])
      assert.equal(second.headers.get('idempotency-replayed'), 'true')
      assert.deepEqual(await second.json(), await first.json())
      const other = await bench.post(order({ orderId: 'SO-2' }), key)
      assert.equal((await problem(other)).code, 'idempotency.reused')
      bench.hub.clock.at += 25 * 3600 * 1000
      assert.equal((await bench.post(order({ orderId: 'SO-2' }), key)).status, 201)
    })

    it('says 409 while the first is running, and lets it be sent again after a failure', async () => {
      let go: (() => void) | undefined
      const started = Promise.withResolvers<void>()
      bench.hub.api.commands.attach('releaseOrder', {
        accept: () =>
          new Promise((_resolve, reject) => {
            go = () => reject(new Error('broken'))
            started.resolve()
          }),
      })
      const key = { 'idempotency-key': 'k-2' }
      const first = bench.post(order(), key)
      await started.promise
      assert.equal((await bench.post(order(), key)).status, 409)
      go?.()
      assert.equal((await first).status, 500)
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      assert.equal((await bench.post(order(), key)).status, 202)
    })
  })

  describe('bad orders', () => {
    const bad: [name: string, change: JsonObject, field: string][] = [
      ['no packages', { packages: [] }, 'packages'],
      ['a weight of zero', { packages: [{ packageId: 'P', weightKg: 0 }] }, 'packages.0.weightKg'],
      ['a negative weight', { packages: [{ packageId: 'P', weightKg: -1 }] }, 'packages.0.weightKg'],
      ['a weight of 1e9 kg', { packages: [{ packageId: 'P', weightKg: 1e9 }] }, 'packages.0.weightKg'],
      [
        'a package twice',
        {
          packages: [
            { packageId: 'P', weightKg: 1 },
            { packageId: 'P', weightKg: 1 },
          ],
        },
        'packages.1.packageId',
      ],
      ['a number as id', { orderId: 10042 }, 'orderId'],
      ['a quantity as text', { lines: [{ lineId: '1', sku: 'A', quantity: '5', unit: 'PC' }] }, 'lines.0.quantity'],
      ['money with a comma', { goodsValue: { amount: '1.234,56', currency: 'EUR' } }, 'goodsValue.amount'],
      ['an unknown currency', { goodsValue: { amount: '1.00', currency: 'XXX' } }, 'goodsValue.currency'],
      ['30 February', { releasedAt: '2026-02-30T10:00:00Z' }, 'releasedAt'],
      ['a time without offset', { releasedAt: '2026-03-29T02:30:00' }, 'releasedAt'],
      [
        'a promise that ends before it starts',
        { promise: { earliest: '2026-03-02T12:00:00Z', latest: '2026-03-02T13:00:00+02:00' } },
        'promise.latest',
      ],
      ['a field of its own', { tenantId: 'other' }, 'tenantId'],
      ['the status', { status: 'delivery.completed' }, 'status'],
      ['a right-to-left override in the id', { orderId: 'SO-\u202e10' }, 'orderId'],
      ['a zero-width space in the id', { orderId: 'SO-\u200b10' }, 'orderId'],
      ['a header smuggled in', { orderId: 'SO-1\r\nX-Evil: 1' }, 'orderId'],
      ['a query instead of an id', { orderId: { $ne: null } }, 'orderId'],
    ]
    for (const [name, change, field] of bad) {
      it(`refuses ${name} with 422 and names ${field}`, async () => {
        const answer = await bench.post(order(change))
        assert.equal(answer.status, 422)
        assert.equal(answer.headers.get('content-type'), 'application/problem+json')
        const { errors } = await problem(answer)
        assert.ok(
          errors?.some((error) => error.field === field),
          JSON.stringify(errors),
        )
      })
    }
  })

  describe('cancelling a shipment', () => {
    it('takes a cancellation, and refuses one that comes too late', async () => {
      bench.hub.api.commands.attach('cancelShipment', ordersFlow(bench.hub.store, false))
      await keepShipment(bench.hub.store, sampleShipment())
      await keepShipment(
        bench.hub.store,
        sampleShipment({ shipmentId: 'shp_done', status: 'delivery.completed', trackingToken: 'token-token-token-2' }),
      )
      const cancel = (id: string, body?: string) =>
        bench.hub.call('POST', `/api/v1/shipments/${id}/cancel`, {
          ...(body ? { body } : {}),
          headers: { ...(body ? JSON_TYPE : {}), ...bearer('erp') },
        })
      assert.equal((await cancel('shp_sample1042')).status, 202)
      assert.equal((await cancel('shp_sample1042', '{"reason":"because"}')).status, 422)
      assert.equal((await cancel('shp_done')).status, 409)
      assert.equal((await bench.onlyMessage()).key, 'shp_sample1042')
    })
  })
})
