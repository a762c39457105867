import assert from 'node:assert/strict'
import { createHash, createHmac, generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { newSecret, trusted } from '../../engine/partner/trust/secret.ts'
import { sign } from '../../engine/partner/trust/sign.ts'
import { type SignedRequest, verifySignature } from '../../engine/partner/trust/signature.ts'
import type { JwtAlgorithm, JwtSignature, OneSignature } from '../../engine/partner/trust/types.ts'
import { assertOnlyGenuine, genuine, hmac } from '../support/signature.ts'

const NOW = Date.parse('2026-03-02T15:00:00Z')
const SECRET = 'a shared secret of more than 32 bytes'
const REQUEST: SignedRequest = {
  ...{ rawBody: Buffer.from('{"status":"delivered"}'), headers: {}, method: 'POST', path: '/', now: NOW },
}
const bodyHash = { claim: 'body_sha256', algorithm: 'sha256', encoding: 'hex' } as const
const jwt = (more: Partial<JwtSignature> = {}): JwtSignature => ({
  ...{ type: 'jwt', algorithms: ['HS256'], key: 'secret', secret: 'webhookSecret' },
  ...more,
})
const ALGORITHMS: JwtAlgorithm[] = ['HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA']

describe('a JSON web token', () => {
  const bearing = (token: string, more: Partial<SignedRequest> = {}): SignedRequest => ({
    ...REQUEST,
    headers: { authorization: `Bearer ${token}` },
    ...more,
  })
  const token = (claims: object, seconds = 60, secret: string | Uint8Array = SECRET, alg = 'HS256') =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg })
      .setIssuedAt(NOW / 1000)
      .setExpirationTime(NOW / 1000 + seconds)
      .sign(Buffer.from(secret as string))
  const reason = async (signature: JwtSignature, request: SignedRequest, secret = SECRET) => {
    const verification = await verifySignature(signature, () => secret, request)
    return verification.ok ? 'ok' : verification.reason
  }

  for (const algorithm of ALGORITHMS)
    it(`signed with ${algorithm} says who sends and what`, async () => {
      for (const key of algorithm.startsWith('HS') ? (['secret'] as const) : (['public', 'jwks'] as const)) {
        const signature = jwt({ algorithms: [algorithm], key, bodyHash, issuer: 'them', audience: 'us' })
        const { secret, signWith } = newSecret(signature)!
        const signed = await sign(signature, () => signWith, REQUEST)
        assert.equal(await reason(signature, signed, secret), 'ok', key)
        assert.equal(
          await reason(signature, { ...signed, rawBody: Buffer.from('{"status":"lost"}') }, secret),
          'signature.mismatch',
        )
        assert.equal(await reason(signature, signed, newSecret(signature)!.secret), 'signature.mismatch')
        assert.equal(await reason(signature, { ...signed, now: NOW + 3_600_000 }, secret), 'signature.expired')
        if (key === 'secret') await assertOnlyGenuine(signature, secret, signed)
      }
    })

  it('does not choose its algorithm itself', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const rs = jwt({ algorithms: ['RS256'], key: 'public' })
    assert.equal(
      await reason(
        rs,
        await sign(rs, () => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), REQUEST),
        pem,
      ),
      'ok',
    )
    // Whoever can read the public key can make an HMAC with it.
    assert.equal(await reason(rs, bearing(await token({}, 60, pem)), pem), 'signature.mismatch')
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = part({ exp: NOW / 1000 + 60 })
    for (const alg of ['none', 'None', 'NONE', '', 'HS1'])
      for (const end of [
        '',
        createHmac('sha256', SECRET)
          .update(`${part({ alg })}.${claims}`)
          .digest('base64url'),
      ])
        assert.equal(await genuine(jwt(), [SECRET], bearing(`${part({ alg })}.${claims}.${end}`)), false, alg)
    assert.equal(
      await genuine(jwt(), [SECRET], bearing(await token({}, 60, SECRET, 'HS512'))),
      false,
      'HS512 for HS256',
    )
  })

  it('must be for us, from them, and in its time, within the tolerance', async () => {
    const strict = jwt({ issuer: 'https://them.example', audience: '{account}', toleranceSeconds: 10 })
    const credentials = (name: string) => ({ webhookSecret: SECRET, account: 'acme' })[name]
    const verify = async (claims: object, now = NOW, seconds = 60) => {
      const request = bearing(await token(claims, seconds), { now })
      return (await verifySignature(strict, credentials, request)).ok
    }
    const right = { iss: 'https://them.example', aud: 'acme' }
    assert.ok(await verify(right))
    assert.ok(await verify({ ...right, aud: ['other', 'acme'] }))
    assert.ok(await verify(right, NOW + 69_000))
    assert.ok(!(await verify(right, NOW + 71_000)), 'over')
    assert.ok(await verify({ ...right, nbf: NOW / 1000 + 9 }))
    assert.ok(!(await verify({ ...right, nbf: NOW / 1000 + 11 })), 'not yet')
    assert.ok(!(await verify({ ...right, aud: 'another' })))
    assert.ok(!(await verify({ ...right, iss: 'https://them.example.evil' })))
    assert.ok(!(await verify({ iss: right.iss })), 'no audience')
    const unset = await verifySignature(
      strict,
      (name) => (name === 'account' ? undefined : SECRET),
      bearing(await token(right)),
    )
    assert.deepEqual(unset, { ok: false, reason: 'signature.no-secret' })
  })

  it('must end some time, or be young where the partner says no end', async () => {
    const endless = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(NOW / 1000)
      .sign(Buffer.from(SECRET))
    assert.equal(await genuine(jwt(), [SECRET], bearing(endless)), false)
    const young = jwt({ maxAgeSeconds: 120 })
    assert.equal(await reason(young, bearing(endless)), 'ok')
    assert.equal(await reason(young, bearing(endless, { now: NOW + 200_000 })), 'signature.expired')
    assert.equal(await genuine(young, [SECRET], bearing(endless, { now: NOW - 200_000 })), false, 'from the future')
    const timeless = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET))
    assert.equal(await genuine(young, [SECRET], bearing(timeless)), false)
  })

  it('vouches for the body only by the claim that is declared', async () => {
    const hashed = jwt({ bodyHash })
    const hash = createHash('sha256').update(REQUEST.rawBody).digest('hex')
    assert.equal(await reason(hashed, bearing(await token({ body_sha256: hash }))), 'ok')
    assert.equal(await reason(hashed, bearing(await token({ other: hash }))), 'signature.malformed')
    assert.equal(await reason(hashed, bearing(await token({ body_sha256: 42 }))), 'signature.malformed')
    assert.equal(await reason(hashed, bearing(await token({ body_sha256: hash.slice(2) }))), 'signature.mismatch')
  })

  it('is not read when it is no token at all', async () => {
    for (const text of ['', '.', '..', 'a.b.c', 'ey.ey.ey', `${'a'.repeat(20_000)}.b.c`, '{"alg":"HS256"}', '\u0000'])
      assert.equal(await genuine(jwt(), [SECRET], bearing(text)), false, text.slice(0, 20))
    assert.equal(await genuine(jwt(), [SECRET], { ...REQUEST, headers: { authorization: await token({}) } }), false)
    for (const keys of ['', '{', '{"keys":[]}', '[]', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'])
      for (const key of ['jwks', 'public'] as const)
        assert.equal(await genuine(jwt({ key, algorithms: ['RS256'] }), [keys], bearing(await token({}))), false, keys)
  })

  it('may be signed with any key of the set, named or not, and with either secret during a rotation', async () => {
    const signature = jwt({ algorithms: ['ES256'], key: 'jwks' })
    const [one, other] = [newSecret(signature)!, newSecret(signature)!]
    const both = JSON.stringify({ keys: [one, other].flatMap(({ secret }) => JSON.parse(secret).keys) })
    for (const { signWith } of [one, other])
      assert.equal(await reason(signature, await sign(signature, () => signWith, REQUEST), both), 'ok')
    for (const { signWith } of [one, other])
      assert.equal(
        await reason(signature, await sign(signature, () => signWith, REQUEST), `${one.secret}\n${other.secret}`),
        'ok',
      )
    const pem = jwt({ algorithms: ['ES256'], key: 'public' })
    const [first, second] = [newSecret(pem)!, newSecret(pem)!]
    for (const { signWith } of [first, second])
      assert.equal(await reason(pem, await sign(pem, () => signWith, REQUEST), first.secret + second.secret), 'ok')
    assert.equal(await reason(jwt(), bearing(await token({})), `another one entirely, of 32 bytes,${SECRET}`), 'ok')
  })
})

