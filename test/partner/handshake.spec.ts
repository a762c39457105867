import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HandshakeAnswer, handshake } from '../../engine/partner/trust/handshake.ts'
import { sign } from '../../engine/partner/trust/sign.ts'
import type { SignedRequest } from '../../engine/partner/trust/signature.ts'
import type { Handshake } from '../../engine/partner/trust/types.ts'
import { hmac, holding } from '../support/signature.ts'

const CONTRACTS = join(import.meta.dirname, '..', 'fixtures', 'contracts', 'courier')
const SECRET = 's3cret of the partner'
const signature = hmac('x-signature')

const ask = (method: string, path: string, headers = {}, body = ''): SignedRequest => ({
  method,
  path,
  headers,
  rawBody: Buffer.from(body),
  now: Date.parse('2026-03-02T15:00:00Z'),
})
const meet = (declared: Handshake | Handshake[], request: SignedRequest) =>
  handshake({ handshake: declared, signature }, holding(SECRET), request)
const answerTo = async (declared: Handshake | Handshake[], request: SignedRequest): Promise<HandshakeAnswer> => {
  const answer = await meet(declared, request)
  assert.ok(answer && 'status' in answer)
  return answer
}
const sampleOf = (courier: string, name: string) =>
  JSON.parse(readFileSync(join(CONTRACTS, courier, `${name}.http.json`), 'utf8'))

