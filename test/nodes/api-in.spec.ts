import assert from 'node:assert/strict'
import { order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'
import { eventually } from '../support/eventually.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'

const SUBSCRIPTION = 'api.releaseOrder'

describe('api in', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return { ...partners.env, CARTAGE_API_KEYS: 'erp:a-secret-that-is-long-enough-for-the-hub:erp' }
  })
  after(() => partners.close())
  let number = 0
  let orderId = ''
  beforeEach(() => {
    number += 1
    orderId = `SO-${number}`
    partners.faults()
  })
  afterEach(() => bench.settled(SUBSCRIPTION))

  const api = (waitMs: number, to = 'create') =>
    node('in', 'api-in', [[to]], { operation: 'releaseOrder', waitMs, concurrency: 8, maxAttempts: 8 })
  /** The order is booked at the courier. */
  const bookingFlow = (waitMs = 5000) => [
    partner('test-courier'),
    api(waitMs),
    node('create', 'shipment-lifecycle', [['book'], [], []], { action: 'create' }),
    node('book', 'provider-connector', [['booking'], [], []], {
      partner: account('test-courier'),
      operation: 'book',
      input: 'shipment',
      inputType: 'msg',
    }),
    node('booking', 'shipment-lifecycle', [['done'], [], []], { action: 'booking' }),
    probe('done'),
  ]
  async function release(change: object = {}, headers: Record<string, string> = {}) {
    const response = await fetch(`${bench.hub.url}/api/v1/orders`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer a-secret-that-is-long-enough-for-the-hub',
        ...headers,
      },
      body: JSON.stringify({ ...order(orderId), ...change }),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  it('answers 201 with the tracking number when the flow books in time', async () => {
    await bench.deploy(...bookingFlow())
    const { status, body } = await release()
    assert.equal(status, 201)
    assert.deepEqual(
      [body.orderId, body.shipmentId, body.carrier, body.trackingNumber],
      [orderId, shipmentIdOf(orderId), 'test-courier', `T-${orderId}`],
    )
    const { payload, cartage } = await bench.arrived('done')
    assert.equal(payload.orderId, orderId)
    assert.deepEqual([cartage.channel, cartage.key], [SUBSCRIPTION, orderId])
  })

  it('answers 202 when the time is over, and the flow goes on: the order is booked when the courier is back', async () => {
    await bench.deploy(...bookingFlow(30))
    partners.faults('fail', 'fail', 'fail', 'fail')
    const { status, body } = await release()
    assert.equal(status, 202)
    assert.equal(body.trackingNumber, undefined)
    await bench.arrived('done')
    assert.equal(partners.effects(orderId), 1)
    const again = await release()
    assert.equal(again.status, 200)
    assert.equal(again.body.trackingNumber, `T-${orderId}`)
  })

  it('answers 202 at once when it does not wait, with the order on disk', async () => {
    await bench.deploy(...bookingFlow(0))
    assert.equal((await release()).status, 202)
    await bench.arrived('done')
  })

  it('books once for ten equal releases at once', async () => {
    await bench.deploy(...bookingFlow())
    const answers = await Promise.all(Array.from({ length: 10 }, () => release()))
    assert.ok(
      answers.every(({ status }) => status === 200 || status === 201),
      JSON.stringify(answers.map(({ status }) => status)),
    )
    await bench.settled(SUBSCRIPTION)
    assert.equal(partners.effects(orderId), 1)
    assert.equal(bench.at('done').length, 1)
  })

  it('refuses the same order with other content with 409, and it never reaches the flow', async () => {
    await bench.deploy(...bookingFlow())
    await release()
    const { status, headers } = await release({ serviceLevel: 'economy' })
    assert.equal(status, 409)
    assert.match(headers.get('content-type') ?? '', /problem\+json/)
    await bench.settled(SUBSCRIPTION)
    assert.equal(bench.at('done').length, 1)
  })

  it('gives the first answer again to the same key and body, and refuses the key with another body', async () => {
    await bench.deploy(...bookingFlow())
    const key = { 'idempotency-key': `key-${number}` }
    const first = await release({}, key)
    const second = await release({}, key)
    assert.deepEqual([second.status, second.body], [first.status, first.body])
    assert.equal((await release({ serviceLevel: 'economy' }, key)).status, 422)
  })

  for (const [what, change, headers, expected] of [
    ['nobody who may', {}, { authorization: 'Bearer wrong' }, 401],
    ['an order that lacks something', { consignee: undefined }, {}, 422],
    ['an order with a field too much', { tenant: 'x' }, {}, 422],
  ] as [string, object, Record<string, string>, number][])
    it(`refuses ${what} with ${expected}`, async () => {
      await bench.deploy(...bookingFlow())
      assert.equal((await release(change, headers)).status, expected)
      assert.equal(await bench.runtime.lifecycle.get(shipmentIdOf(orderId)), undefined)
      assert.deepEqual(bench.at('done'), [])
    })

  it('asks the caller to come again while no flow takes the operation', async () => {
    await bench.deploy()
    const { status, headers } = await release()
    assert.equal(status, 503)
    assert.ok(Number(headers.get('retry-after')) > 0)
    await bench.deploy(...bookingFlow())
    assert.equal((await release()).status, 201)
  })

  it('keeps what the flow could not do as a dead letter', async () => {
    await bench.deploy(api(10, 'fails'), probe('fails'))
    bench.failAt('fails', 3)
    assert.equal((await release()).status, 202)
    const letter = await eventually(async () =>
      (await bench.deadLetters(SUBSCRIPTION)).find(({ message }) => message.key === orderId),
    )
    assert.deepEqual([letter.attempts, letter.failure.category], [3, 'bug'])
  })

  it('shows an error without an operation', async () => {
    await bench.deploy({ ...api(0), operation: '' })
    assert.equal(bench.status('in')?.fill, 'red')
  })
})
