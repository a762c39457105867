import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

const FLOW = [
  partner('test-courier'),
  node('in', 'webhook-in', [['seen']], { partner: account('test-courier') }),
  probe('seen'),
]
const SUBSCRIPTION = 'webhooks.test-courier'

describe('webhook in', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return { ...partners.env, CARTAGE_BODY_LIMIT: '5kb', CARTAGE_TEST_COURIER_NEXT_SECRET: 'next-secret' }
  })
  after(() => partners.close())
  let number = 0
  beforeEach(async () => {
    number += 1
    await bench.deploy(...FLOW)
  })
  afterEach(() => bench.settled(SUBSCRIPTION))

  const url = () => `${bench.hub.url}/webhooks/test-courier`
  const event = (more: object = {}) =>
    JSON.stringify({ id: `evt-${number}`, ref: `SO-${number}`, status: 'delivered', ...more })
  const send = (body: string, secret?: string) => fetch(url(), signed(body, secret))
  const dead = () => bench.deadLetters(SUBSCRIPTION)

  it('stores a signed event before it says 2xx, then gives it to the flow', async () => {
    const answer = await send(event())
    assert.equal(answer.status, 202)
    const seen = await bench.arrived('seen')
    assert.deepEqual(seen.payload, JSON.parse(event()))
    assert.equal(seen.partner, 'test-courier')
    assert.equal(seen.cartage.channel, SUBSCRIPTION)
    assert.equal(seen.cartage.key, `SO-${number}`)
    const kept = await bench.runtime.hub.store.messages.get(seen.cartage.messageId)
    assert.equal(Buffer.from(kept?.raw ?? []).toString(), event())
  })

  it('gives it again while the flow fails, then keeps it as a dead letter', async () => {
    bench.failAt('seen', 100)
    assert.equal((await send(event())).status, 202)
    await bench.arrived('seen', 3)
    await bench.settled(SUBSCRIPTION)
    const [letter] = (await dead()).filter(({ message }) => message.key === `SO-${number}`)
    assert.equal(letter?.failure.category, 'bug')
  })

  it('takes the next secret beside the one in use', async () => {
    assert.equal((await send(event({ id: `next-${number}` }), 'next-secret')).status, 202)
    assert.equal((await send(event({ id: `used-${number}` }))).status, 202)
    await bench.arrived('seen', 2)
  })

  for (const [what, init] of [
    ['the secret of somebody else', () => signed(event(), 'another secret')],
    ['no signature', () => ({ method: 'POST', body: event() })],
    ['the signature of another body', () => ({ ...signed(event()), body: event({ status: 'lost' }) })],
    ['the same content written differently', () => ({ ...signed(event()), body: event().replace(',', ', ') })],
    ['a part of the signature', () => withHeader((signature) => signature.slice(0, 20))],
    ['an empty signature', () => withHeader(() => '')],
    ['broken JSON without a signature', () => ({ method: 'POST', body: '{"id":' })],
  ] as [string, () => RequestInit][])
    it(`refuses ${what} with 401, and neither reads nor keeps it`, async () => {
      const before = (await dead()).length
      const answer = await fetch(url(), init())
      assert.equal(answer.status, 401)
      assert.equal(((await answer.json()) as { code: string }).code, 'webhook.signature')
      assert.equal((await send(JSON.stringify({ id: `after-${number}`, ref: 'after' }))).status, 202)
      await bench.arrived('seen')
      assert.deepEqual(
        bench.at('seen').map(({ payload }) => payload.ref),
        ['after'],
      )
      assert.equal((await dead()).length, before)
    })

  function withHeader(change: (signature: string) => string): RequestInit {
    const init = signed(event())
    const headers = init.headers as Record<string, string>
    return { ...init, headers: { ...headers, 'x-test-signature': change(headers['x-test-signature'] ?? '') } }
  }

  it('keeps a signed body that is no JSON, says 202 and makes it a dead letter with the reason and the bytes', async () => {
    const body = `{"id": "broken-${number}", "ref":`
    const before = (await dead()).length
    assert.equal((await send(body)).status, 202)
    await bench.settled(SUBSCRIPTION)
    const letters = await dead()
    assert.equal(letters.length, before + 1)
    const letter = letters.at(-1)
    assert.equal(letter?.failure.category, 'invalid')
    assert.match(letter?.failure.code ?? '', /^json/)
    assert.notEqual(letter?.failure.message, '')
    assert.equal(Buffer.from(letter?.message.raw ?? []).toString(), body)
    assert.deepEqual(bench.at('seen'), [])
  })

  it('stores one message of ten that arrive at once, and answers all of them 2xx', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(event())))
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(10).fill(202),
    )
    await bench.arrived('seen')
    await bench.settled(SUBSCRIPTION)
    assert.equal(bench.at('seen').length, 1)
  })

  it('keeps an event whose id is known with other content as a dead letter, and says 202', async () => {
    await send(event())
    await bench.arrived('seen')
    assert.equal((await send(event({ status: 'picked_up' }))).status, 202)
    await bench.settled(SUBSCRIPTION)
    const letter = (await dead()).at(-1)
    assert.equal(letter?.failure.code, 'webhook.contradiction')
    assert.equal(JSON.parse(Buffer.from(letter?.message.raw ?? []).toString()).status, 'picked_up')
    assert.equal(bench.at('seen').length, 1)
  })

  it('makes one message of each event in a body', async () => {
    const [first, second] = [`a-${number}`, `b-${number}`]
    await send(
      JSON.stringify({
        events: [
          { id: first, ref: 'X' },
          { id: second, ref: 'Y' },
        ],
      }),
    )
    await bench.arrived('seen', 2)
    assert.deepEqual(
      bench
        .at('seen')
        .map(({ payload }) => payload.id)
        .sort(),
      [first, second],
    )
  })

  it("answers the partner's check of the address", async () => {
    const answer = await fetch(`${url()}?check=hello-42`)
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), 'hello-42')
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/)
  })

  it('says 405 to another method, 413 to a body that is too large and 404 at an address of nobody', async () => {
    const put = await fetch(url(), { ...signed(event()), method: 'PUT' })
    assert.equal(put.status, 405)
    assert.equal(put.headers.get('allow'), 'POST')
    assert.equal((await send(event({ note: 'x'.repeat(6000) }))).status, 413)
    assert.equal((await fetch(`${bench.hub.url}/webhooks/nobody`, signed(event()))).status, 404)
  })

  it('asks the partner to come again while no flow is deployed', async () => {
    await bench.deploy()
    const answer = await send(event())
    assert.equal(answer.status, 503)
    assert.ok(Number(answer.headers.get('retry-after')) > 0)
    await bench.deploy(...FLOW)
    assert.equal((await send(event())).status, 202)
    await bench.arrived('seen')
  })

  it('listens at its own path, and shows an error when the path is taken', async () => {
    const second = node('second', 'webhook-in', [[]], { partner: account('test-courier') })
    await bench.deploy(...FLOW, second)
    assert.equal(bench.status('second')?.fill, 'red')
    assert.match(bench.hub.errors.at(-1) ?? '', /webhooks\/test-courier/)
    await bench.deploy(...FLOW.map((one) => (one.id === 'in' ? { ...one, path: '/webhooks/second-account' } : one)))
    assert.equal((await fetch(`${bench.hub.url}/webhooks/second-account`, signed(event()))).status, 202)
    await bench.arrived('seen')
  })

  it('shows an error for a partner that sends no webhooks', async () => {
    await bench.deploy(partner('test-erp'), node('in', 'webhook-in', [[]], { partner: account('test-erp') }))
    assert.equal(bench.status('in')?.fill, 'red')
    assert.match(bench.hub.errors.at(-1) ?? '', /Test ERP/)
  })
})
