import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign as cryptoSign } from 'node:crypto'
import { verifySignature } from '../../engine/partner/trust/signature.ts'
import { parseTimestamp } from '../../engine/partner/trust/timestamp.ts'
import type { Signature } from '../../engine/partner/trust/types.ts'
import { assertOnlyGenuine, genuine, hmac, holding } from '../support/signature.ts'

const uberDirect = { ...hmac('x-uber-signature'), headers: ['x-uber-signature', 'X-Postmates-Signature'] }
const zendeskScheme = hmac('X-Zendesk-Webhook-Signature', {
  encoding: 'base64',
  signed: '{timestamp}{body}',
  timestamp: { header: 'X-Zendesk-Webhook-Signature-Timestamp', unit: 'iso', toleranceSeconds: 300 },
})

describe('verifySignature on published vectors', () => {
  const plain = (signature: Signature, secret: string, headers: Record<string, string>, body: string, now = 0) =>
    genuine(signature, [secret], { rawBody: Buffer.from(body), headers, method: 'POST', path: '/', now })

  it('uber direct, github and zendesk', async () => {
    const uber = '{"kind": "event.courier_update", "location": {"lat": 37.7974109, "lng": -122.424145}}'
    const digest = 'cdff8133fb065f8d37a2c1c94c3331b6a82766d14e7ea4faacc4886558cedd65'
    const scheme = uberDirect
    assert.ok(await plain(scheme, 'c5c26d5a-70d6-46c7-a652-d7c09825ad29', { 'X-Uber-Signature': digest }, uber))
    assert.ok(await plain(scheme, 'c5c26d5a-70d6-46c7-a652-d7c09825ad29', { 'x-postmates-signature': digest }, uber))
    assert.ok(
      !(await plain(
        scheme,
        'c5c26d5a-70d6-46c7-a652-d7c09825ad29',
        { 'X-Uber-Signature': digest },
        uber.replaceAll(' ', ''),
      )),
    )
    const github = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
    const hub = hmac('X-Hub-Signature-256', { prefix: 'sha256=' })
    assert.ok(await plain(hub, "It's a Secret to Everybody", { 'X-Hub-Signature-256': github }, 'Hello, World!'))
    const headers = {
      'X-Zendesk-Webhook-Signature': 'S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM=',
      'X-Zendesk-Webhook-Signature-Timestamp': '2021-03-25T05:09:27Z',
    }
    const zendesk = zendeskScheme
    const now = Date.parse('2021-03-25T05:10:00Z')
    assert.ok(
      await plain(
        zendesk,
        'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==',
        headers,
        '{"event":"ticket.updated","id":123}',
        now,
      ),
    )
  })

  it('slack, whose body is a form', async () => {
    const slack = hmac('X-Slack-Signature', {
      prefix: 'v0=',
      signed: 'v0:{timestamp}:{body}',
      timestamp: { header: 'X-Slack-Request-Timestamp', unit: 's', toleranceSeconds: 300 },
    })
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
    await assertOnlyGenuine(slack, '8f742231b10e8888abcd99yyyzzz85a5', {
      rawBody: Buffer.from(body),
      headers: {
        'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
        'X-Slack-Request-Timestamp': '1531420618',
      },
      method: 'POST',
      path: '/',
      now: 1531420618000,
    })
  })

  it('standard webhooks: takes a public key as well, of which anybody may know', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const held = `whpk_${Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('base64')}`
    const signed = Buffer.from(`${base['webhook-id']}.${base['webhook-timestamp']}.${BODY}`)
    const made = `v1a,${cryptoSign(null, signed, privateKey).toString('base64')}`
    const with_ = (signature: string) => ({ ...base, 'webhook-signature': signature })
    assert.ok(await plain(standard, held, with_(made), BODY, NOW))
    assert.ok(await plain(standard, `${SECRET},${held}`, with_(made), BODY, NOW))
    assert.ok(await plain(standard, `${SECRET},${held}`, base, BODY, NOW))
    const byPublicKey = createHmac('sha256', Buffer.from(held.slice(5), 'base64'))
      .update(signed)
      .digest('base64')
    for (const wrong of [
      `v1,${byPublicKey}`,
      made.replace('v1a', 'v1'),
      made.slice(0, -4),
      'v1a,',
      `${made.slice(0, 20)}A${made.slice(21)}`,
    ])
      assert.ok(!(await plain(standard, held, with_(wrong), BODY, NOW)), wrong)
    assert.ok(!(await plain(standard, held, with_(made), `${BODY} `, NOW)))
    assert.ok(!(await plain(standard, held, with_(made), BODY, NOW + 301_000)))
    for (const bad of ['whpk_', 'whpk_AAAA', `${held}AAAA`])
      assert.ok(!(await plain(standard, bad, with_(made), BODY, NOW)), bad)
  })

  const standard: Signature = { type: 'standard-webhooks', secret: 'webhookSecret' }
  const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const VALID = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  const base = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': VALID,
  }
  const BODY = '{"test": 2432232314}'
  const NOW = 1614265330000

  it('standard webhooks: the valid one, alone or third in a list, with the prefix of the secret or without', async () => {
    assert.ok(await plain(standard, SECRET, base, BODY, NOW))
    assert.ok(await plain(standard, SECRET.slice('whsec_'.length), base, BODY, NOW))
    const noise = 'Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc='
    const list = `v1,${noise} v2,${noise} ${VALID} v1,${noise}`
    assert.ok(await plain(standard, SECRET, { ...base, 'webhook-signature': list }, BODY, NOW))
  })

  it('standard webhooks: secrets without base64 padding work', async () => {
    for (const secret of ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr']) {
      const key = Buffer.from(secret, 'base64')
      const made = createHmac('sha256', key)
        .update(`${base['webhook-id']}.${base['webhook-timestamp']}.${BODY}`)
        .digest('base64')
      assert.ok(await plain(standard, secret, { ...base, 'webhook-signature': `v1,${made}` }, BODY, NOW))
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
    it(`standard webhooks: refuses ${title}`, async () => {
      assert.ok(!(await plain(standard, SECRET, { ...base, 'webhook-signature': signature! }, BODY, NOW)))
    })
  }

  it('standard webhooks: refuses missing id, signature or time, an empty secret and a bare prefix', async () => {
    for (const name of Object.keys(base)) {
      const headers: Record<string, string> = { ...base }
      delete headers[name]
      assert.ok(!(await plain(standard, SECRET, headers, BODY, NOW)), name)
      assert.ok(!(await plain(standard, SECRET, { ...base, [name]: '' }, BODY, NOW)), `${name} empty`)
    }
    for (const secret of ['', 'whsec_', 'whsec_%%%'])
      assert.ok(!(await plain(standard, secret, base, BODY, NOW)), secret)
  })

  it('takes a second secret while it is configured, and not after', async () => {
    const request = { rawBody: Buffer.from(BODY), headers: base, method: 'POST', path: '/', now: NOW }
    assert.ok(await genuine(standard, ['whsec_bmV3IHNlY3JldA==', SECRET], request))
    assert.deepEqual(await verifySignature(standard, holding('whsec_bmV3IHNlY3JldA=='), request), {
      ok: false,
      reason: 'signature.mismatch',
    })
  })

  it('holds the time to the tolerance, both ways, to the second', async () => {
    const at = (now: number) =>
      verifySignature(standard, holding(SECRET), {
        rawBody: Buffer.from(BODY),
        headers: base,
        method: 'POST',
        path: '/',
        now,
      })
    assert.ok((await at(NOW + 300_000)).ok)
    assert.ok((await at(NOW - 300_000)).ok)
    assert.deepEqual(await at(NOW + 301_000), { ok: false, reason: 'signature.timestamp-outside' })
    assert.deepEqual(await at(NOW - 301_000), { ok: false, reason: 'signature.timestamp-outside' })
  })

  it('refuses a time that is not exactly one, even when it is signed', async () => {
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
      const result = await verifySignature(standard, holding(SECRET), {
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
  it('reads RFC 3339 with an offset and nothing looser', async () => {
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
