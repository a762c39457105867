import assert from 'node:assert/strict'
import { CartageError } from '../../engine/errors.ts'
import { openStore } from '../../engine/store/open.ts'
import { SettableClock } from '../support/clock.ts'
import { clusterPlaces } from '../support/servers/cluster.ts'
import { type RedisServer, startRedis } from '../support/servers/redis.ts'
import { freePort } from '../support/servers/server.ts'

describe('cluster store, checks at the start', () => {
  const place = clusterPlaces()
  const clock = new SettableClock()
  const started: RedisServer[] = []
  afterEach(async () => {
    for (const redis of started.splice(0)) await redis.stop()
  })
  const redisWith = async (...settings: string[]) => {
    const redis = await startRedis(...settings)
    started.push(redis)
    return redis.url
  }

  /** One line that says what is wrong, with this code, and no password. */
  async function refuses(code: string, url: string, redis: string | undefined, about: RegExp): Promise<void> {
    const opening = openStore(url, { clock, ...(redis !== undefined && { redis }) })
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof CartageError, String(error))
      assert.equal(error.code, code)
      assert.match(error.message, about)
      assert.doesNotMatch(error.message, /\n|hunter2/)
      return true
    })
  }

  it('opens where everything is as it must be, and warns of what is old', async () => {
    const warnings: string[] = []
    const { url, redis } = place()
    const store = await openStore(url, { clock, redis, warn: (line) => warnings.push(line) })
    await store.ping()
    await store.close()
    assert.ok(
      warnings.every((line) => /MongoDB|Redis/.test(line) && !line.includes('\n')),
      warnings.join('\n'),
    )
  })

  it('refuses a Redis that keeps nothing over a restart', async () => {
    const redis = await redisWith('--appendonly', 'no')
    await refuses('store.redis-aof', place().url, redis, /appendonly yes/)
  })

  it('refuses a Redis that throws keys away', async () => {
    const redis = await redisWith('--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru')
    await refuses('store.redis-eviction', place().url, redis, /allkeys-lru.*maxmemory-policy noeviction/)
  })

  it('refuses a replica', async () => {
    const redis = await redisWith('--replicaof', '127.0.0.1', String(await freePort()))
    await refuses('store.redis-replica', place().url, redis, /primary/)
  })

  it('refuses a Redis that is not there, or whose password is another', async () => {
    const port = await freePort()
    await refuses('store.redis-away', place().url, `redis://:hunter2@127.0.0.1:${port}`, /CARTAGE_REDIS/)
    const locked = (await redisWith('--requirepass', 'secret')).replace('//', '//:hunter2@')
    await refuses('store.redis-away', place().url, locked, /CARTAGE_REDIS/)
  })

  it('refuses a MongoDB that is not there, within seconds', async () => {
    const url = `mongodb://hub:hunter2@127.0.0.1:${await freePort()}/cartage`
    await refuses('store.mongodb-away', url, place().redis, /127\.0\.0\.1:\d+ cannot be reached.*CARTAGE_STORE/)
  })

  for (const [what, url, about] of [
    ['without a database', 'mongodb://hub:hunter2@127.0.0.1:1', /database/],
    ['that MongoDB does not understand', 'mongodb://hub:hunter2@127.0.0.1:1/cartage?w=many&tls=maybe', /CARTAGE_STORE/],
  ] as const)
    it(`refuses an address ${what}`, () => refuses('store.url', url, place().redis, about))

  it('refuses zlib', () =>
    refuses('store.mongodb-zlib', `${place().url}?compressors=zlib`, place().redis, /zstd or snappy/))
  it('needs a Redis', () => refuses('store.url', place().url, undefined, /CARTAGE_REDIS/))
})
