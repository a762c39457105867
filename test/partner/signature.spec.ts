import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HmacSignature, Signature } from '../../engine/partner/profile.ts'
import { handshake, type SignedRequest, verifySignature } from '../../engine/partner/signature.ts'
import { hmac } from '../support/signature.ts'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'contracts')

interface Sample {
  method: string
  path: string
  headers: Record<string, string>
  bodyFile?: string
  signature?: { secret?: string }
}

/** One scheme per partner, as a profile would write it; `at` is the moment of the samples, in epoch ms. */
const SCHEMES: Record<string, { signature: Signature; at?: (sample: Sample) => number }> = {
  'courier/onfleet': { signature: hmac('X-Onfleet-Signature', { algorithm: 'sha512', keyDecoding: 'hex' }) },
  'courier/uber-direct': {
    signature: { ...hmac('x-uber-signature'), headers: ['x-uber-signature', 'X-Postmates-Signature'] },
  },
  'courier/easypost': { signature: hmac('X-Hmac-Signature', { prefix: 'hmac-sha256-hex=', keyDecoding: 'nfkd' }) },
  'courier/shippo': {
    signature: hmac('Shippo-Auth-Signature', {
      prefix: 'v1=',
      signed: '{timestamp}.{body}',
      timestamp: { header: 'Shippo-Auth-Signature', prefix: 't=', unit: 's', toleranceSeconds: 300 },
    }),
    at: (sample) => Number(/t=(\d+)/.exec(sample.headers['Shippo-Auth-Signature']!)![1]) * 1000,
  },
  'courier/aftership': { signature: hmac('aftership-hmac-sha256', { encoding: 'base64' }) },
  'courier/doordash-drive': { signature: { type: 'basic', secret: 'webhookSecret' } },
  'courier/stuart': { signature: { type: 'token', headers: ['X-Stuart-Webhook-Key'], secret: 'webhookSecret' } },
  'courier/detrack': { signature: { type: 'basic', secret: 'webhookSecret' } },
  'wms/shiphero': { signature: hmac('x-shiphero-hmac-sha256', { encoding: 'base64' }) },
  'crm/zendesk': {
    signature: hmac('X-Zendesk-Webhook-Signature', {
      encoding: 'base64',
      signed: '{timestamp}{body}',
      timestamp: { header: 'X-Zendesk-Webhook-Signature-Timestamp', unit: 'iso', toleranceSeconds: 300 },
    }),
    at: (sample) => Date.parse(sample.headers['X-Zendesk-Webhook-Signature-Timestamp']!),
  },
  'telematics/samsara': {
    signature: hmac('X-Samsara-Signature', {
      prefix: 'v1=',
      keyDecoding: 'base64',
      signed: 'v1:{timestamp}:{body}',
      timestamp: { header: 'X-Samsara-Timestamp', unit: 's', toleranceSeconds: 300 },
    }),
    at: (sample) => Number(sample.headers['X-Samsara-Timestamp']) * 1000,
  },
  'tms-route/spoke-dispatch': { signature: hmac('spoke-signature') },
  'erp/erpnext': { signature: hmac('X-Frappe-Webhook-Signature', { encoding: 'base64' }) },
  'accounting/quickbooks-online': { signature: hmac('intuit-signature', { encoding: 'base64' }) },
  'accounting/xero': { signature: hmac('x-xero-signature', { encoding: 'base64' }) },
}

const EASYPOST_V2 = hmac('X-Hmac-Signature-V2', {
  prefix: 'hmac-sha256-hex=',
  prefixOptional: true,
  keyDecoding: 'nfkd',
  signed: '{timestamp}{method}{header:x-path}{body}',
  timestamp: { header: 'X-Timestamp', unit: 'iso', toleranceSeconds: 300 },
})

function samplesOf(system: string) {
  const folder = join(FIXTURES, system)
  return readdirSync(folder)
    .filter((name) => name.startsWith('webhook.') && name.endsWith('.http.json'))
    .map((name) => ({ name, sample: JSON.parse(readFileSync(join(folder, name), 'utf8')) as Sample, folder }))
    .filter(({ sample }) => sample.bodyFile !== undefined)
    .map(({ name, sample, folder: dir }) => ({ name, sample, body: readFileSync(join(dir, sample.bodyFile!)) }))
}

