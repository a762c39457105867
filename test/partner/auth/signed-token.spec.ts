import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeProtectedHeader, importSPKI, type JWTPayload, jwtVerify } from 'jose'
import type { Auth, Claim } from '../../../engine/partner/profile.ts'
import { packageRoot } from '../../../engine/package-root.ts'
import { authBench } from '../../support/auth-bench.ts'
import { failureOf } from '../../support/partner-client.ts'
import { json, type SeenRequest } from '../../support/scripted-server.ts'

const SECRET = Buffer.from('fictional signing secret with _ and -').toString('base64url')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: typeof rsa.privateKey) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const CREDENTIALS = {
  clientId: 'developer-1',
  keyId: 'key-1',
  signingKey: SECRET,
  privateKey: pem(rsa.privateKey),
  clientKey: pem(ec.privateKey),
}
const tokenOf = ({ headers }: SeenRequest) => String(headers.authorization).replace(/^Bearer /, '')

describe('PartnerClient signs tokens of its own', () => {
  const bench = authBench(CREDENTIALS)
  const { clock } = bench
  beforeEach(() => {
    clock.set('2026-03-02T14:00:00Z')
    bench.script(json(200, {}))
  })
  const signed = (more: object = {}): Auth => ({
    type: 'jwt',
    algorithm: 'HS256',
    key: '{signingKey}',
    keyDecoding: 'base64url',
    header: { 'dd-ver': 'DD-JWT-V1' },
    claims: { aud: 'doordash', iss: '{clientId}', kid: '{keyId}' },
    lifetimeSeconds: 300,
    ...more,
  })
  const verified = async (token: string, key: Parameters<typeof jwtVerify>[1]): Promise<JWTPayload> =>
    (await jwtVerify(token, key as never, { currentDate: new Date(clock.now()) })).payload

  it('as the published example says, anew for every request', async () => {
    const file = join(packageRoot(), 'templates/couriers/doordash-drive/samples/jwt.example.json')
    const example = JSON.parse(readFileSync(file, 'utf8'))
    const one = bench.client(signed())
    await one.call('book', {})
    clock.advance(60_000)
    await one.call('book', {})
    const [first, second] = bench.seen.map(tokenOf)
    assert.deepEqual(decodeProtectedHeader(first!), example.header)
    const claims = await verified(second!, Buffer.from(SECRET, 'base64url'))
    assert.deepEqual(claims, { aud: 'doordash', iss: 'developer-1', kid: 'key-1', iat: 1772460060, exp: 1772460360 })
    assert.notEqual(first, second)
  })

  it('with a private key, too, and claims of every shape', async () => {
    const claims: Record<string, Claim> = { scope: ['a', '{clientId}'], level: 3, on: true }
    for (const [algorithm, key, publicKey] of [
      ['PS256', '{privateKey}', rsa.publicKey],
      ['RS256', '{privateKey}', rsa.publicKey],
      ['ES256', '{clientKey}', ec.publicKey],
    ] as const) {
      await bench.client(signed({ algorithm, key, claims, header: { kid: '{keyId}' } })).call('book', {})
      const token = tokenOf(bench.seen.at(-1)!)
      const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
      const said = await verified(token, await importSPKI(spki, algorithm))
      assert.deepEqual([said.scope, said.level, said.on], [['a', 'developer-1'], 3, true])
      assert.deepEqual(decodeProtectedHeader(token), { alg: algorithm, typ: 'JWT', kid: 'key-1' })
    }
  })

  it("takes the partner's time when its own is refused, once", async () => {
    clock.set('2026-03-02T14:10:00Z')
    const date = { date: 'Mon, 02 Mar 2026 14:00:00 GMT' }
    const one = bench.client(signed())
    bench.script(json(401, {}, date), json(200, {}, date))
    await one.call('book', {})
    await one.call('book', {})
    assert.equal(bench.seen.length, 3)
    const times = bench.seen.map((request) => JSON.parse(atob(tokenOf(request).split('.')[1]!)).iat)
    assert.deepEqual(times, [1772460600, 1772460000, 1772460000])
    bench.script(json(401, {}, date))
    assert.equal((await failureOf(one.call('book', {}))).code, 'partner.unauthorised')
    assert.equal(bench.seen.length, 4)
  })

  it('does not ask again when the time is not why it was refused, nor when it is out by more than a day', async () => {
    for (const date of ['Mon, 02 Mar 2026 14:00:03 GMT', 'Wed, 04 Mar 2026 14:00:00 GMT', 'yesterday']) {
      bench.script(json(401, {}, { date }))
      assert.equal((await failureOf(bench.client(signed()).call('book', {}))).category, 'unauthorised')
    }
    assert.equal(bench.seen.length, 3)
  })

  for (const [title, change, field] of [
    ['is not what it is said to be encoded in', { keyDecoding: 'hex' }, undefined],
    ['is no PEM', { algorithm: 'RS256', key: '{signingKey}' }, 'signingKey'],
    ['fits another algorithm', { algorithm: 'ES256', key: '{privateKey}' }, undefined],
    ['is in a file that is not there', { algorithm: 'RS256', key: 'file:/no/such/{keyId}.pem' }, 'key'],
  ] as [string, object, string | undefined][]) {
    it(`says that a key ${title}, without a piece of it, and asks nobody`, async () => {
      const failure = await failureOf(bench.client(signed(change)).call('book', {}))
      assert.deepEqual(
        [failure.code, failure.category, failure.effect],
        ['partner.key-unusable', 'unauthorised', 'none'],
      )
      assert.equal(failure.field, field)
      assert.ok(!failure.message.includes(SECRET) && !failure.message.includes('BEGIN'))
      assert.equal(bench.seen.length, 0)
    })
  }
})
