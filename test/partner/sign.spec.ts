import assert from 'node:assert/strict'
import { Webhook } from 'standardwebhooks'
import { sign } from '../../engine/partner/trust/sign.ts'
import { type SignedRequest, verifySignature } from '../../engine/partner/trust/signature.ts'
import type { OneSignature, Signature } from '../../engine/partner/trust/types.ts'
import { assertOnlyGenuine, hmac, holding } from '../support/signature.ts'

const REQUEST: SignedRequest = {
  rawBody: Buffer.from('{"timestamp":0,"signature":"","data":{"id":2576000000000001042, "text":"é \\"x\\""}}'),
  headers: { 'Content-Type': 'application/json' },
  method: 'POST',
  path: '/webhooks/somebody?from=them',
  now: Date.parse('2026-03-02T15:00:00Z'),
  publicUrl: 'https://hub.example.com/cartage',
}
const timestamp = { header: 'x-time', unit: 's', toleranceSeconds: 300 } as const
const { headers: _headers, ...withoutHeader } = hmac('')

const SCHEMES: [what: string, signature: OneSignature, secret?: string][] = [
  ['the body', hmac('x-signature')],
  ['the body by sha384 in base64url', hmac('x-signature', { algorithm: 'sha384', encoding: 'base64url' })],
  ['time and body', hmac('x-signature', { timestamp, signed: '{timestamp}.{body}' })],
  [
    'time in the same header',
    hmac('x-signature', {
      prefix: 'v1=',
      signed: '{timestamp}.{body}',
      timestamp: { header: 'x-signature', prefix: 't=', unit: 'ms', toleranceSeconds: 60 },
    }),
  ],
  ['the public address', hmac('x-signature', { signed: '{url}{body}' })],
  ['method, path and query', hmac('x-signature', { signed: '{method} {pathname} {query} {body}' })],
  ['a parameter of the query', hmac('x-signature', { signed: '{parameter:from}{body}' })],
  [
    'id, time and body',
    hmac('x-signature', { timestamp, id: { header: ['x-id', 'x-old-id'] }, signed: '{id}.{timestamp}.{body}' }),
  ],
  [
    'fields of the body, in the body',
    {
      ...withoutHeader,
      field: 'signature',
      signed: '{timestamp}{path}{field:data}',
      timestamp: { field: 'timestamp', unit: 's', toleranceSeconds: 300 },
    },
  ],
  [
    'standard webhooks',
    { type: 'standard-webhooks', secret: 'webhookSecret' },
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  ],
  ['standard webhooks as svix sends them', { type: 'standard-webhooks', names: 'svix', secret: 'webhookSecret' }],
  ['a token in a header', { type: 'token', headers: ['x-token'], prefix: 'Key ', secret: 'webhookSecret' }],
  ['a token in the query', { type: 'token', query: 'token', secret: 'webhookSecret' }],
  ['user and password', { type: 'basic', secret: 'webhookSecret' }, 'hub:pass:with:colons'],
]

describe('sign', () => {
  for (const [what, signature, secret = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] of SCHEMES)
    it(`signs ${what}, and neither more nor less passes`, async () => {
      const signed = await sign(signature, holding(secret), REQUEST)
      await assertOnlyGenuine(signature, secret, signed)
    })

  it('puts its signature into the body without touching what it signs', async () => {
    const [, signature] = SCHEMES.find(([what]) => what === 'fields of the body, in the body')!
    const { rawBody } = await sign(signature, holding('s3cret'), REQUEST)
    const text = Buffer.from(rawBody).toString()
    assert.ok(text.includes('"data":{"id":2576000000000001042, "text":"é \\"x\\""}'), text)
    assert.equal(JSON.parse(text).timestamp, REQUEST.now / 1000)
  })

  it('signs all that is asked for, and of several ways the first', async () => {
    const token: OneSignature = { type: 'token', query: 'token', secret: 'apiToken' }
    const credentials = (name: string) => ({ apiToken: 't0ken', webhookSecret: 's3cret' })[name]
    for (const type of ['all', 'any'] as const) {
      const signature: Signature = { type, of: [hmac('x-signature'), token] }
      const signed = await sign(signature, credentials, REQUEST)
      assert.deepEqual(await verifySignature(signature, credentials, signed), { ok: true })
      assert.equal(signed.path.includes('token='), type === 'all')
      const without = { ...signed, headers: {} }
      assert.deepEqual(await verifySignature(signature, credentials, without), {
        ok: false,
        reason: 'signature.missing',
      })
    }
  })

  it('says what is missing when there is nothing to sign with, or no place for it', async () => {
    const rejects = (signature: Signature, secret: string, code = 'signature.cannot-sign') =>
      assert.rejects(
        sign(signature, () => secret, { ...REQUEST, rawBody: Buffer.from('{}') }),
        { code },
      )
    await rejects(hmac('x-signature'), '')
    await rejects(hmac('x-signature', { keyDecoding: 'hex' }), 'no hex')
    await rejects({ ...withoutHeader, field: 'signature', signed: '{body}' }, 's3cret')
    await rejects(hmac('x-signature', { signed: '{header:x-absent}{body}' }), 's3cret')
  })
})

describe('Standard Webhooks, against the library of the standard', () => {
  const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const signature: OneSignature = { type: 'standard-webhooks', secret: 'webhookSecret' }
  const BODIES = ['{"test": 2432232314}', '{}', '', '{"name":"Zoë ☂ \\u0000"}', `"${'x'.repeat(100_000)}"`]
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'

  it('it takes what we sign', async () => {
    for (const body of BODIES) {
      const request = { ...REQUEST, headers: { 'webhook-id': id }, rawBody: Buffer.from(body), now: Date.now() }
      const { headers } = await sign(signature, holding(SECRET), request)
      if (body === '') continue
      assert.deepEqual(new Webhook(SECRET).verify(body, headers as Record<string, string>), JSON.parse(body))
    }
  })

  it('we take what it signs, and refuse what it refuses', async () => {
    for (const body of BODIES) {
      const now = Math.floor(Date.now() / 1000) * 1000
      const made = new Webhook(SECRET).sign(id, new Date(now), body)
      const headers = { 'webhook-id': id, 'webhook-timestamp': String(now / 1000), 'webhook-signature': made }
      const request = { ...REQUEST, headers, rawBody: Buffer.from(body), now }
      assert.deepEqual(await verifySignature(signature, holding(SECRET), request), { ok: true })
      if (body !== '') await assertOnlyGenuine(signature, SECRET, request)
      const old = { ...headers, 'webhook-timestamp': String(now / 1000 - 301) }
      assert.throws(() => new Webhook(SECRET).verify(body, old))
      assert.equal((await verifySignature(signature, holding(SECRET), { ...request, headers: old })).ok, false)
    }
  })
})
