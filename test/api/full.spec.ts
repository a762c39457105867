import assert from 'node:assert/strict'
import { IntakeGate } from '../../engine/delivery/intake-gate.ts'
import { JSON_TYPE, order, problem } from '../support/api-bench.ts'
import { type ApiServer, apiServer, bearer } from '../support/api-server.ts'

const LIMITS = { requests: 4, bytes: 100_000, senderShare: 0.5, lagMs: 100 }

describe('the API of a hub that is full', () => {
  let lag = 0
  let gate: IntakeGate
  let hub: ApiServer
  beforeEach(async () => {
    lag = 0
    gate = new IntakeGate(LIMITS, () => lag)
    hub = await apiServer({ gate })
  })
  afterEach(() => hub.close())
  const release = () =>
    hub.call('POST', '/api/v1/orders', { body: order(), headers: { ...JSON_TYPE, ...bearer('erp') } })
  const stored = async () =>
    (await hub.store.messages.counts()).length + (await hub.store.audit.page({ limit: 1 })).length

  it('answers 429 to a key that has too much under way, and the others go on', async () => {
    const leaves = [gate.enter('api:erp-1', 10), gate.enter('api:erp-1', 10)]
    const answer = await release()
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '1'])
    assert.equal((await problem(answer)).code, 'intake.sender')
    assert.equal((await hub.call('GET', '/api/v1/channels', { headers: bearer('operator') })).status, 200)
    for (const leave of leaves) leave()
    assert.notEqual((await release()).status, 429)
  })

  it('answers 503 to everybody when there is no room', async () => {
    for (const sender of ['a', 'a', 'b', 'b']) gate.enter(sender, 10)
    const answer = await release()
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1'])
    assert.equal((await problem(answer)).code, 'intake.full')
    assert.equal(await stored(), 0)
  })

  it('answers 503 while the process is late', async () => {
    lag = 500
    const answer = await release()
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '3'])
  })

  it('counts a body of unknown length as the largest, and forgets it when it is answered', async () => {
    const chunked = () =>
      fetch(`${hub.url}/api/v1/orders`, {
        ...{ method: 'POST', headers: { ...JSON_TYPE, ...bearer('erp') }, duplex: 'half' },
        body: new Blob([order()]).stream(),
      } as RequestInit)
    gate.enter('api:erp-1', 10)
    assert.equal((await chunked()).status, 429)
    for (let n = 0; n < 10; n += 1) await release()
    assert.deepEqual(gate.underWay, { requests: 1, bytes: 10 })
  })
})
