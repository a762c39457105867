import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import fc from 'fast-check'
import { handshake } from '../../engine/partner/trust/handshake.ts'
import { sign } from '../../engine/partner/trust/sign.ts'
import { type SignedRequest, verifySignature } from '../../engine/partner/trust/signature.ts'
import type { Handshake, OneSignature, Signature } from '../../engine/partner/trust/types.ts'
import { hmac } from '../support/signature.ts'
import { type WebhookServer, webhookServer } from '../support/webhook-server.ts'

const SECRET = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const { headers: _headers, ...withoutHeader } = hmac('')
const timestamp = { header: 'x-time', unit: 's', toleranceSeconds: 300 } as const
const IN_BODY: OneSignature = {
  ...withoutHeader,
  field: 'signature',
  signed: '{timestamp}{path}{field:data}',
  timestamp: { field: 'timestamp', unit: 's', toleranceSeconds: 300 },
}
const JWT: OneSignature = { type: 'jwt', algorithms: ['HS256'], key: 'secret', secret: 'webhookSecret' }
const SCHEMES: Record<string, Signature> = {
  'a signature in a header': hmac('x-signature', { timestamp, signed: '{timestamp}.{body}' }),
  'a list of signatures': { type: 'standard-webhooks', secret: 'webhookSecret' },
  'a signature in the body': IN_BODY,
  'a token of its own': JWT,
  'a token in a header': { type: 'token', headers: ['x-token'], prefix: 'Key ', secret: 'webhookSecret' },
  'a token in the address': { type: 'token', query: 'token', secret: 'webhookSecret' },
  'a token in the body': { type: 'token', field: 'token', secret: 'webhookSecret' },
  'user and password': { type: 'basic', secret: 'webhookSecret' },
  'two proofs': { type: 'all', of: [hmac('x-signature'), { type: 'token', query: 'token', secret: 'webhookSecret' }] },
  'either of two': { type: 'any', of: [{ type: 'basic', secret: 'webhookSecret' }, JWT] },
}
const BODY = '{"timestamp":0,"signature":"","token":"","data":{"id":1}}'

describe('the entrance of webhooks', () => {
  let server: WebhookServer | undefined
  const open = async (signature: Signature, handshake?: Handshake) => {
    server = await webhookServer({ signature, ...(handshake && { handshake }) }, { credentials: () => SECRET })
    return server
  }
  afterEach(async () => {
    await server?.close()
    server = undefined
  })
  const genuine = (signature: Signature, path = '/webhooks/x') =>
    sign(signature, () => SECRET, { rawBody: Buffer.from(BODY), headers: {}, method: 'POST', path, now: Date.now() })

  async function send({ path, headers, rawBody }: Pick<SignedRequest, 'path' | 'headers' | 'rawBody'>) {
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
    const request = httpRequest({
      host: '127.0.0.1',
      port: server!.port,
      method: 'POST',
      path,
      headers: given,
      agent: false,
    })
    request.end(rawBody)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode, text }
  }

  for (const [what, signature] of Object.entries(SCHEMES))
    it(`lets in by ${what}, and tells whom it turns away no more than that`, async () => {
      await open(signature)
      const right = await genuine(signature)
      assert.equal((await send(right)).status, 202)
      assert.equal(server!.stored.length, 1)
      const nothing = { rawBody: Buffer.alloc(0), headers: {}, path: '/webhooks/x' }
      const rotten: [string, Pick<SignedRequest, 'path' | 'headers' | 'rawBody'>][] = [
        ['nothing at all', nothing],
        ['a body that nobody signed', { ...nothing, rawBody: Buffer.from(BODY) }],
        [
          'empty headers',
          { ...right, headers: mapped(right, () => ''), path: '/webhooks/x?token=', rawBody: Buffer.from(BODY) },
        ],
        [
          'doubled headers',
          { ...nothing, headers: mapped(right, (value) => [value, 'x']), rawBody: Buffer.from(BODY) },
        ],
        ['headers of 4,000 letters', { ...nothing, headers: mapped(right, () => 'a'.repeat(4_000)) }],
        ['a token twice in the address', { ...nothing, path: `/webhooks/x?token=${SECRET}&token=x` }],
        ['broken escapes in the address', { ...nothing, path: '/webhooks/x?token=%E0%A4%A&%' }],
        [
          'a body that is cut off',
          { ...nothing, headers: mapped(right, () => 'x'), rawBody: Buffer.from(BODY.slice(0, -3)) },
        ],
        ['a body that is no UTF-8', { ...nothing, rawBody: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) }],
        ['a body with a mark in front', { ...nothing, rawBody: Buffer.from(`\ufeff${BODY}`) }],
        [
          'a body that says it twice',
          { ...nothing, rawBody: Buffer.from(`{"token":"${SECRET}","token":"x","signature":"","data":1}`) },
        ],
        ['a body nested 100,000 deep', { ...nothing, rawBody: Buffer.from(`{"data":${'['.repeat(100_000)}`) }],
        ['a body of a megabyte', { ...nothing, rawBody: Buffer.from(`{"data":"${'x'.repeat(900_000)}"}`) }],
      ]
      const answers = new Set<string>()
      for (const [title, request] of rotten) {
        const { status, text } = await send(request)
        assert.equal(status, 401, title)
        answers.add(text.replaceAll(/"(correlationId|instance)":"[^"]*"/g, ''))
      }
      assert.equal(answers.size, 1, 'the same answer whatever was wrong')
      assert.ok(![...answers].join().includes(server!.refusals[0]!), 'the reason stays with us')
      assert.equal(server!.refusals.length, rotten.length)
      assert.equal(server!.stored.length, 1)
      assert.equal((await send(await genuine(signature))).status, 202)
    })

  it('turns away a check of its address that is not trusted, as it does an event', async () => {
    await open(hmac('x-signature'), { method: 'POST', when: { field: 'check' }, signed: true, echoField: 'check' })
    const check = { rawBody: Buffer.from('{"check":"abc"}'), headers: {}, path: '/' }
    assert.equal((await send(check)).status, 401)
    const signed = await sign(hmac('x-signature'), () => SECRET, { ...check, method: 'POST', now: Date.now() })
    assert.deepEqual(await send(signed), { status: 200, text: 'abc' })
    assert.deepEqual([server!.refusals, server!.stored], [['signature.missing'], []])
  })

  it('a list of events that is empty is taken when it is signed, and refused with 401 when it is not', async () => {
    const signature = hmac('x-xero-signature', { encoding: 'base64' })
    server = await webhookServer(
      { signature, split: 'body.events', answer: { status: 200 } },
      { credentials: () => SECRET },
    )
    const intent = { rawBody: Buffer.from('{"events":[],"firstEventSequence":0}'), headers: {}, path: '/' }
    const signed = await sign(signature, () => SECRET, { ...intent, method: 'POST', now: Date.now() })
    assert.deepEqual([(await send(signed)).status, (await send(intent)).status], [200, 401])
    assert.deepEqual(server.stored, [])
  })
})

