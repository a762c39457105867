import assert from 'node:assert/strict'
import { lackingCredentials } from '../../../engine/partner/auth/names.ts'
import type { Auth, OneAuth } from '../../../engine/partner/profile.ts'
import { authBench } from '../../support/auth-bench.ts'
import { failureOf } from '../../support/partner-client.ts'
import { json } from '../../support/scripted-server.ts'

describe('PartnerClient is let in by one of several ways', () => {
  const bench = authBench({})
  const key: OneAuth = { type: 'bearer', token: '{apiKey}' }
  const signed: OneAuth = {
    ...{ type: 'hmac', algorithm: 'sha256', encoding: 'hex', key: '{apiSecret}', signed: '{timestamp}{body}' },
    headers: { Authorization: 'hmac {signature}' },
  }
  const basic: OneAuth = { type: 'basic', username: '{username}', password: '{password}' }
  const shown = async (of: OneAuth[], credentials: Record<string, string>) => {
    bench.script(json(200, {}))
    await bench
      .client({ type: 'choice', of } satisfies Auth, {}, { settings: { credentials, parameters: {} } })
      .call('book', {})
    return String(bench.seen.at(-1)?.headers.authorization).split(' ')[0]
  }

  it('by the first for which the account has all that it names', async () => {
    assert.equal(await shown([key, signed, basic], { apiKey: 'k', apiSecret: 's' }), 'Bearer')
    assert.equal(await shown([key, signed, basic], { apiSecret: 's', username: 'u' }), 'hmac')
    assert.equal(await shown([key, signed, basic], { username: 'u', password: 'p' }), 'Basic')
    assert.equal(await shown([key, { type: 'none' }], {}), 'undefined')
  })

  it('says what the first lacks where the account has none of them whole', async () => {
    const failure = await failureOf(shown([key, basic], { username: 'u' }))
    assert.deepEqual([failure.code, failure.field, failure.effect], ['partner.setting-missing', 'apiKey', 'none'])
    assert.equal(bench.seen.length, 0)
  })
})

describe('the credentials that an account lacks', () => {
  const named = (...names: string[]) => names.map((name) => ({ name }))
  const auth: Auth = {
    type: 'choice',
    of: [
      { type: 'bearer', token: '{apiKey}' },
      { type: 'basic', username: '{username}', password: '{password}' },
    ],
  }
  const credentials = named('apiKey', 'username', 'password', 'webhookSecret')
  const lacking = (...given: string[]) =>
    lackingCredentials({ auth, credentials }, new Set(given), {}).map(({ name }) => name)

  it('are those of its own way to be let in, and of what has nothing to do with it', () => {
    assert.deepEqual(lacking('apiKey', 'webhookSecret'), [])
    assert.deepEqual(lacking('username', 'password'), ['webhookSecret'])
    assert.deepEqual(lacking('username'), ['apiKey', 'webhookSecret'])
  })

  it('are not those of a client certificate that is optional', () => {
    const mtls = { certificate: 'clientCertificate', key: 'clientKey' }
    const of = (optional: boolean) =>
      lackingCredentials(
        { auth: { type: 'none', mtls: { ...mtls, optional } }, credentials: named('clientCertificate', 'clientKey') },
        new Set(),
        {},
      )
    assert.deepEqual(of(true), [])
    assert.equal(of(false).length, 2)
  })
})
