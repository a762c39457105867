import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../../engine/package-root.ts'
import { signedRequestProof } from '../../../engine/partner/auth/signed-request.ts'
import type { Auth, SignedRequest } from '../../../engine/partner/profile.ts'
import { authBench } from '../../support/auth-bench.ts'
import { failureOf } from '../../support/partner-client.ts'
import { json } from '../../support/scripted-server.ts'

const auth = (more: Partial<SignedRequest> = {}): SignedRequest => ({
  type: 'hmac',
  algorithm: 'sha256',
  encoding: 'hex',
  key: '{apiSecret}',
  timestamp: 'ms',
  signed: '{timestamp}\r\n{method}\r\n{path}\r\n\r\n{body}',
  headers: { Authorization: 'hmac {apiKey}:{timestamp}:{signature}', 'Request-ID': '{nonce}' },
  ...more,
})

describe('PartnerClient signs requests', () => {
  const bench = authBench({ apiKey: 'pk_fict_lalamove_0001', apiSecret: 'sk_fict_lalamove_0001' })
  beforeEach(() => {
    bench.clock.set(1772460000123)
    bench.script(json(200, {}))
  })

  it('as the published example says', async () => {
    const samples = join(packageRoot(), 'templates/couriers/lalamove/samples')
    const example = JSON.parse(readFileSync(join(samples, 'request.place_order.http.json'), 'utf8'))
    const body = readFileSync(join(samples, example.bodyFile), 'utf8')
    const request = { method: example.method, url: new URL(`https://rest.example${example.path}`), headers: {}, body }
    const values = { apiKey: 'pk_fict_lalamove_0001', apiSecret: 'sk_fict_lalamove_0001' }
    await signedRequestProof(auth(), { values, clock: bench.clock } as never).apply(request)
    assert.equal((request.headers as { authorization?: string }).authorization, example.headers.Authorization)
  })

  it('over the very bytes that are sent, each with an id of its own', async () => {
    const one = bench.client(auth())
    const input = { note: 'brace {apiSecret} {body} é' }
    await one.call('book', input)
    await one.call('book', input)
    for (const { body, method, path, headers } of bench.seen) {
      const said = `1772460000123\r\n${method}\r\n${path}\r\n\r\n${body}`
      const signature = createHmac('sha256', 'sk_fict_lalamove_0001').update(said).digest('hex')
      assert.equal(headers.authorization, `hmac pk_fict_lalamove_0001:1772460000123:${signature}`)
      assert.deepEqual(JSON.parse(body), input)
    }
    assert.notEqual(bench.seen[0]?.headers['request-id'], bench.seen[1]?.headers['request-id'])
  })

  it('over address, query, host, a hash of the body and seconds, where the partner wants that', async () => {
    const signed = '{timestamp}|{nonce}|{host}|{path}|{query}|{url}|{bodyHash}'
    const headers = { 'X-Date': '{timestamp}', 'X-Nonce': '{nonce}', 'X-Signature': 'v1={signature}' }
    const one = bench.client(auth({ signed, headers, timestamp: 's', algorithm: 'sha512', encoding: 'base64' }), {
      operations: { find: { method: 'GET', path: '/deliveries', query: { ref: '{input.ref}' } } },
    })
    await one.call('find', { ref: 'A&1' })
    const { headers: sent, path } = bench.seen[0]!
    const url = `http://${sent.host}${path}`
    const hash = createHash('sha256').update('').digest('hex')
    const said = `1772460000|${sent['x-nonce']}|${sent.host}|/deliveries|?ref=A%261|${url}|${hash}`
    const signature = createHmac('sha512', 'sk_fict_lalamove_0001').update(said).digest('base64')
    assert.deepEqual([sent['x-date'], sent['x-signature']], ['1772460000', `v1=${signature}`])
    await bench.client(auth({ timestamp: 'iso', headers: { 'X-Date': '{timestamp}' } })).call('book', {})
    assert.equal(bench.seen[1]?.headers['x-date'], '2026-03-02T14:00:00.123Z')
  })

  it("takes the partner's time when its own is refused, and signs anew", async () => {
    const date = { date: 'Mon, 02 Mar 2026 14:05:00 GMT' }
    bench.script(json(401, { message: 'ERR_INVALID_TIMESTAMP' }, date), json(200, {}, date))
    await bench.client(auth()).call('book', {})
    const stamps = bench.seen.map(({ headers }) => String(headers.authorization).split(':')[1])
    assert.deepEqual(stamps, ['1772460000123', '1772460300000'])
  })

  it('says that the secret is not what it is said to be encoded in, and asks nobody', async () => {
    const failure = await failureOf(bench.client(auth({ keyDecoding: 'hex' }) as Auth).call('book', {}))
    assert.deepEqual([failure.code, failure.category, failure.effect], ['partner.key-unusable', 'unauthorised', 'none'])
    assert.ok(!failure.message.includes('sk_fict'))
    assert.equal(bench.seen.length, 0)
  })
})
