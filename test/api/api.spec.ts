import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { bodyRules } from '../../engine/api/body.ts'
import { validate } from '../../engine/canonical/index.ts'
import { openapiDocument } from '../../engine/api/openapi.ts'
import { OPERATIONS } from '../../engine/api/operations.ts'
import type { JsonObject } from '../../engine/json.ts'
import {
  type ApiServer,
  apiServer,
  bearer,
  keepShipment,
  ordersFlow,
  sampleOrder,
  sampleShipment,
} from '../support/api-server.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
type Problem = { status: number; code: string; errors?: { field: string }[]; detail: string; correlationId: string }

describe('the API', () => {
  let hub: ApiServer
  beforeEach(async () => {
    hub = await apiServer()
  })
  afterEach(() => hub.close())

  const post = (body: BodyInit, headers: Record<string, string> = {}) =>
    hub.call('POST', '/api/v1/orders', { body, headers: { ...JSON_TYPE, ...bearer('erp'), ...headers } })
  const order = (change: JsonObject = {}) => JSON.stringify({ ...sampleOrder(), ...change })
  const problem = async (answer: Response) => (await answer.json()) as Problem

  describe('releasing an order', () => {
    it('answers 201 with carrier and tracking when it is booked in time', async () => {
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, true))
      const answer = await post(order())
      assert.equal(answer.status, 201)
      const body = (await answer.json()) as JsonObject
      assert.equal(body.orderId, 'SO-10042')
      assert.equal(body.carrier, 'sample-courier')
      assert.equal(body.trackingNumber, 'T1')
      assert.equal((body.links as JsonObject).tracking, 'https://hub.example/track/token-token-token-1')
      const again = await post(order())
      assert.equal(again.status, 200)
      assert.deepEqual(await again.json(), body)
    })

    it('answers 202 with the shipment that will be, and has kept the bytes as they came', async () => {
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, false))
      const sent = `\n${order()} `
      const answer = await post(sent, { 'x-correlation-id': 'corr-12345678' })
      assert.equal(answer.status, 202)
      assert.equal(answer.headers.get('x-correlation-id'), 'corr-12345678')
      const { id } = await onlyMessage(hub)
      const kept = await hub.store.messages.get(id)
      assert.equal(Buffer.from(kept!.raw!).toString(), sent)
      assert.equal(kept!.correlationId, 'corr-12345678')
    })

    it('refuses the same number with other content, and changes nothing', async () => {
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, false))
      await post(order())
      const answer = await post(order({ notes: 'changed' }))
      assert.equal(answer.status, 409)
      assert.equal((await problem(answer)).code, 'order.conflict')
    })

    it('takes NFC and NFD of one number for the same order', async () => {
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, false))
      const one = (await (await post(order({ orderId: 'SÖ-1'.normalize('NFC') }))).json()) as JsonObject
      const two = (await (await post(order({ orderId: 'SÖ-1'.normalize('NFD') }))).json()) as JsonObject
      assert.equal(one.shipmentId, two.shipmentId)
      const fullWidth = (await (await post(order({ orderId: 'SO-１' }))).json()) as JsonObject
      assert.notEqual(fullWidth.shipmentId, one.shipmentId)
    })

    it('keeps emoji in an address as they are', async () => {
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, false))
      const consignee = { name: 'Zoë 🎉', address: { lines: ['Straße 1 🏠'], city: 'Köln', country: 'DE' } }
      assert.equal((await post(order({ consignee }))).status, 202)
      const { payload } = await onlyMessage(hub)
      assert.deepEqual((payload as JsonObject).consignee, consignee)
    })

    it('says 503 with Retry-After while no flow takes orders', async () => {
      const answer = await post(order())
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), '30')
    })

    it('hides a fault behind a 500 without its text', async () => {
      hub.api.commands.attach('releaseOrder', { accept: () => Promise.reject(new Error('secret-detail')) })
      const answer = await post(order())
      assert.equal(answer.status, 500)
      assert.ok(!(await answer.text()).includes('secret-detail'))
      assert.equal(hub.log.at(-1)?.status, 500)
    })
  })

  describe('Idempotency-Key', () => {
    it('gives the same answer for the same body, 422 for another, and forgets after a day', async () => {
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, false))
      const key = { 'idempotency-key': '"k-1"' }
      const first = await post(order(), key)
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, true))
      const second = await post(order(), key)
      assert.deepEqual([first.status, second.status], [202, 202])
      assert.equal(second.headers.get('idempotency-replayed'), 'true')
      assert.deepEqual(await second.json(), await first.json())
      const other = await post(order({ orderId: 'SO-2' }), key)
      assert.equal((await problem(other)).code, 'idempotency.reused')
      hub.clock.at += 25 * 3600 * 1000
      assert.equal(await hub.api.sweep(), 1)
    })

    it('says 409 while the first is running, and lets it be sent again after a failure', async () => {
      let go: (() => void) | undefined
      const started = Promise.withResolvers<void>()
      hub.api.commands.attach('releaseOrder', {
        accept: () =>
          new Promise((_resolve, reject) => {
            go = () => reject(new Error('broken'))
            started.resolve()
          }),
      })
      const key = { 'idempotency-key': 'k-2' }
      const first = post(order(), key)
      await started.promise
      assert.equal((await post(order(), key)).status, 409)
      go?.()
      assert.equal((await first).status, 500)
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, false))
      assert.equal((await post(order(), key)).status, 202)
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
        const answer = await post(order(change))
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

  describe('rotten bodies', () => {
    const limit = 1024 * 1024
    const rotten: [name: string, status: number, body: () => BodyInit, headers?: Record<string, string>][] = [
      ['nothing', 400, () => ''],
      ['white space', 400, () => ' \n'],
      ['truncated JSON', 400, () => '{"canary<x>":'],
      ['a scalar', 422, () => '"canary<x>"'],
      ['a list', 422, () => '[]'],
      ['null', 422, () => 'null'],
      ['100,000 nested lists', 400, () => '['.repeat(100_000)],
      ['5,000 nested objects', 400, () => `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
      ['__proto__', 422, () => '{"__proto__":{"canary<x>":1}}'],
      ['1e400', 422, () => '{"canary<x>":1e400}'],
      ['NaN', 422, () => '{"a":NaN}'],
      ['an integer that rounds', 422, () => '{"a":12345678901234567890}'],
      ['FF FE', 400, () => new Uint8Array([0xff, 0xfe])],
      ['UTF-16', 400, () => new Uint8Array(Buffer.from('{"a":1}', 'utf16le'))],
      ['no content type', 415, () => new Uint8Array([0x7b, 0x7d]), { 'content-type': '' }],
      ['text/plain', 415, () => '{}', { 'content-type': 'text/plain' }],
      ['UTF-7', 415, () => '{}', { 'content-type': 'application/json; charset=utf-7' }],
      ['XML declared as JSON', 400, () => '<canary/>'],
      ['JSON declared as XML', 415, () => '{}', { 'content-type': 'application/xml' }],
      ['multipart without boundary', 415, () => '{}', { 'content-type': 'multipart/form-data' }],
      ['10 MB', 413, () => 'x'.repeat(10 * limit)],
      ['one byte over the limit', 413, () => 'x'.repeat(limit + 1)],
      ['exactly the limit', 400, () => 'x'.repeat(limit)],
      ['a gzip bomb', 413, () => new Uint8Array(gzipSync(Buffer.alloc(100 * limit))), { 'content-encoding': 'gzip' }],
      [
        'a deflate bomb',
        413,
        () => new Uint8Array(deflateSync(Buffer.alloc(10 * limit))),
        { 'content-encoding': 'deflate' },
      ],
      ['brotli', 415, () => new Uint8Array(brotliCompressSync(Buffer.from('{}'))), { 'content-encoding': 'br' }],
      ['gzip in gzip', 415, () => new Uint8Array(gzipSync(gzipSync('{}'))), { 'content-encoding': 'gzip, gzip' }],
      ['gzip in gzip, said once', 400, () => new Uint8Array(gzipSync(gzipSync('{}'))), { 'content-encoding': 'gzip' }],
      [
        'gzip cut short',
        400,
        () => new Uint8Array(gzipSync('{"a":1}').subarray(0, 12)),
        { 'content-encoding': 'gzip' },
      ],
      ['JSON said to be gzip', 400, () => '{}', { 'content-encoding': 'gzip' }],
      ['a coding called constructor', 415, () => '{}', { 'content-encoding': 'constructor' }],
      ['an endless key', 422, () => `{"${'k'.repeat(100_000)}":1}`],
      ['SQL in the order id', 503, () => JSON.stringify(sampleOrder("SO'; DROP TABLE documents;--"))],
      ['a bad idempotency key', 400, () => JSON.stringify(sampleOrder()), { 'idempotency-key': 'ü' }],
    ]
    for (const [name, status, body, headers] of rotten) {
      it(`answers ${name} with ${status}, without repeating it`, async () => {
        const answer = await post(body(), headers)
        const text = await answer.text()
        assert.equal(answer.status, status, text)
        assert.ok(!text.includes('canary<'), text)
        assert.ok(!/\bat .*\.ts:/.test(text))
        assert.equal((await hub.call('GET', '/api/v1/channels', { headers: bearer('viewer') })).status, 200)
      })
    }

    it('refuses a declared length over the limit before reading', async () => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const headers = { ...JSON_TYPE, ...bearer('erp'), 'content-length': 10 * limit }
        const req = request(`${hub.url}/api/v1/orders`, { method: 'POST', headers }, (res) => {
          resolve(res.statusCode)
          req.destroy()
        })
        req.on('error', reject)
        req.write('{')
      })
      assert.equal(status, 413)
    })

    it('takes gzip', async () => {
      hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, false))
      const answer = await post(new Uint8Array(gzipSync(order())), { 'content-encoding': 'gzip' })
      assert.equal(answer.status, 202)
    })

    it('refuses a limit that is no limit', () => {
      for (const limitBytes of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY]) {
        assert.throws(() => bodyRules({ limitBytes, types: ['application/json'] }), { code: 'config.body-limit' })
      }
    })
  })

  describe('who may call', () => {
    it('gives the same 401 for every cause', async () => {
      const headers = [
        {},
        { authorization: 'Basic eDp5' },
        { authorization: 'Bearer' },
        { authorization: 'Bearer wrong' },
        { authorization: 'Bearer viewer-secret-012345678' },
        { authorization: 'Bearer viewer-secret-01234567890' },
      ]
      const bodies = new Set<string>()
      for (const header of headers) {
        for (const path of ['/api/v1/channels', '/api/v1/nothing']) {
          const answer = await hub.call('GET', path, { headers: header as Record<string, string> })
          assert.equal(answer.status, 401)
          assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
          bodies.add(JSON.stringify({ ...(await problem(answer)), correlationId: '' }))
        }
      }
      assert.equal(bodies.size, 1)
    })

    for (const operation of OPERATIONS) {
      it(`lets only ${operation.roles.join(', ')} and admin do ${operation.operationId}`, async () => {
        const path = operation.path.replace(/\{\w+\}/g, 'x')
        assert.equal((await hub.call(operation.method, path)).status, 401)
        for (const role of ['viewer', 'erp', 'operator', 'admin'] as const) {
          const { status } = await hub.call(operation.method, path, { headers: bearer(role) })
          const may = role === 'admin' || operation.roles.includes(role)
          assert.equal(status !== 403, may, `${role}: ${status}`)
          assert.ok(status < 500, `${role}: ${status}`)
        }
      })
    }

    it('limits each key, and guessing', async () => {
      const limited = await apiServer({
        rates: { perKey: { tokens: 2, perMs: 60_000 }, failedPerAddress: { tokens: 1, perMs: 60_000 } },
      })
      try {
        const get = (headers: Record<string, string>) => limited.call('GET', '/api/v1/channels', { headers })
        const statuses = [
          await get(bearer('viewer')),
          await get(bearer('viewer')),
          await get(bearer('viewer')),
          await get(bearer('erp')),
        ]
        assert.deepEqual(
          statuses.map((answer) => answer.status),
          [200, 200, 429, 200],
        )
        assert.ok(Number(statuses[2]?.headers.get('retry-after')) >= 1)
        assert.deepEqual([(await get({})).status, (await get({})).status], [401, 429])
      } finally {
        await limited.close()
      }
    })
  })

  describe('reading', () => {
    it('finds a shipment by any reference, with its timeline, and masks it for a viewer', async () => {
      await keepShipment(hub.store, sampleShipment())
      const get = async (role: 'viewer' | 'erp', path: string) =>
        (await hub.call('GET', path, { headers: bearer(role) })).json() as Promise<{ items: JsonObject[] }>
      const full = (await get('erp', '/api/v1/shipments?reference=FICT1042&type=tracking')).items[0]
      assert.deepEqual(full, JSON.parse(JSON.stringify(sampleShipment())))
      const masked = (await get('viewer', '/api/v1/shipments?reference=SO-10042')).items[0]
      const text = JSON.stringify(masked)
      for (const secret of ['Jordan', '231 Example', '+1555', 'jordan@', '"10013"', 'Ring twice', '40.7205']) {
        assert.ok(!text.includes(secret), secret)
      }
      assert.equal(masked?.status, 'delivery.out_for_delivery')
      assert.deepEqual((await get('erp', '/api/v1/shipments?reference=FICT1042&type=order')).items, [])
      const events = await get('viewer', '/api/v1/shipments/shp_sample1042/events')
      assert.equal(events.items.length, 2)
    })

    it('pages through all shipments', async () => {
      for (const n of [1, 2, 3])
        await keepShipment(
          hub.store,
          sampleShipment({ shipmentId: `shp_${n}`, trackingToken: `token-token-token-${n}` }),
        )
      const seen: string[] = []
      for (let next: string | undefined = ''; next !== undefined; ) {
        const answer = await hub.call('GET', `/api/v1/shipments?limit=2${next && `&after=${next}`}`, {
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
        assert.equal((await hub.call('GET', `/api/v1/shipments${query}`, { headers: bearer('erp') })).status, 400)
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
        assert.equal((await hub.call('GET', `/api/v1/${path}`, { headers: bearer('admin') })).status, 404)
      })
    }

    it('answers 405 with Allow, and 400 to a broken address', async () => {
      const answer = await hub.call('DELETE', '/api/v1/orders', { headers: bearer('admin') })
      assert.equal(answer.status, 405)
      assert.equal(answer.headers.get('allow'), 'POST')
      assert.equal((await hub.call('GET', '/api/v1/shipments/%zz', { headers: bearer('admin') })).status, 400)
    })

    it('gives a proof and its bytes, never as a page that could run, and audits the look', async () => {
      const { hash, size } = await hub.store.blobs.put(Buffer.from('<script>1</script>'))
      assert.equal(hash, createHash('sha256').update('<script>1</script>').digest('hex'))
      await keepShipment(hub.store, sampleShipment({ proofOfDelivery: { podId: 'pod_1' } }))
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
      await hub.store.documents.put('proof_of_delivery', 'pod_1', proof, { expect: 0 })
      const base = '/api/v1/shipments/shp_sample1042/proof-of-delivery'
      assert.equal(
        ((await (await hub.call('GET', base, { headers: bearer('viewer') })).json()) as JsonObject).signedBy,
        '***',
      )
      const bytes = await hub.call('GET', `${base}/${hash}`, { headers: bearer('erp') })
      assert.equal(await bytes.text(), '<script>1</script>')
      assert.equal(bytes.headers.get('content-type'), 'application/octet-stream')
      assert.match(bytes.headers.get('content-disposition') ?? '', /^attachment/)
      assert.match(bytes.headers.get('content-security-policy') ?? '', /sandbox/)
      assert.equal((await hub.store.audit.page({ limit: 10 })).at(-1)?.action, 'pod.read')
      assert.equal((await hub.call('GET', `${base}/${'0'.repeat(64)}`, { headers: bearer('erp') })).status, 404)
    })

    it('lists a dead letter with its reason, and replays it corrected, once', async () => {
      const message = { id: 'm1', channel: 'c', key: 'k', payload: { a: 1 }, headers: {}, correlationId: 'x' }
      await hub.store.messages.subscribe('c', 's')
      await hub.store.messages.append([message])
      const [delivery] = await hub.store.messages.claim('s', { limit: 1, leaseMs: 1000 })
      await hub.store.messages.bury(delivery!, {
        category: 'invalid',
        code: 'mapping.result',
        message: 'no',
        causes: [],
      })
      const list = async (query: string) =>
        (await (await hub.call('GET', `/api/v1/dead-letters${query}`, { headers: bearer('operator') })).json()) as {
          items: JsonObject[]
        }
      assert.equal((await list('?category=invalid')).items[0]?.payload, undefined)
      assert.deepEqual((await list('?include=payload')).items[0]?.payload, { a: 1 })
      assert.equal((await list('?category=bug')).items.length, 0)
      const replay = () =>
        hub.call('POST', '/api/v1/dead-letters/s/m1/replay', {
          body: '{"payload":{"a":2}}',
          headers: { ...JSON_TYPE, ...bearer('operator') },
        })
      assert.deepEqual([(await replay()).status, (await replay()).status], [202, 404])
      assert.deepEqual((await hub.store.messages.claim('s', { limit: 1, leaseMs: 1000 }))[0]?.message.payload, { a: 2 })
      assert.equal((await hub.store.audit.page({ limit: 10 })).at(-1)?.actor, 'operator-1')
    })

    it('takes a cancellation, and refuses one that comes too late', async () => {
      hub.api.commands.attach('cancelShipment', ordersFlow(hub.store, false))
      await keepShipment(hub.store, sampleShipment())
      await keepShipment(
        hub.store,
        sampleShipment({ shipmentId: 'shp_done', status: 'delivery.completed', trackingToken: 'token-token-token-2' }),
      )
      const cancel = (id: string, body?: string) =>
        hub.call('POST', `/api/v1/shipments/${id}/cancel`, {
          ...(body ? { body } : {}),
          headers: { ...(body ? JSON_TYPE : {}), ...bearer('erp') },
        })
      assert.equal((await cancel('shp_sample1042')).status, 202)
      assert.equal((await cancel('shp_sample1042', '{"reason":"because"}')).status, 422)
      assert.equal((await cancel('shp_done')).status, 409)
      assert.equal((await onlyMessage(hub)).key, 'shp_sample1042')
    })
  })

  describe('its contract', () => {
    it('has exactly the operations that are served', () => {
      const paths = openapiDocument().paths as Record<string, Record<string, { operationId?: string }>>
      const written = Object.entries(paths).flatMap(([path, item]) =>
        Object.entries(item).flatMap(([method, { operationId }]) =>
          operationId === undefined ? [] : [`${operationId} ${method.toUpperCase()} ${path}`],
        ),
      )
      assert.deepEqual(
        written.sort(),
        OPERATIONS.map(({ operationId, method, path }) => `${operationId} ${method} ${path}`).sort(),
      )
    })

    it('stands alone: every reference leads somewhere inside', () => {
      const document = openapiDocument()
      const refs = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? []
      assert.ok(refs.length > 50)
      for (const ref of new Set(refs)) {
        const parts = ref.slice(8, -1).split('/').slice(1)
        assert.notEqual(
          parts.reduce<unknown>((at, part) => (at as JsonObject | undefined)?.[part], document),
          undefined,
          ref,
        )
      }
    })

    it('is served with its page, from here alone', async () => {
      const yaml = await hub.call('GET', '/api/openapi.yaml')
      assert.match(await yaml.text(), /^openapi: 3\.1\.0/)
      const page = await hub.call('GET', '/api/docs')
      const html = await page.text()
      assert.ok(!/https?:\/\//.test(html))
      for (const [, link] of html.matchAll(/(?:src|href)="([^"]+)"/g))
        assert.equal((await hub.call('GET', link!)).status, 200, link)
      assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';/)
      for (const path of ['package.json', '..%2fpackage.json', '%2e%2e/package.json', 'constructor']) {
        assert.equal((await hub.call('GET', `/api/docs/${path}`)).status, path.startsWith('%') ? 401 : 404)
      }
    })

    it('sends its security headers on every answer', async () => {
      for (const path of ['/api/v1/channels', '/api/docs', '/track/nothing', '/api/openapi.yaml']) {
        const { headers } = await hub.call('GET', path)
        assert.equal(headers.get('x-content-type-options'), 'nosniff')
        assert.equal(headers.get('x-frame-options'), 'DENY')
        assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
        assert.equal(headers.get('x-powered-by'), null)
      }
    })
  })
})

async function onlyMessage(hub: ApiServer) {
  await hub.store.messages.subscribe('orders.released', 'test')
  const deliveries = await hub.store.messages.claim('test', { limit: 10, leaseMs: 1000 })
  assert.equal(deliveries.length, 1)
  return deliveries[0]!.message
}
