import assert from 'node:assert/strict'
import { request } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, it } from 'mocha'
import { bodyRules } from '../../engine/api/body.ts'
import { apiBench, JSON_TYPE, order } from '../support/api-bench.ts'
import { bearer, ordersFlow, sampleOrder } from '../support/api-server.ts'

describe('the API', () => {
  const bench = apiBench()

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
        const answer = await bench.post(body(), headers)
        const text = await answer.text()
        assert.equal(answer.status, status, text)
        assert.ok(!text.includes('canary<'), text)
        assert.ok(!/\bat .*\.ts:/.test(text))
        assert.equal((await bench.hub.call('GET', '/api/v1/channels', { headers: bearer('viewer') })).status, 200)
      })
    }

    it('refuses a declared length over the limit before reading', async () => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const headers = { ...JSON_TYPE, ...bearer('erp'), 'content-length': 10 * limit }
        const req = request(`${bench.hub.url}/api/v1/orders`, { method: 'POST', headers }, (res) => {
          resolve(res.statusCode)
          req.destroy()
        })
        req.on('error', reject)
        req.write('{')
      })
      assert.equal(status, 413)
    })

    it('takes gzip', async () => {
      bench.hub.api.commands.attach('releaseOrder', ordersFlow(bench.hub.store, false))
      const answer = await bench.post(new Uint8Array(gzipSync(order())), { 'content-encoding': 'gzip' })
      assert.equal(answer.status, 202)
    })

    it('refuses a limit that is no limit', () => {
      for (const limitBytes of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY]) {
        assert.throws(() => bodyRules({ limitBytes, types: ['application/json'] }), { code: 'config.body-limit' })
      }
    })
  })
})
