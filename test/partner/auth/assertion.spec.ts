import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import type { Auth } from '../../../engine/partner/profile.ts'
import { authBench } from '../../support/auth-bench.ts'
import { failureOf } from '../../support/partner-client.ts'
import { json, type Step } from '../../support/scripted-server.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

describe('PartnerClient gives a signed token for an access token', () => {
  // As a form's field or an environment leaves it: without its lines.
  const bench = authBench({ clientId: 'consumer-1', keyId: 'cert-1', privateKey: privateKey.replaceAll('\n', ' ') })
  const auth = (more: object = {}): Auth => ({
    type: 'jwt-bearer',
    use: 'client',
    tokenUrl: '/auth/oauth2/v1/token',
    algorithm: 'PS256',
    key: '{privateKey}',
    header: { kid: '{keyId}' },
    claims: { iss: '{clientId}', aud: '{tokenUrl}', scope: ['rest_webservices'] },
    lifetimeSeconds: 3600,
    ...more,
  })
  let issued: number
  const house: Step = (request, response) => {
    if (!request.path.endsWith('/token')) return json(200, {})(request, response)
    issued += 1
    return json(200, { access_token: `t${issued}`, token_type: 'bearer', expires_in: '3600' })(request, response)
  }
  beforeEach(() => {
    issued = 0
    bench.script(house)
  })
  const asked = () => Object.fromEntries(new URLSearchParams(bench.seen[0]!.body))

  it("in the client's stead, as NetSuite wants it", async () => {
    const one = bench.client(auth())
    await Promise.all([one.call('book', {}), one.call('book', {})])
    assert.equal(issued, 1)
    const { client_assertion: assertion, ...rest } = asked()
    assert.deepEqual(rest, {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
    const currentDate = new Date(bench.clock.now())
    const { payload } = await jwtVerify(assertion!, pair.publicKey, { currentDate, algorithms: ['PS256'] })
    assert.deepEqual(decodeProtectedHeader(assertion!), { alg: 'PS256', typ: 'JWT', kid: 'cert-1' })
    assert.equal(payload.iss, 'consumer-1')
    assert.match(String(payload.aud), /^http:\/\/127\.0\.0\.1:\d+\/auth\/oauth2\/v1\/token$/)
    assert.equal(payload.exp! - payload.iat!, 3600)
    assert.equal(bench.seen.at(-1)?.headers.authorization, 'Bearer t1')
  })

  it('as the grant itself, as Salesforce wants it', async () => {
    await bench.client(auth({ use: undefined, fields: { resource: 'r/{clientId}' } })).call('book', {})
    const { assertion, ...rest } = asked()
    assert.deepEqual(rest, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', resource: 'r/consumer-1' })
    assert.ok(assertion)
  })

  it('is told when what was granted is over, and does not ask again at once', async () => {
    bench.script(json(400, { error: 'invalid_grant', error_description: 'Invalid JWT' }))
    const one = bench.client(auth())
    for (let times = 0; times < 3; times += 1) {
      const failure = await failureOf(one.call('book', {}))
      assert.deepEqual(
        [failure.code, failure.category, failure.effect],
        ['partner.grant-ended', 'unauthorised', 'none'],
      )
      assert.match(failure.message, /sign in again/)
    }
    assert.equal(bench.seen.length, 1)
    bench.script(house)
    bench.clock.advance(31_000)
    assert.equal((await one.call('book', {})).outcome, 'answered')
  })
})