function requestOf(sample: Sample, rawBody: Uint8Array, now = 0): SignedRequest {
  return { rawBody, headers: sample.headers, method: sample.method, path: sample.path, now }
}

const ok = (signature: Signature, secrets: string[], request: SignedRequest) =>
  verifySignature(signature, secrets, request).ok

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at]! ^= 1
  return copy
}

describe('verifySignature on the contract samples', () => {
  for (const [system, { signature, at }] of Object.entries(SCHEMES)) {
    const samples = samplesOf(system)
    it(`${system}: accepts all ${samples.length} samples, and no mutant of them`, () => {
      assert.ok(samples.length > 0)
      for (const { name, sample, body } of samples) {
        const secret = sample.signature!.secret!
        const request = requestOf(sample, body, at?.(sample))
        assert.deepEqual(verifySignature(signature, [secret], request), { ok: true }, name)
        assert.equal(ok(signature, [`${secret.slice(0, -2)}00`], request), false, 'another secret')
        assert.equal(ok(signature, [], request), false, 'no secret')
        assert.equal(ok(signature, [''], request), false, 'empty secret')
        const field = signature.type === 'hmac' || signature.type === 'token' ? signature.headers![0]! : 'Authorization'
        const sent = sample.headers[field]!
        for (const wrong of [
          sent.slice(0, -1),
          sent.slice(0, -2),
          `${sent}00`,
          '',
          sent.slice(0, sent.indexOf('=') + 1),
        ]) {
          if (wrong === sent) continue
          assert.equal(
            ok(signature, [secret], { ...request, headers: { ...sample.headers, [field]: wrong } }),
            false,
            `"${wrong}"`,
          )
        }
        assert.equal(ok(signature, [secret], { ...request, headers: {} }), false, 'no headers')
        if (signature.type !== 'hmac') continue
        for (const place of [0, body.length >> 1, body.length - 1]) {
          assert.equal(
            ok(signature, [secret], { ...request, rawBody: flip(body, place) }),
            false,
            `byte ${place} flipped`,
          )
        }
        const spaced = Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 1))
        assert.equal(ok(signature, [secret], { ...request, rawBody: spaced }), false, 're-serialised body')
        const other = signature.algorithm === 'sha512' ? 'sha256' : 'sha512'
        assert.equal(ok({ ...signature, algorithm: other }, [secret], request), false, 'another algorithm')
      }
    })
  }

  it('easypost v2 signs time, method and path too, with or without its prefix', () => {
    for (const { sample, body } of samplesOf('courier/easypost')) {
      const secrets = [sample.signature!.secret!]
      const request = requestOf(sample, body, Date.parse(sample.headers['X-Timestamp']!))
      assert.ok(ok(EASYPOST_V2, secrets, request))
      const bare = {
        ...sample.headers,
        'X-Hmac-Signature-V2': sample.headers['X-Hmac-Signature-V2']!.replace('hmac-sha256-hex=', ''),
      }
      assert.ok(ok(EASYPOST_V2, secrets, { ...request, headers: bare }))
      assert.ok(!ok(EASYPOST_V2, secrets, { ...request, headers: { ...sample.headers, 'X-Path': '/elsewhere' } }))
      assert.ok(!ok(EASYPOST_V2, secrets, { ...request, method: 'PUT' }))
      // The normalisation matters: the sample's secret has an accent.
      assert.ok(!ok({ ...EASYPOST_V2, keyDecoding: 'text' }, secrets, request))
    }
  })

  it('shippo can also be met by its token in the URL', () => {
    const { sample, body } = samplesOf('courier/shippo')[0]!
    const token: Signature = { type: 'token', query: 'token', secret: 'webhookSecret' }
    assert.ok(ok(token, ['fict123abc'], requestOf(sample, body)))
    assert.ok(!ok(token, ['fict123abd'], requestOf(sample, body)))
    assert.ok(!ok(token, ['fict123abc'], { ...requestOf(sample, body), path: '/hooks/shippo' }))
  })

  it('shipday: a token longer than the configured one does not pass by its beginning', () => {
    const { sample, body } = samplesOf('courier/shipday')[0]!
    const token: Signature = { type: 'token', headers: ['token'], secret: 'webhookSecret' }
    assert.ok(ok(token, [sample.headers.token!], requestOf(sample, body)))
    assert.ok(!ok(token, [sample.headers.token!.slice(0, 32)], requestOf(sample, body)))
  })

  it('refuses the mistakes seen in public verifiers', () => {
    const onfleet = samplesOf('courier/onfleet')[0]!
    const secret = onfleet.sample.signature!.secret!
    const request = requestOf(onfleet.sample, onfleet.body)
    const right = SCHEMES['courier/onfleet']!.signature as HmacSignature
    assert.ok(!ok({ ...right, keyDecoding: 'text' }, [secret], request), 'onfleet with the secret not decoded')
    assert.ok(!ok({ ...right, algorithm: 'sha256' }, [secret], request), 'onfleet with sha256')
    const made = createHmac('sha256', Buffer.from(secret, 'hex')).update(onfleet.body).digest('hex')
    assert.ok(
      !ok(right, [secret], { ...request, headers: { 'X-Onfleet-Signature': made } }),
      'a sha256 digest for onfleet',
    )

    const zendesk = samplesOf('crm/zendesk')[0]!
    const scheme = SCHEMES['crm/zendesk']!
    const at = scheme.at!(zendesk.sample)
    const dotted = { ...(scheme.signature as HmacSignature), signed: '{timestamp}.{body}' }
    assert.ok(
      !ok(dotted, [zendesk.sample.signature!.secret!], requestOf(zendesk.sample, zendesk.body, at)),
      'zendesk with a dot',
    )

    const samsara = samplesOf('telematics/samsara')[0]!
    const samsaraScheme = SCHEMES['telematics/samsara']!.signature as HmacSignature
    const samsaraRequest = requestOf(samsara.sample, samsara.body, SCHEMES['telematics/samsara']!.at!(samsara.sample))
    assert.ok(!ok({ ...samsaraScheme, keyDecoding: 'text' }, [samsara.sample.signature!.secret!], samsaraRequest))
    assert.ok(!ok({ ...samsaraScheme, signed: '{body}' }, [samsara.sample.signature!.secret!], samsaraRequest))
  })
})

