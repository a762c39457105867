import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'mocha'
import { validate } from '../../engine/canonical/index.ts'
import type { Selection } from '../../engine/canonical/index.ts'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench, JSON_TYPE } from '../support/api-bench.ts'
import { bearer, keepShipment, sampleShipment } from '../support/api-server.ts'

describe('the API', () => {
  const bench = apiBench()

  describe('reading', () => {
    it('finds a shipment by any reference, with its timeline, and masks it for a viewer', async () => {
      await keepShipment(bench.hub.store, sampleShipment())
      const get = async (role: 'viewer' | 'erp', path: string) =>
        (await bench.hub.call('GET', path, { headers: bearer(role) })).json() as Promise<{ items: JsonObject[] }>
      const full = (await get('erp', '/api/v1/shipments?reference=FICT1042&type=tracking')).items[0]
      assert.deepEqual(full, JSON.parse(JSON.stringify(sampleShipment())))
      const masked = (await get('viewer', '/api/v1/shipments?reference=SO-10042')).items[0]
      const text = JSON.stringify(masked)
      for (const secret of ['Jordan', '231 Example', '+1555', 'jordan@', '"10013"', 'Ring twice', '40.7205']) {
        assert.ok(!text.includes(secret), secret)
      }
      assert.equal(masked?.status, 'delivery.out_for_delivery')
      assert.equal(masked?.trackingToken, '***', "with it a viewer could ask for another window on the customer's page")
      assert.deepEqual((await get('erp', '/api/v1/shipments?reference=FICT1042&type=order')).items, [])
      const events = await get('viewer', '/api/v1/shipments/shp_sample1042/events')
      assert.equal(events.items.length, 2)
    })

    it('tells the story of a shipment: events, each choice of a courier with its reasons, and the booking', async () => {
      const choice = sampleShipment().selection as Selection
      const why = 'Jordan Sample was not there'
      const instead = { partner: 'other-courier', outcome: 'refused' as const, why, at: '2026-03-02T09:59:57-05:00' }
      const former = { ...choice, partner: 'other-courier', chosenAt: '2026-03-02T09:58:00-05:00' }
      const told = { selection: { ...choice, instead }, formerSelections: [former] } as unknown as JsonObject
      await keepShipment(
        bench.hub.store,
        sampleShipment({ ...told, shipmentId: 'shp_story', trackingToken: 'token-token-token-9' }),
      )
      const get = async (role: 'viewer' | 'erp') =>
        (
          await bench.hub.call('GET', '/api/v1/shipments/shp_story/timeline', { headers: bearer(role) })
        ).json() as Promise<{
          items: { kind: string; selection?: Selection }[]
        }>
      const { items } = await get('erp')
      assert.deepEqual(
        items.map(({ kind }) => kind),
        ['event', 'selection', 'selection', 'booking', 'event'],
      )
      assert.deepEqual([items[1]?.selection, items[2]?.selection?.instead], [former, instead])
      assert.ok(!JSON.stringify(await get('viewer')).includes('Jordan'))
      const missing = await bench.hub.call('GET', '/api/v1/shipments/none/timeline', { headers: bearer('viewer') })
      assert.equal(missing.status, 404)
    })

    it('says where a shipment stands, without the words of partners to a viewer', async () => {
      const { store, call } = bench.hub
      const { shipmentId, orderId } = sampleShipment()
      await keepShipment(store, sampleShipment())
      await store.messages.subscribe('work', 'work', { ordered: true })
      const message = { id: 'm1', channel: 'work', payload: {}, headers: {}, correlationId: 'c' }
      await store.messages.append([{ ...message, key: shipmentId }])
      const [delivery] = await store.messages.claim('work', { limit: 1, leaseMs: 1000 })
      const failure = { category: 'refused' as const, code: 'no', message: 'Mr Doe is not known', causes: [] }
      await store.messages.bury(delivery!, failure)
      const read = async (role: 'viewer' | 'operator') =>
        (await call('GET', `/api/v1/shipments/${shipmentId}/process`, { headers: bearer(role) })).text()
      const state = JSON.parse(await read('operator')) as JsonObject
      assert.deepEqual([state.orderId, state.status], [orderId, 'delivery.out_for_delivery'])
      assert.match(JSON.stringify(state), /Mr Doe/)
      const masked = await read('viewer')
      assert.ok(masked.includes('"code":"no"') && !masked.includes('Doe'))
    })

    it('pages through all shipments', async () => {
      for (const n of [1, 2, 3])
        await keepShipment(
          bench.hub.store,
          sampleShipment({ shipmentId: `shp_${n}`, trackingToken: `token-token-token-${n}` }),
        )
      const seen: string[] = []
      for (let next: string | undefined = ''; next !== undefined; ) {
        const answer = await bench.hub.call('GET', `/api/v1/shipments?limit=2${next && `&after=${next}`}`, {
          headers: bearer('erp'),
        })
        const body = (await answer.json()) as { items: { shipmentId: string }[]; next?: string }
        seen.push(...body.items.map((item) => item.shipmentId))
        next = body.next
      }
      assert.deepEqual(seen, ['shp_1', 'shp_2', 'shp_3'])
    })

    const queries = [
      '?colour=1',
      '?reference=a&reference=b',
      '?limit=0',
      '?limit=1e3',
      '?limit=9999',
      '?type=order',
      '?reference=%ff',
      '?reference=%00',
      '?__proto__=1',
      '?reference[]=1',
      `?${'a[]=1&'.repeat(1000)}`,
      '?reference=',
      `?reference=${'x'.repeat(300)}`,
    ]
    for (const query of queries) {
      it(`answers 400 to ${query.slice(0, 40)}`, async () => {
        assert.equal((await bench.hub.call('GET', `/api/v1/shipments${query}`, { headers: bearer('erp') })).status, 400)
      })
    }

    for (const path of [
      'shipments/none',
      'shipments/..%2f..%2fetc',
      'shipments/none/events',
      'shipments/none/proof-of-delivery',
      'positions/none',
      'nothing',
      `shipments/${'x'.repeat(500)}`,
    ]) {
      it(`answers 404 to /${path.slice(0, 40)}`, async () => {
        assert.equal((await bench.hub.call('GET', `/api/v1/${path}`, { headers: bearer('admin') })).status, 404)
      })
    }

    it('answers 405 with Allow, and 400 to a broken address', async () => {
      const answer = await bench.hub.call('DELETE', '/api/v1/orders', { headers: bearer('admin') })
      assert.equal(answer.status, 405)
      assert.equal(answer.headers.get('allow'), 'POST')
      assert.equal((await bench.hub.call('GET', '/api/v1/shipments/%zz', { headers: bearer('admin') })).status, 400)
    })

    it('gives a proof and its bytes, never as a page that could run, and audits the look', async () => {
      const { hash, size } = await bench.hub.store.blobs.put(Buffer.from('<script>1</script>'))
      assert.equal(hash, createHash('sha256').update('<script>1</script>').digest('hex'))
      await keepShipment(bench.hub.store, sampleShipment({ proofOfDelivery: { podId: 'pod_1' } }))
      const proof = {
        podId: 'pod_1',
        shipmentId: 'shp_sample1042',
        eventId: 'e',
        variant: 'recipient',
        signedBy: 'Jordan',
        deliveredAt: '2026-03-02T10:00:00Z',
        evidence: [{ kind: 'document', hash, size, mediaType: 'text/html' }],
        keptAt: '2026-03-02T10:00:00Z',
      }
      assert.deepEqual(validate('proof-of-delivery', proof), [])
      await bench.hub.store.documents.put('proof_of_delivery', 'pod_1', proof, { expect: 0 })
      const base = '/api/v1/shipments/shp_sample1042/proof-of-delivery'
      assert.equal(
        ((await (await bench.hub.call('GET', base, { headers: bearer('viewer') })).json()) as JsonObject).signedBy,
        '***',
      )
      const bytes = await bench.hub.call('GET', `${base}/${hash}`, { headers: bearer('erp') })
      assert.equal(await bytes.text(), '<script>1</script>')
      assert.equal(bytes.headers.get('content-type'), 'application/octet-stream')
      assert.match(bytes.headers.get('content-disposition') ?? '', /^attachment/)
      assert.match(bytes.headers.get('content-security-policy') ?? '', /sandbox/)
      assert.equal((await bench.hub.store.audit.page({ limit: 10 })).at(-1)?.action, 'pod.read')
      assert.equal((await bench.hub.call('GET', `${base}/${'0'.repeat(64)}`, { headers: bearer('erp') })).status, 404)
    })
  })

  describe('dead letters', () => {
    it('lists a dead letter with its reason, and replays it corrected, once', async () => {
      const message = { id: 'm1', channel: 'c', key: 'k', payload: { a: 1 }, headers: {}, correlationId: 'x' }
      await bench.hub.store.messages.subscribe('c', 's')
      await bench.hub.store.messages.append([message])
      const [delivery] = await bench.hub.store.messages.claim('s', { limit: 1, leaseMs: 1000 })
      await bench.hub.store.messages.bury(delivery!, {
        category: 'invalid',
        code: 'mapping.result',
        message: 'no',
        causes: [],
      })
      const list = async (query: string) =>
        (await (
          await bench.hub.call('GET', `/api/v1/dead-letters${query}`, { headers: bearer('operator') })
        ).json()) as {
          items: JsonObject[]
        }
      assert.equal((await list('?category=invalid')).items[0]?.payload, undefined)
      assert.deepEqual((await list('?include=payload')).items[0]?.payload, { a: 1 })
      assert.equal((await list('?category=bug')).items.length, 0)
      const replay = () =>
        bench.hub.call('POST', '/api/v1/dead-letters/s/m1/replay', {
          body: '{"payload":{"a":2}}',
          headers: { ...JSON_TYPE, ...bearer('operator') },
        })
      assert.deepEqual([(await replay()).status, (await replay()).status], [202, 404])
      assert.deepEqual((await bench.hub.store.messages.claim('s', { limit: 1, leaseMs: 1000 }))[0]?.message.payload, {
        a: 2,
      })
      assert.equal((await bench.hub.store.audit.page({ limit: 10 })).at(-1)?.actor, 'operator-1')
    })
  })
})