describe('the check of our address', () => {
  it('echoes the check value of the onfleet sample as plain text', async () => {
    const sample = sampleOf('onfleet', 'validation')
    const answer = await answerTo({ method: 'GET', echoQuery: 'check' }, ask(sample.method, sample.path))
    assert.equal(answer.status, sample.expectStatus)
    assert.equal(answer.body, sample.expectBody)
    assert.match(answer.headers['content-type']!, /^text\/plain/)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  })

  it('answers the empty post of the lalamove sample, and no event', async () => {
    const sample = sampleOf('lalamove', 'registration_ping')
    const ping: Handshake = { method: 'POST', emptyBody: true }
    assert.equal((await answerTo(ping, ask(sample.method, sample.path))).status, sample.expectStatus)
    assert.equal(await meet(ping, ask('POST', '/', {}, '{}')), undefined)
  })

  it('answers HEAD, OPTIONS with the header that is asked for, and a ping with what is declared', async () => {
    assert.deepEqual(await meet({ method: 'HEAD' }, ask('HEAD', '/')), { status: 200, headers: {}, body: '' })
    const origin = { method: 'OPTIONS', echoHeader: { from: 'WebHook-Request-Origin', to: 'WebHook-Allowed-Origin' } }
    const answer = await answerTo(origin, ask('OPTIONS', '/', { 'webhook-request-origin': 'events.example.com' }))
    assert.equal(answer.headers['webhook-allowed-origin'], 'events.example.com')
    assert.equal(await meet(origin, ask('OPTIONS', '/')), undefined)
    const ping = { method: 'POST', when: { field: 'type', equals: 'ping' }, answer: { body: { pong: true } } }
    assert.equal((await answerTo(ping, ask('POST', '/', {}, '{"type":"ping"}'))).body, '{"pong":true}')
    assert.equal(await meet(ping, ask('POST', '/', {}, '{"type":"delivered"}')), undefined)
  })

  it('echoes a challenge in the body, alone or under a name', async () => {
    const body = '{"type":"url_verification","challenge":"3eZbrw1a"}'
    const declared = { method: 'POST', when: { field: 'type', equals: 'url_verification' }, echoField: 'challenge' }
    assert.equal((await answerTo(declared, ask('POST', '/', {}, body))).body, '3eZbrw1a')
    const named = await answerTo({ ...declared, as: 'challenge' }, ask('POST', '/', {}, body))
    assert.deepEqual([named.headers['content-type'], named.body], ['application/json', '{"challenge":"3eZbrw1a"}'])
    assert.equal(await meet(declared, ask('POST', '/', {}, '{"type":"order","challenge":"x"}')), undefined)
  })

  it('turns away a check without the token that was agreed on', async () => {
    const declared = {
      method: 'GET',
      when: { query: 'hub.mode', equals: 'subscribe' },
      token: { query: 'hub.verify_token', secret: 'webhookSecret' },
      echoQuery: 'hub.challenge',
    }
    const url = (token: string) => `/?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`
    assert.equal((await answerTo(declared, ask('GET', url(encodeURIComponent(SECRET))))).body, '1158201444')
    assert.deepEqual(await meet(declared, ask('GET', url('guess'))), { refused: 'signature.mismatch' })
    const twice = `${url(encodeURIComponent(SECRET))}&hub.verify_token=guess`
    assert.deepEqual(await meet(declared, ask('GET', twice)), { refused: 'signature.missing' })
  })

  it('turns away a check that must be signed and is not', async () => {
    const declared: Handshake = { method: 'POST', when: { field: 'check' }, signed: true, echoField: 'check' }
    const request = ask('POST', '/', {}, '{"check":"42a"}')
    assert.deepEqual(await meet(declared, request), { refused: 'signature.missing' })
    const signed = await sign(signature, holding(SECRET), request)
    assert.equal((await answerTo(declared, signed)).body, '42a')
    const forged = await sign(signature, holding('guess'), request)
    assert.deepEqual(await meet(declared, forged), { refused: 'signature.mismatch' })
  })

  it('shows that it knows the secret where the partner asks for that', async () => {
    const proof = { as: 'encryptedToken', algorithm: 'sha256', encoding: 'hex', secret: 'webhookSecret' } as const
    const declared: Handshake = { method: 'POST', echoField: 'payload.plainToken', as: 'plainToken', proof }
    const answer = await answerTo(declared, ask('POST', '/', {}, '{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}'))
    assert.deepEqual(JSON.parse(answer.body), {
      plainToken: 'qgg8vlvZRS6UYooatFL8Aw',
      encryptedToken: createHmac('sha256', SECRET).update('qgg8vlvZRS6UYooatFL8Aw').digest('hex'),
    })
  })

  it('proves no value that could be an event: the proof would be its signature', async () => {
    const proof = { as: 'response_token', algorithm: 'sha256', encoding: 'hex', secret: 'webhookSecret' } as const
    const declared: Handshake = { method: 'GET', echoQuery: 'crc_token', proof }
    const asked = (value: string) => meet(declared, ask('GET', `/?crc_token=${encodeURIComponent(value)}`))
    for (const event of ['{"status":"delivered"}', '<status/>', 'status=delivered&id=1', 'a,b'])
      assert.equal(await asked(event), undefined, event)
    assert.notEqual(await asked('MDlkMjI4NWUtYjg5Ni00ZTI2LTkxOWI='), undefined)
  })

  it('tries one after another, and leaves alone what none of them means', async () => {
    const several: Handshake[] = [
      { method: 'GET', echoQuery: 'check' },
      { method: 'POST', emptyBody: true },
    ]
    assert.equal((await answerTo(several, ask('POST', '/'))).status, 200)
    assert.equal(await meet(several, ask('GET', '/')), undefined)
    assert.equal(await handshake({ signature }, holding(SECRET), ask('GET', '/?check=1')), undefined)
  })

  for (const [what, value] of [
    ['control characters', 'a%0d%0aset-cookie:x'],
    ['a novel', 'a'.repeat(513)],
    ['letters that are no ASCII', '%C3%A9'],
    ['nothing', ''],
  ])
    it(`echoes no check value of ${what}`, async () => {
      assert.equal(await meet({ method: 'GET', echoQuery: 'check' }, ask('GET', `/?check=${value}`)), undefined)
      const body = JSON.stringify({ check: decodeURIComponent(value!) })
      assert.equal(await meet({ method: 'POST', echoField: 'check' }, ask('POST', '/', {}, body)), undefined)
    })

  it('does not find a challenge in a body that is no object, no JSON, or says it twice', async () => {
    for (const body of [
      '',
      '[]',
      '"check"',
      'null',
      '{"check":',
      '{"check":"a","check":"b"}',
      '{"other":{"check":"a"}}',
    ])
      assert.equal(await meet({ method: 'POST', echoField: 'check' }, ask('POST', '/', {}, body)), undefined, body)
  })
})