describe('whatever is sent', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('v1,', 't=1,v1=', 'Bearer ', 'Basic ', '=', ',,,', ' ', '{}', '"', 'a.b.c', '%', '\u0000'),
    fc.base64String({ maxLength: 80 }),
  )
  const names = [
    'x-signature',
    'x-time',
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    'authorization',
    'x-token',
  ]
  const headers = fc.dictionary(
    fc.constantFrom(...names, 'X-Signature', '__proto__', 'constructor'),
    fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.constant(undefined)),
  )
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.json({ maxDepth: 4 }).map((json) => Buffer.from(json)),
    fc
      .record({
        timestamp: fc.oneof(fc.integer(), text),
        signature: fc.oneof(text, fc.jsonValue()),
        data: fc.jsonValue(),
      })
      .map((value) => Buffer.from(JSON.stringify(value))),
  )
  const request = fc.record({
    rawBody: body,
    headers,
    method: fc.constantFrom('POST', 'GET', 'post', ''),
    path: fc.oneof(
      fc.webPath(),
      text,
      fc.webQueryParameters().map((query) => `/?token=${query}`),
    ),
    now: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  })

  for (const [what, signature] of Object.entries(SCHEMES))
    it(`is neither trusted nor an error: ${what}`, async () => {
      const never = fc.asyncProperty(request, async (one) => {
        const verification = await verifySignature(signature, () => SECRET, one as SignedRequest)
        assert.equal(verification.ok, false)
        const check: Handshake[] = [
          { method: 'POST', signed: true, echoField: 'data.id' },
          { method: 'GET', echoQuery: 'token', as: 'token' },
          { method: 'POST', echoHeader: { from: 'x-token', to: 'x-back' } },
        ]
        const met = await handshake({ handshake: check, signature }, () => SECRET, one as SignedRequest)
        if (met && 'headers' in met) assert.match(Object.values(met.headers).join(), /^[\x20-\x7e]*$/)
      })
      await fc.assert(never, { numRuns: 150 })
    })
})

function mapped({ headers }: SignedRequest, to: (value: string) => string | string[]): SignedRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, to(String(value))]))
}