describe('handshake', () => {
  const ask = (method: string, path: string, headers = {}, body = '') => ({
    method,
    path,
    headers,
    rawBody: Buffer.from(body),
  })

  it('echoes the check value of the onfleet sample as plain text', () => {
    const sample = JSON.parse(readFileSync(join(FIXTURES, 'courier/onfleet/validation.http.json'), 'utf8'))
    const answer = handshake({ method: 'GET', echoQuery: 'check' }, ask(sample.method, sample.path))
    assert.equal(answer?.status, sample.expectStatus)
    assert.equal(answer?.body, sample.expectBody)
    assert.match(answer!.headers['content-type']!, /^text\/plain/)
  })

  it('answers HEAD, OPTIONS and the empty registration post, and nothing that is an event', () => {
    assert.deepEqual(handshake({ method: 'HEAD' }, ask('HEAD', '/')), { status: 200, headers: {}, body: '' })
    const origin = { method: 'OPTIONS', echoHeader: { from: 'WebHook-Request-Origin', to: 'WebHook-Allowed-Origin' } }
    const answer = handshake(origin, ask('OPTIONS', '/', { 'webhook-request-origin': 'events.example.com' }))
    assert.equal(answer?.headers['webhook-allowed-origin'], 'events.example.com')
    const ping = [
      { method: 'GET', echoQuery: 'check' },
      { method: 'POST', emptyBody: true },
    ]
    assert.equal(handshake(ping, ask('POST', '/'))?.status, 200)
    assert.equal(handshake(ping, ask('POST', '/', {}, '{}')), undefined)
    assert.equal(handshake(ping, ask('GET', '/')), undefined)
    assert.equal(handshake(undefined, ask('GET', '/?check=1')), undefined)
  })

  it('echoes no control characters and no novels', () => {
    const echo = { method: 'GET', echoQuery: 'check' }
    assert.equal(handshake(echo, ask('GET', '/?check=a%0d%0aset-cookie:x')), undefined)
    assert.equal(handshake(echo, ask('GET', `/?check=${'a'.repeat(513)}`)), undefined)
  })
})
