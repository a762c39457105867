import assert from 'node:assert/strict'
import type { PartnerClient } from '../../engine/partner/client.ts'
import { clientOf, failureOf } from '../support/partner-client.ts'
import { json, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts'
import { sample, sampleParameters, templateOf } from '../support/templates.ts'

/** What no sample can show: a geocoder that says everything with HTTP 200. */
describe('a geocoder whose errors come with HTTP 200', () => {
  const profile = templateOf('google')
  const input = sample(profile, 'geocode.input.json')
  let server: ScriptedServer
  let client: PartnerClient
  before(async () => {
    server = await scriptedServer()
  })
  beforeEach(() => {
    const settings = { credentials: { apiKey: 'fict-key' }, parameters: sampleParameters(profile) }
    client = clientOf({ profile, baseUrl: server.url, settings })
  })
  afterEach(() => client.close())
  after(() => server.close())

  it('makes the hub wait when it is asked too much', async () => {
    server.script(json(200, sample(profile, 'response.over_limit.json')))
    const failure = await failureOf(client.call('geocode', input))
    assert.deepEqual([failure.category, failure.code], ['throttled', 'partner.throttled'])
    assert.ok((failure.retryAfterMs ?? 0) >= 60_000)
  })

  it('failed, and may be asked again, when it does not know what went wrong', async () => {
    server.script(json(200, { results: [], status: 'UNKNOWN_ERROR' }))
    const failure = await failureOf(client.call('geocode', input))
    assert.deepEqual([failure.category, failure.code], ['transient', 'partner.fault'])
  })

  it('says no where the key is not taken, and nothing where there is no such address', async () => {
    server.script(json(200, sample(profile, 'error.json')))
    assert.equal((await client.call('geocode', input)).outcome, 'refused')
    server.script(json(200, sample(profile, 'geocode.none.response.json')))
    const answer = await client.call('geocode', input)
    assert.deepEqual(answer.outcome === 'answered' && answer.body, { found: false, candidates: [] })
  })
})
