import assert from 'node:assert/strict'
import type { JsonObject } from '../../engine/json.ts'
import { openStore } from '../../engine/store/open.ts'
import { type ApiServer, apiServer, bearer, ordersFlow, sampleOrder } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { databaseName } from '../support/servers/cluster.ts'
import { type MongoServer, startMongo } from '../support/servers/mongodb.ts'
import { findProgram } from '../support/servers/programs.ts'
import { sharedRedis } from '../support/servers/redis.ts'
import { skip } from '../support/skip.ts'

describe('the API while MongoDB is away', function () {
  this.timeout(60_000)
  let mongo: MongoServer
  let hub: ApiServer

  before(async function () {
    this.timeout(600_000)
    if (!findProgram('redis-server')) return skip(this, 'no Redis: apt-get install redis-server')
    const found = await startMongo()
    if (!found?.server) return skip(this, 'no MongoDB of its own: install mongod or ferretdb, or Go to build FerretDB')
    mongo = found
    const redis = (await sharedRedis()).url
    hub = await apiServer({}, (clock) => openStore(mongo.url(databaseName()), { clock, redis }))
    hub.api.commands.attach('releaseOrder', ordersFlow(hub.store, false))
  })
  after(async () => {
    await hub?.close()
    await mongo?.stop()
  })

  const release = (orderId: string) =>
    hub.call('POST', '/api/v1/orders', {
      headers: { ...bearer('erp'), 'content-type': 'application/json' },
      body: JSON.stringify(sampleOrder(orderId)),
    })

  it('answers 503 with Retry-After within seconds, keeps what it has said yes to, and goes on by itself', async () => {
    assert.equal((await release('SO-1')).status, 202)
    await mongo.server!.kill()
    const started = performance.now()
    const refused = await release('SO-2')
    assert.ok(performance.now() - started < 15_000)
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    const problem = (await refused.json()) as JsonObject
    assert.equal(problem.code, 'store.io')
    assert.doesNotMatch(JSON.stringify(problem), /127\.0\.0\.1|mongodb/i)
    await mongo.server!.start()
    await eventually(async () => (await release('SO-2')).status === 202, 30_000)
    assert.equal((await release('SO-1')).status, 202, 'the same again, as it was accepted')
  })
})
