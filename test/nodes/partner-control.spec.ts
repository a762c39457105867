import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe, source } from '../support/flow-nodes.ts'
import { eventually } from '../support/eventually.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

const KEY = 'operator-secret-0123456789'
const SUBSCRIPTION = 'webhooks.test-courier'

describe('a partner that an operator holds back', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return { ...partners.env, CARTAGE_API_KEYS: `operator-1:${KEY}:operator` }
  })
  after(() => partners.close())
  let number = 0
  beforeEach(async () => {
    number += 1
    await bench.deploy(
      partner('test-courier'),
      node('in', 'webhook-in', [['seen']], { partner: account('test-courier') }),
      probe('seen'),
      source('book'),
      node('book', 'provider-connector', [['booked'], [], []], {
        ...{ partner: account('test-courier'), operation: 'book', input: 'payload', inputType: 'msg' },
        ...{ subject: 'payload.ref', onUnreachable: 'retry' },
      }),
      probe('booked'),
    )
  })
  afterEach(() => say('resume'))

  async function say(verb: 'pause' | 'resume' | 'drain'): Promise<{ state: string; backlog: object }> {
    const answer = await fetch(`${bench.hub.url}/api/v1/partners/test-courier/${verb}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: '{"reason":"a test"}',
    })
    assert.equal(answer.status, 200)
    return (await answer.json()) as { state: string; backlog: object }
  }
  const send = () =>
    fetch(
      `${bench.hub.url}/webhooks/test-courier`,
      signed(JSON.stringify({ id: `evt-${number}`, ref: `SO-${number}`, status: 'delivered' })),
    )

  it('paused: its webhooks are accepted and kept, and given to the flow when it is resumed', async () => {
    await say('pause')
    assert.equal((await send()).status, 202)
    assert.equal((await bench.counts(SUBSCRIPTION))?.waiting, 1)
    await bench.publish({ ref: `free-${number}` }, { partner: 'somebody-else', channel: 'other' })
    await eventually(() => bench.status('in')?.text === 'paused, 1 kept')
    assert.deepEqual(bench.at('seen'), [])
    await say('resume')
    assert.equal((await bench.arrived('seen')).payload.ref, `SO-${number}`)
    await bench.settled(SUBSCRIPTION)
  })

  it('paused: no call goes out to it, and the delivery waits without using up its attempts', async () => {
    await say('pause')
    await bench.publish({ ref: `SO-${number}` })
    const soon = Date.now() + 10_000
    // it does not come back every second
    await eventually(async () => ((await bench.runtime.hub.store.messages.nextDue('work')) ?? 0) > soon)
    assert.equal((await bench.counts())?.dead, 0)
    assert.deepEqual(
      partners.seen.filter(({ method }) => method === 'POST'),
      [],
    )
    assert.ok(bench.runtime.unwell().has('test-courier'), 'another courier is chosen meanwhile')
  })

  it('draining: new webhooks are put off with Retry-After, what is here is worked off', async () => {
    await say('pause')
    assert.equal((await send()).status, 202)
    const draining = await say('drain')
    assert.equal(draining.state, 'draining')
    number += 1
    const refused = await send()
    assert.equal(refused.status, 503)
    assert.equal(refused.headers.get('retry-after'), '60')
    assert.equal(((await refused.json()) as { code: string }).code, 'partner.draining')
    await bench.arrived('seen')
    await eventually(() => bench.runtime.control.state('test-courier').drainedAt !== undefined)
    await say('resume')
    assert.equal((await send()).status, 202)
    await bench.arrived('seen', 2)
  })
})
