import assert from 'node:assert/strict'
import { folderOf } from '../../../engine/mapping/catalogue.ts'
import type { Handshake, Profile } from '../../../engine/partner/profile-types.ts'
import { TrialBench } from '../../../engine/partner/trial/bench.ts'
import { handshakeChecks } from '../../../engine/partner/trial/checks/handshake.ts'
import { templateOf } from '../../support/templates.ts'

const PROOF = {
  as: 'response',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: 'sha256=',
  secret: 'webhookSecret',
} as const

const DECLARED: [string, Handshake | Handshake[]][] = [
  ['echoes a value of the query', { method: 'GET', echoQuery: 'challenge' }],
  ['echoes a header', { method: 'OPTIONS', echoHeader: { from: 'X-Origin', to: 'X-Allowed' } }],
  [
    'echoes a field in a JSON object, to its own kind of event',
    { method: 'POST', when: { field: 'type', equals: 'check' }, echoField: 'data.challenge', as: 'challenge' },
  ],
  ['answers a ping without a body', { method: 'POST', emptyBody: true, answer: { status: 204 } }],
  ['wants to see that we know the secret', { method: 'GET', echoQuery: 'challenge', as: 'challenge', proof: PROOF }],
  [
    'carries a token that we agreed on',
    { method: 'GET', echoQuery: 'challenge', token: { query: 'verify', secret: 'webhookSecret' } },
  ],
  [
    'is signed as its events are',
    { method: 'POST', when: { field: 'type', equals: 'check' }, echoField: 'challenge', signed: true },
  ],
  ['comes in two forms', [{ method: 'HEAD' }, { method: 'GET', echoQuery: 'challenge' }]],
]

describe("the trial of a partner's check of our address that", () => {
  for (const [what, handshake] of DECLARED)
    it(`${what} passes`, async () => {
      const { outcome, why } = await greeted(handshake)
      assert.equal(outcome, 'passed', why)
    })

  it('never comes to its turn fails: another greeting of the same method answers before it', async () => {
    const { outcome, why } = await greeted([
      { method: 'GET', answer: { status: 200, body: 'hello' } },
      { method: 'GET', echoQuery: 'challenge' },
    ])
    assert.equal(outcome, 'failed')
    assert.match(why ?? '', /without what the partner wants to hear/)
  })
})

async function greeted(handshake: Handshake | Handshake[]) {
  const template = templateOf('generic-webhook')
  const profile: Profile = { ...template, webhook: { ...template.webhook!, handshake } }
  const bench = await TrialBench.open({ profile, samples: folderOf(template) })
  try {
    const [check] = handshakeChecks(profile)
    return await check!.run(bench)
  } finally {
    await bench.close()
  }
}
