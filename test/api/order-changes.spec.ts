import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Order } from '../../engine/canonical/index.ts'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench, JSON_TYPE, order, problem } from '../support/api-bench.ts'
import { bearer, ordersFlow, sampleOrder } from '../support/api-server.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'

const LATER = '2026-03-02T16:00:00Z'

describe('the API', () => {
  const bench = apiBench()
  const put = (orderId: string, body: string, role: 'erp' | 'operator' | 'viewer' = 'erp') =>
    bench.hub.call('PUT', `/api/v1/orders/${orderId}`, { body, headers: { ...JSON_TYPE, ...bearer(role) } })
  const correct = (orderId: string, body: unknown, role: 'erp' | 'operator' | 'viewer' = 'operator') =>
    bench.hub.call('POST', `/api/v1/orders/${orderId}/address`, {
      body: JSON.stringify(body),
      headers: { ...JSON_TYPE, ...bearer(role) },
    })
  /** The order is known, as the flow that takes it makes it known. */
  async function known(change: JsonObject = {}) {
    const { documents } = bench.hub.store
    bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
    const lifecycle = new ShipmentLifecycle({ documents, clock: { now: () => bench.hub.clock.at } })
    await lifecycle.create({ ...sampleOrder(), ...change } as unknown as Order, { correlationId: 'cor_1' })
    return lifecycle
  }

  describe('changing an order', () => {
    it('takes a change that is later than what is known, once, under the correlation of the order', async () => {
      await known()
      const answers = [
        await put('SO-10042', order({ changedAt: LATER })),
        await put('SO-10042', order({ changedAt: LATER })),
      ]
      assert.deepEqual(
        answers.map(({ status }) => status),
        [202, 202],
      )
      const message = (await bench.onlyMessage()) as { key: string; payload: JsonObject; correlationId?: string }
      assert.deepEqual([message.key, message.payload.changedAt, message.correlationId], ['SO-10042', LATER, 'cor_1'])
    })

    it('takes it as another release, too', async () => {
      await known()
      assert.equal((await bench.post(order({ changedAt: LATER, notes: 'ring twice' }))).status, 202)
      const plain = await bench.post(order({ notes: 'ring twice' }))
      assert.deepEqual([plain.status, (await problem(plain)).code], [409, 'order.conflict'])
    })

    const refused: [name: string, change: JsonObject, status: number, code: string][] = [
      ['without a time', {}, 422, 'api.invalid'],
      ['with a time that is none', { changedAt: 'yesterday' }, 422, 'api.invalid'],
      ['of another order', { orderId: 'SO-2', changedAt: LATER }, 422, 'api.invalid'],
      ['older than what is known', { changedAt: '2026-03-02T11:00:00Z' }, 409, 'order.outdated'],
      ['at the same time with other content', { changedAt: '2026-03-02T12:00:00Z', notes: 'x' }, 409, 'order.conflict'],
    ]
    for (const [name, change, status, code] of refused)
      it(`refuses one ${name}`, async () => {
        await known({ changedAt: '2026-03-02T12:00:00Z' })
        const answer = await put('SO-10042', order(change))
        const { code: said } = await problem(answer)
        assert.deepEqual([answer.status, status === 422 ? 'api.invalid' : said], [status, code])
      })

    it('refuses it once the goods are handed over', async () => {
      const lifecycle = await known()
      const [shipment] = await lifecycle.findByReference('SO-10042')
      await bench.hub.store.documents.put('shipment', shipment!.shipmentId, { ...shipment!, rank: 20 }, { expect: 1 })
      const answer = await put('SO-10042', order({ changedAt: LATER }))
      assert.deepEqual([answer.status, (await problem(answer)).code], [409, 'order.too-late'])
    })

    it('knows no order that was never released, and lets nobody change one who may only look', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      assert.equal((await put('SO-10042', order({ changedAt: LATER }))).status, 404)
      assert.equal((await put('SO-10042', order({ changedAt: LATER }), 'viewer')).status, 403)
    })
  })

  describe('an order in parts', () => {
    const parts = [
      { partId: 'A', packageIds: ['PKG-1042-1'], lines: [{ lineId: '10', quantity: 1 }] },
      { partId: 'B', packageIds: ['PKG-1042-2'], lines: [{ lineId: '10', quantity: 1 }] },
    ]
    it('is answered with each of its shipments', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      const { shipments } = (await (await bench.post(order({ parts }))).json()) as { shipments: JsonObject[] }
      assert.deepEqual(
        shipments.map(({ partId }) => partId),
        ['A', 'B'],
      )
      assert.notEqual(shipments[0]?.shipmentId, shipments[1]?.shipmentId)
    })

    const [a, b] = parts as [(typeof parts)[0], (typeof parts)[0]]
    const wrong: [name: string, change: JsonObject, field: string][] = [
      ['a package in both', { parts: [a, { ...b, packageIds: ['PKG-1042-1', 'PKG-1042-2'] }] }, 'packages.0.packageId'],
      ['a package in none', { parts: [a, { ...b, packageIds: ['PKG-1042-1'] }] }, 'packages.1.packageId'],
      ['a package of nobody', { parts: [a, { ...b, packageIds: ['PKG-1042-2', 'P-9'] }] }, 'parts'],
      ['less than was ordered', { parts: [a, { ...b, lines: [{ lineId: '10', quantity: 0.5 }] }] }, 'lines.0.quantity'],
      ['a line of nobody', { parts: [a, { ...b, lines: [...b.lines, { lineId: '99', quantity: 1 }] }] }, 'parts'],
      ['one name for two', { parts: [a, { ...b, partId: 'A' }] }, 'parts.1.partId'],
      ['only one part', { parts: [a] }, 'parts'],
      ['cash to collect', { parts, cashOnDelivery: { amount: '1.00', currency: 'USD' } }, 'cashOnDelivery'],
    ]
    for (const [name, change, field] of wrong)
      it(`is refused with ${name}`, async () => {
        const answer = await bench.post(order(change))
        assert.equal(answer.status, 422)
        const fields = (await problem(answer)).errors?.map((one) => one.field)
        assert.ok(fields?.includes(field), String(fields))
      })
  })

  describe('correcting an address', () => {
    const address = { lines: ['1 Found Street'], city: 'Sampleton', postcode: '10013', country: 'US' }

    it('lets the order go on with it, and writes down who it was', async () => {
      await known()
      assert.equal((await correct('SO-10042', { address })).status, 202)
      const { payload } = (await bench.onlyMessage()) as unknown as { payload: Order }
      assert.deepEqual(payload.consignee.address, address)
      assert.ok(Date.parse(payload.changedAt ?? '') >= Date.parse(payload.releasedAt))
      const items = await bench.hub.store.audit.page({ limit: 10 })
      const entry = items.find(({ action }) => action === 'order.address-corrected')
      assert.equal(entry?.actor, 'operator-1')
      assert.ok(!JSON.stringify(entry).includes('Found Street'))
    })

    const rotten: [name: string, body: unknown, field: string][] = [
      ['no address', {}, 'address'],
      ['a text', { address: '1 Found Street' }, 'address'],
      ['no street', { address: { city: 'Sampleton', country: 'US' } }, 'address.lines'],
      ['a country of three letters', { address: { ...address, country: 'USA' } }, 'address.country'],
      ['a line break', { address: { ...address, lines: ['1 Found\nStreet'] } }, 'address.lines.0'],
      ['a field beside it', { address, orderId: 'SO-1' }, 'orderId'],
    ]
    for (const [name, body, field] of rotten)
      it(`refuses ${name}`, async () => {
        await known()
        const answer = await correct('SO-10042', body)
        assert.equal(answer.status, 422)
        const fields = (await problem(answer)).errors?.map((one) => one.field)
        assert.ok(fields?.includes(field), String(fields))
      })

    it('knows no order that was never released, and lets nobody do it who may only look', async () => {
      assert.equal((await correct('SO-404', { address })).status, 404)
      assert.equal((await correct('SO-404', { address }, 'viewer')).status, 403)
    })
  })
})
