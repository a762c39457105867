import assert from 'node:assert/strict'
import { folderOf } from '../../../engine/mapping/catalogue.ts'
import type { Auth } from '../../../engine/partner/auth/types.ts'
import type { Profile } from '../../../engine/partner/profile-types.ts'
import { TrialBench } from '../../../engine/partner/trial/bench.ts'
import { loginChecks } from '../../../engine/partner/trial/checks/login.ts'
import type { Verdict } from '../../../engine/partner/trial/types.ts'
import { templateOf } from '../../support/templates.ts'

const TOKEN = { tokenUrl: '/oauth/token' }
const CLIENT = { clientId: '{user}', clientSecret: '{secret}' }
const CLAIMS = { claims: { iss: '{user}', aud: 'partner' }, lifetimeSeconds: 300 }

const ENDLESS: [string, Auth][] = [
  ['a name and a password', { type: 'basic', username: '{user}', password: '{secret}' }],
  ['a bearer token', { type: 'bearer', token: '{secret}' }],
  ['a key in a header', { type: 'header', name: 'X-Api-Key', value: 'Key {secret}' }],
  ['a key in the query', { type: 'query', name: 'key', value: '{secret}' }],
  [
    'a token signed with a shared secret',
    { type: 'jwt', algorithm: 'HS256', key: '{secret}', keyDecoding: 'base64url', ...CLAIMS },
  ],
  ['a token signed with a private key', { type: 'jwt', algorithm: 'ES256', key: '{secret}', ...CLAIMS }],
  [
    'a signature over each request',
    {
      type: 'hmac',
      algorithm: 'sha256',
      encoding: 'hex',
      key: '{secret}',
      signed: '{timestamp}\n{method}\n{path}\n\n{body}',
      headers: { Authorization: 'hmac {user}:{timestamp}:{signature}', 'Request-Id': '{nonce}' },
    },
  ],
  [
    'OAuth 1.0a',
    {
      type: 'oauth1',
      consumerKey: '{user}',
      consumerSecret: '{secret}',
      token: '{token}',
      tokenSecret: '{other}',
      realm: '1',
    },
  ],
]
const LASTING: [string, Auth][] = [
  ['client credentials', { type: 'oauth2', ...TOKEN, ...CLIENT }],
  ['client credentials in a header', { type: 'oauth2', ...TOKEN, ...CLIENT, clientAuth: 'basic', style: 'json' }],
  ['a refresh token', { type: 'oauth2', ...TOKEN, ...CLIENT, refreshToken: '{token}' }],
  ['an assertion', { type: 'jwt-bearer', algorithm: 'PS256', key: '{secret}', ...TOKEN, ...CLAIMS }],
  [
    'a session for writes',
    { type: 'basic', username: '{user}', password: '{secret}', csrf: { fetchPath: '/', header: 'x-csrf-token' } },
  ],
]

describe('a simulated partner lets in by', function () {
  this.timeout(20_000)

  for (const [what, auth] of [...ENDLESS, ...LASTING])
    it(`${what}, and by nothing else`, async () => {
      const told = await login({ auth })
      assert.equal(told.login?.outcome, 'passed', told.login?.why)
      assert.equal(told['login.refused']?.outcome, 'passed', told['login.refused']?.why)
    })

  for (const [what, auth] of LASTING)
    it(`${what}, again once it has forgotten us`, async () => {
      const told = await login({ auth })
      assert.equal(told['login.renewed']?.outcome, 'passed', told['login.renewed']?.why)
    })

  it('any of several ways, each tried by itself', async () => {
    const of = [ENDLESS[2]![1], LASTING[0]![1]] as never
    const told = await login({ auth: { type: 'choice', of } })
    assert.deepEqual(
      ['login', 'login.refused', 'login.2', 'login.2.renewed', 'login.2.refused'].map((id) => told[id]?.outcome),
      ['passed', 'passed', 'passed', 'passed', 'passed'],
    )
  })

  it('the one of several ways that the deployed account takes, and no other is tried', () => {
    const of = [ENDLESS[1]![1], ENDLESS[0]![1]] as never
    const profile = { ...templateOf('generic-rest'), auth: { type: 'choice', of } as Auth }
    const account = { credentials: new Set(['user', 'secret']), parameters: {}, call: () => assert.fail() }
    const tried = (given: typeof account | undefined) => loginChecks(profile, given).map(({ title }) => title)
    assert.equal(tried(undefined).filter((title) => title.includes('(way 2: basic)')).length, 3)
    assert.equal(tried(account).length, 3)
    assert.ok(tried(account).every((title) => !title.includes('way')))
  })

  it('nothing that the template does not say: a secret that is in no proof is missed', async () => {
    const told = await login({ auth: { type: 'header', name: 'X-Api-Key', value: 'always-the-same' } })
    assert.equal(told['login.refused']?.outcome, 'failed')
  })
})

/** What becomes of logging in at a partner of this kind. */
async function login(change: Partial<Profile>): Promise<Record<string, Verdict>> {
  const template = templateOf('generic-rest')
  const credentials = ['user', 'secret', 'token', 'other'].map((name) => ({ name, secret: true }))
  const profile = { ...template, credentials: [...template.credentials, ...credentials], ...change }
  const bench = await TrialBench.open({ profile, samples: folderOf(template) })
  try {
    const verdicts: Record<string, Verdict> = {}
    for (const { id, run } of loginChecks(profile)) {
      await bench.refresh()
      verdicts[id] = await run(bench)
    }
    return verdicts
  } finally {
    await bench.close()
  }
}
