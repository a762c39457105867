import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HmacSignature, Signature } from '../../engine/partner/profile.ts'
import { handshake, parseTimestamp, type SignedRequest, verifySignature } from '../../engine/partner/signature.ts'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'contracts')

interface Sample {
  method: string
  path: string
  headers: Record<string, string>
  bodyFile?: string
  signature?: { secret?: string }
}

const hmac = (header: string, more: Partial<HmacSignature> = {}): HmacSignature => ({
  type: 'hmac',
  headers: [header],
  algorithm: 'sha256',
  encoding: 'hex',
  secret: 'webhookSecret',
  signed: '{body}',
  ...more,
})

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

describe('verifySignature on published vectors', () => {
  const plain = (signature: Signature, secret: string, headers: Record<string, string>, body: string, now = 0) =>
    verifySignature(signature, [secret], { rawBody: Buffer.from(body), headers, method: 'POST', path: '/', now }).ok

  it('uber direct, github and zendesk', () => {
    const uber = '{"kind": "event.courier_update", "location": {"lat": 37.7974109, "lng": -122.424145}}'
    const digest = 'cdff8133fb065f8d37a2c1c94c3331b6a82766d14e7ea4faacc4886558cedd65'
    const scheme = SCHEMES['courier/uber-direct']!.signature
    assert.ok(plain(scheme, 'c5c26d5a-70d6-46c7-a652-d7c09825ad29', { 'X-Uber-Signature': digest }, uber))
    assert.ok(plain(scheme, 'c5c26d5a-70d6-46c7-a652-d7c09825ad29', { 'x-postmates-signature': digest }, uber))
    assert.ok(
      !plain(scheme, 'c5c26d5a-70d6-46c7-a652-d7c09825ad29', { 'X-Uber-Signature': digest }, uber.replaceAll(' ', '')),
    )
    const github = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
    const hub = hmac('X-Hub-Signature-256', { prefix: 'sha256=' })
    assert.ok(plain(hub, "It's a Secret to Everybody", { 'X-Hub-Signature-256': github }, 'Hello, World!'))
    const headers = {
      'X-Zendesk-Webhook-Signature': 'S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM=',
      'X-Zendesk-Webhook-Signature-Timestamp': '2021-03-25T05:09:27Z',
    }
    const zendesk = SCHEMES['crm/zendesk']!.signature
    const now = Date.parse('2021-03-25T05:10:00Z')
    assert.ok(
      plain(
        zendesk,
        'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==',
        headers,
        '{"event":"ticket.updated","id":123}',
        now,
      ),
    )
  })

  const standard = hmac('webhook-signature', {
    encoding: 'base64',
    prefix: 'v1,',
    keyDecoding: 'whsec',
    signed: '{header:webhook-id}.{timestamp}.{body}',
    timestamp: { header: 'webhook-timestamp', unit: 's', toleranceSeconds: 300 },
  })
  const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const VALID = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  const base = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': VALID,
  }
  const BODY = '{"test": 2432232314}'
  const NOW = 1614265330000

  it('standard webhooks: the valid one, alone or third in a list, with the prefix of the secret or without', () => {
    assert.ok(plain(standard, SECRET, base, BODY, NOW))
    assert.ok(plain(standard, SECRET.slice('whsec_'.length), base, BODY, NOW))
    const noise = 'Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc='
    const list = `v1,${noise} v2,${noise} ${VALID} v1,${noise}`
    assert.ok(plain(standard, SECRET, { ...base, 'webhook-signature': list }, BODY, NOW))
  })

  it('standard webhooks: secrets without base64 padding work', () => {
    for (const secret of ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr']) {
      const key = Buffer.from(secret, 'base64')
      const made = createHmac('sha256', key)
        .update(`${base['webhook-id']}.${base['webhook-timestamp']}.${BODY}`)
        .digest('base64')
      assert.ok(plain(standard, secret, { ...base, 'webhook-signature': `v1,${made}` }, BODY, NOW))
    }
  })

  for (const [title, signature] of [
    ['another digest', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA='],
    ['a short one', 'v1,dawfeoifkpqwoekfpqoekf'],
    ['an empty one', 'v1,'],
    ['only version 2', 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ['the digest without version', 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ['not base64', 'v1,!!!!9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ['17 guesses before the right one', `${'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= '.repeat(17)}${VALID}`],
  ]) {
    it(`standard webhooks: refuses ${title}`, () => {
      assert.ok(!plain(standard, SECRET, { ...base, 'webhook-signature': signature! }, BODY, NOW))
    })
  }

  it('standard webhooks: refuses missing id, signature or time, an empty secret and a bare prefix', () => {
    for (const name of Object.keys(base)) {
      const headers: Record<string, string> = { ...base }
      delete headers[name]
      assert.ok(!plain(standard, SECRET, headers, BODY, NOW), name)
      assert.ok(!plain(standard, SECRET, { ...base, [name]: '' }, BODY, NOW), `${name} empty`)
    }
    for (const secret of ['', 'whsec_', 'whsec_%%%']) assert.ok(!plain(standard, secret, base, BODY, NOW), secret)
  })

  it('takes a second secret while it is configured, and not after', () => {
    const request = { rawBody: Buffer.from(BODY), headers: base, method: 'POST', path: '/', now: NOW }
    assert.ok(verifySignature(standard, ['whsec_bmV3IHNlY3JldA==', SECRET], request).ok)
    assert.deepEqual(verifySignature(standard, ['whsec_bmV3IHNlY3JldA=='], request), {
      ok: false,
      reason: 'signature.mismatch',
    })
  })

  it('holds the time to the tolerance, both ways, to the second', () => {
    const at = (now: number) =>
      verifySignature(standard, [SECRET], { rawBody: Buffer.from(BODY), headers: base, method: 'POST', path: '/', now })
    assert.ok(at(NOW + 300_000).ok)
    assert.ok(at(NOW - 300_000).ok)
    assert.deepEqual(at(NOW + 301_000), { ok: false, reason: 'signature.timestamp-outside' })
    assert.deepEqual(at(NOW - 301_000), { ok: false, reason: 'signature.timestamp-outside' })
  })

  it('refuses a time that is not exactly one, even when it is signed', () => {
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
    for (const time of [
      'hello',
      '1e9',
      '1614265330abc',
      '-1614265330',
      '1614265330000',
      '01614265330',
      '1614265330.5',
      '0x60380f32',
    ]) {
      const made = createHmac('sha256', key).update(`${base['webhook-id']}.${time}.${BODY}`).digest('base64')
      const headers = { ...base, 'webhook-timestamp': time, 'webhook-signature': `v1,${made}` }
      const result = verifySignature(standard, [SECRET], {
        rawBody: Buffer.from(BODY),
        headers,
        method: 'POST',
        path: '/',
        now: NOW,
      })
      assert.deepEqual(result, { ok: false, reason: 'signature.timestamp-malformed' }, time)
    }
  })
})

describe('parseTimestamp', () => {
  it('reads RFC 3339 with an offset and nothing looser', () => {
    assert.equal(parseTimestamp('2026-03-02T15:10:01Z', 'iso'), Date.UTC(2026, 2, 2, 15, 10, 1))
    assert.equal(parseTimestamp('2026-03-02T16:10:01.250+01:00', 'iso'), Date.UTC(2026, 2, 2, 15, 10, 1, 250))
    for (const text of [
      '2026-02-30T00:00:00Z',
      '2026-03-02',
      '2026-03-02T15:10:01',
      'Mon, 02 Mar 2026 15:10:01 GMT',
      '2026-13-01T00:00:00Z',
      '2026-03-02T24:00:00Z',
      '2026-03-02T15:10:01+99:00',
    ]) {
      assert.equal(parseTimestamp(text, 'iso'), undefined, text)
    }
    assert.equal(parseTimestamp('1614265330000', 'ms'), 1614265330000)
    assert.equal(parseTimestamp('1614265330', 'ms'), undefined)
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
