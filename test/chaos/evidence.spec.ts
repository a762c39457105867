import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { Balancer } from '../../chaos/balancer.ts'
import { canaries, findInputs, leaksIn, webhookMessages } from '../../chaos/evidence.ts'
import { Journal } from '../../chaos/journal.ts'
import { Witness } from '../../chaos/witness.ts'
import { freePort } from '../../demo/processes.ts'
import { makeOrders } from '../../demo/orders.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { storeBench } from '../support/store-bench.ts'
import { temporaryFolder } from '../support/temp.ts'

const NOON = Date.parse('2026-03-02T17:00:00Z')

describe('the search for what was acknowledged', () => {
  const bench = storeBench()
  const templates = join(packageRoot(), 'templates')
  const body = Buffer.from(JSON.stringify({ taskId: 'T-1', triggerName: 'taskCompleted', time: 1 })).toString('base64')
  const accepted = {
    ...{ row: 1, id: 'hook-1', partner: 'onfleet', event: 'taskCompleted', businessKey: '80100001' },
    ...{ headers: {}, body },
  }
  const search = async (arrivals: { partner: string; reference: string }[] = []) => {
    const hooks = await webhookMessages(templates, [accepted])
    const entries = [
      { kind: 'order', key: '80100001', at: 0 },
      { kind: 'position', key: 'CHAOS-1', at: 0, data: { at: '2026-03-02T10:00:05Z' } },
    ]
    return findInputs(bench.store, hooks, arrivals, entries)
  }
  const position = (at: string) => bench.store.documents.put('position', 'CHAOS-1', { at }, { expect: 0 })

  it('misses everything in a store that has nothing', async () => {
    const { acknowledged, found } = await search([{ partner: 'owntracks', reference: '80100001' }])
    assert.deepEqual(acknowledged, ['webhook/hook-1', 'order/80100001', 'arrival/80100001', 'position/CHAOS-1'])
    assert.equal(found.size, 0)
  })

  it('finds what is there', async () => {
    const [id = ''] = (await webhookMessages(templates, [accepted])).get('hook-1') ?? []
    const message = { id, channel: 'webhooks.onfleet', key: 'k', payload: null, headers: {}, correlationId: 'c' }
    await bench.store.messages.append([message])
    await position('2026-03-02T10:00:05Z')
    const timeline = [{ source: 'TELEMATICS', provider: 'owntracks' }]
    const references = [{ type: 'delivery', value: '80100001' }]
    await bench.store.documents.put('shipment', 'shp_1', { timeline }, { expect: 0, references })
    const { acknowledged, found } = await search([{ partner: 'owntracks', reference: '80100001' }])
    assert.deepEqual([...found], acknowledged)
  })

  it('is not content with an older position than the one that was acknowledged, nor with a tracker that told nothing', async () => {
    await position('2026-03-02T10:00:04Z')
    const references = [{ type: 'delivery', value: '80100001' }]
    await bench.store.documents.put('shipment', 'shp_1', { timeline: [] }, { expect: 0, references })
    const { found } = await search([{ partner: 'owntracks', reference: '80100001' }])
    assert.deepEqual([...found], ['order/80100001'])
  })
})

describe('the search for what must not be read', () => {
  const folder = temporaryFolder()
  after(() => folder.remove())
  const [log, data] = [join(folder.path, 'hub.log'), join(folder.path, 'data')]
  const places = { logs: [log], folders: [data] }
  const orders = makeOrders(3, '1', NOON)
  const words = canaries(orders, ['not-for-everybody', 'short'])
  const email = orders[1]?.order.consignee.email ?? ''
  beforeEach(() => {
    mkdirSync(join(data, 'deep'), { recursive: true })
    writeFileSync(log, 'nothing to see')
    writeFileSync(join(data, 'deep', 'store.db'), `a store has ${email}`)
  })

  it('finds nothing where nothing is; the store itself may hold who lives where', () =>
    assert.deepEqual(leaksIn(places, words), []))

  it('finds personal data and secrets in a log', () => {
    writeFileSync(log, `delivered to ${email} with not-for-everybody`)
    const leaks = leaksIn(places, words)
    assert.equal(leaks.length, 2)
    assert.ok(!leaks.join().includes(email), 'it does not leak them again')
  })

  it('finds a secret deep in the data folder', () => {
    writeFileSync(join(data, 'deep', 'session.json'), '{"t":"not-for-everybody"}')
    assert.equal(leaksIn(places, words).length, 1)
  })
})

describe('the witness', () => {
  const folder = temporaryFolder()
  after(() => folder.remove())

  it('does what it is told, as often as it is told, and writes it down before it answers', async () => {
    const journal = new Journal(join(folder.path, 'told.jsonl'))
    const witness = new Witness(journal, '1')
    const url = await witness.start()
    witness.calm()
    const known = async () => (await fetch(`${url}/told/breach-1`)).status
    assert.equal(await known(), 404)
    for (let times = 0; times < 2; times++) {
      const body = JSON.stringify({ ref: 'breach-1', kind: 'breach', key: 'shp_1' })
      assert.equal((await fetch(`${url}/told`, { method: 'POST', body })).status, 204)
    }
    assert.equal(await known(), 200)
    assert.equal(journal.entries('breach').length, 2)
    await witness.stop()
    journal.close()
  })
})

describe('the balancer in front of several workers', () => {
  const servers: Server[] = []
  async function worker(name: string): Promise<number> {
    const server = createServer((_request, response) => response.end(name))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
    return (server.address() as AddressInfo).port
  }
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  it('takes them in turn, and passes over one that is gone', async () => {
    const balancer = new Balancer([await worker('one'), await freePort(), await worker('three')])
    const port = await freePort()
    await balancer.start(port)
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text()
    const answers = [await ask(), await ask(), await ask()]
    assert.deepEqual([...new Set(answers)].sort(), ['one', 'three'])
    await balancer.stop()
  })
})