describe('a new secret', () => {
  const schemes: OneSignature[] = [
    hmac('x-signature'),
    hmac('x-signature', { keyDecoding: 'hex', algorithm: 'sha512' }),
    hmac('x-signature', { keyDecoding: 'base64', encoding: 'base64' }),
    { type: 'standard-webhooks', secret: 'webhookSecret' },
    { type: 'token', headers: ['x-token'], secret: 'webhookSecret' },
    { type: 'basic', secret: 'webhookSecret' },
  ]

  it('fits its scheme, is never the same, and replaces the old one without a gap', async () => {
    for (const signature of schemes) {
      const [old, young] = [newSecret(signature)!.secret, newSecret(signature)!.secret]
      assert.notEqual(old, young)
      const withOld = await sign(signature, () => old, REQUEST)
      const withYoung = await sign(signature, () => young, REQUEST)
      const verify = async (held: string) =>
        Promise.all([withOld, withYoung].map(async (one) => (await verifySignature(signature, () => held, one)).ok))
      assert.deepEqual(await verify(old), [true, false])
      const held = { credentials: { webhookSecret: old }, parameters: {} }
      const both = trusted({ ...held, nextSecret: young }, 'webhookSecret') ?? ''
      assert.deepEqual(await verify(both), [true, true], signature.type)
      assert.deepEqual(await verify(trusted(held, 'webhookSecret') ?? ''), [true, false])
      assert.deepEqual(
        await verify(trusted({ ...held, credentials: { webhookSecret: young } }, 'webhookSecret') ?? ''),
        [false, true],
      )
    }
  })

  it('is a token that fits into 32 signs, and nothing where the partner brings its certificate', () => {
    assert.match(newSecret({ type: 'token', query: 'token', secret: 'webhookSecret' })!.secret, /^[A-Za-z0-9_-]{32}$/)
    assert.equal(newSecret({ type: 'mtls', match: 'fingerprint', secret: 'webhookSecret' }), undefined)
  })
})
