import assert from 'node:assert/strict'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import { Subscriber } from '../../engine/delivery/subscriber.ts'
import type { CartageError } from '../../engine/errors.ts'
import { type ClusterStore, openCluster } from '../../engine/store/cluster/open.ts'
import type { SubscriptionCounts } from '../../engine/store/ports.ts'
import { SettableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { databaseName } from '../support/servers/cluster.ts'
import { type MongoServer, startMongo } from '../support/servers/mongodb.ts'
import { findProgram } from '../support/servers/programs.ts'
import { type RedisServer, startRedis } from '../support/servers/redis.ts'
import { skip } from '../support/skip.ts'
import { claimOne, failsWith, message } from './contract/support.ts'

const systemClock = { now: Date.now }

/** Faults of the servers themselves: each suite has its own to stop, empty and freeze. */
describe('cluster store, when its servers fail', function () {
  this.timeout(120_000)
  let mongo: MongoServer
  let redis: RedisServer
  let database: string
  const stores: ClusterStore[] = []
  const subscribers: Subscriber[] = []

  before(async function () {
    this.timeout(600_000)
    if (!findProgram('redis-server')) return skip(this, 'no Redis: apt-get install redis-server')
    const found = await startMongo()
    if (!found?.server) return skip(this, 'no MongoDB of its own: install mongod or ferretdb, or Go to build FerretDB')
    mongo = found
  })
  after(() => mongo?.stop())
  beforeEach(async () => {
    database = databaseName()
    redis = await startRedis()
  })
  afterEach(async () => {
    await Promise.all(subscribers.splice(0).map((one) => one.stop(1_000)))
    await Promise.all(stores.splice(0).map((store) => store.close()))
    await redis?.stop()
  })

  async function open(clock = systemClock as { now(): number }): Promise<ClusterStore> {
    const store = await openCluster(mongo.url(database), { clock, redis: redis.url, sweepMs: 1_000 })
    stores.push(store)
    return store
  }

  /** A worker of one process; `handled` counts how often each message was worked off. */
  async function work(store: ClusterStore, handled: Map<string, number>): Promise<void> {
    const { messages, keys, motor } = store
    const subscriber = new Subscriber(
      {
        ...{ messages, keys, motor },
        clock: systemClock,
        crash: () => {},
        random: () => 0.5,
        observe: (event, delivery) => {
          if (event === 'settled') handled.set(delivery.message.id, (handled.get(delivery.message.id) ?? 0) + 1)
        },
        beforeBury: async () => {},
        complain: () => {},
      },
      {
        ...{
          channel: 'events',
          subscription: 's',
          ordered: false,
          concurrency: 4,
          visibilityMs: 60_000,
          leaseMs: 5_000,
        },
        retry: DEFAULT_RETRY,
        work: async () => ({ kind: 'settle' }),
      },
    )
    subscribers.push(subscriber)
    await subscriber.start()
  }

  /** Appends `count` messages, one after the other, wakes, and does `between` after a third; all must be handled once. */
  async function underLoad(count: number, between: (store: ClusterStore) => Promise<unknown>): Promise<void> {
    const [first, second] = [await open(), await open()]
    const handled = new Map<string, number>()
    await work(first, handled)
    await work(second, handled)
    const ids = Array.from({ length: count }, (_, index) => `m${index}`)
    for (const [index, id] of ids.entries()) {
      if (index === Math.floor(count / 3)) await between(first)
      await first.messages.append([message(id)])
      first.motor.wake('events')
    }
    await eventually(() => handled.size === count, 60_000)
    assert.deepEqual(
      [...handled.values()].filter((times) => times !== 1),
      [],
    )
  }

  describe('Redis', () => {
    it('emptied under load: nothing is lost, nothing comes twice', () => underLoad(60, () => redis.command('FLUSHALL')))

    it('killed and started again under load: nothing is lost, nothing comes twice', () =>
      underLoad(60, async () => {
        await redis.server.kill()
        void eventually(async () => {
          await redis.server.start()
          return true
        })
      }))

    it('its connections cut under load: they are made anew', () =>
      underLoad(60, () => redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')))

    for (const [what, spoil, mend] of [
      ['made a replica, which only reads,', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
      ['out of memory', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ] as const)
      it(`${what} under load: messages go on, and limits are shared again afterwards`, async () => {
        await underLoad(40, () => redis.command(...spoil))
        const [one, other] = stores as [ClusterStore, ClusterStore]
        const rate = { tokens: 1, perMs: 3_600_000 }
        assert.equal(await one.limiter.take('erp', rate), 0)
        assert.equal(await other.limiter.take('erp', rate), 0, 'each by itself')
        await redis.command(...mend)
        await eventually(async () => {
          await Promise.all([one, other].map(({ limiter }) => limiter.holdUntil('wms', Date.now() + 3_600_000)))
          return Number(await redis.command('EXISTS', `cartage:${database}:bucket:wms`)) === 1
        }, 15_000)
      })

    it('away for good: messages come in and go out all the same', () => underLoad(20, () => redis.server.kill()))

    it('standing still: nobody who brings a message waits for it', async () => {
      const store = await open()
      await store.messages.subscribe('events', 's')
      redis.server.pause()
      try {
        const started = performance.now()
        for (let index = 0; index < 5; index++) {
          await store.messages.append([message(`m${index}`)])
          store.motor.wake('events')
        }
        assert.ok(performance.now() - started < 1_000)
      } finally {
        redis.server.resume()
      }
    })

    it('away: each process limits by itself, and together again when it is back', async () => {
      const [one, other] = [await open(), await open()]
      const rate = { tokens: 1, perMs: 3_600_000 }
      assert.equal(await one.limiter.take('erp', rate), 0)
      assert.notEqual(await other.limiter.take('erp', rate), 0)
      await redis.server.kill()
      for (const store of [one, other]) {
        assert.equal(await store.limiter.take('crm', rate), 0)
        assert.notEqual(await store.limiter.take('crm', rate), 0)
        assert.equal((await store.limiter.admit('crm')).go, true)
      }
      await redis.server.start()
      await eventually(async () => {
        assert.equal(await one.limiter.take('wms', rate), 0)
        assert.notEqual(await other.limiter.take('wms', rate), 0)
        return true
      }, 15_000)
    })
  })

  describe('MongoDB', () => {
    it('killed under load and started again: what was acknowledged is there, once, and the rest is refused in time', async () => {
      const store = await open()
      const handled = new Map<string, number>()
      await work(store, handled)
      const acknowledged: string[] = []
      for (let index = 0; index < 30; index++) {
        await store.messages.append([message(`m${index}`)])
        acknowledged.push(`m${index}`)
      }
      await mongo.server!.kill()
      const started = performance.now()
      await failsWith('store.io', store.messages.append([message('refused')]))
      await failsWith('store.io', store.ping())
      assert.ok(performance.now() - started < 12_000, 'refused too late')
      await mongo.server!.start()
      await eventually(() => store.messages.append([message('after')]), 20_000)
      store.motor.wake('events')
      // By the record: of a settlement that the kill cut off only MongoDB knows.
      await eventually(async () => {
        const [{ waiting, leased }] = (await store.messages.counts()) as [SubscriptionCounts]
        return waiting + leased === 0
      }, 60_000)
      for (const id of [...acknowledged, 'after']) assert.ok(await store.messages.get(id), id)
      assert.ok([...handled.values()].every((times) => times === 1))
    })
  })

  describe('MongoDB standing still', () => {
    it('is given up after seconds, and used again when it goes on', async () => {
      const store = await open()
      await store.messages.subscribe('events', 's')
      mongo.server!.pause()
      try {
        await failsWith('store.io', store.messages.append([message('m1')]))
      } finally {
        mongo.server!.resume()
      }
      await eventually(() => store.messages.append([message('m1')]), 30_000)
      assert.equal((await claimOne(store.messages, 's')).message.id, 'm1')
      assert.deepEqual(await store.messages.claim('s', { limit: 9, leaseMs: 1 }), [])
    })
  })

  describe('two processes on one database', () => {
    it('never get the same delivery', async () => {
      const [one, other] = [await open(), await open()]
      await one.messages.subscribe('events', 's')
      await one.messages.append(Array.from({ length: 40 }, (_, index) => message(`m${index}`)))
      const claims = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? one : other).messages.claim('s', { limit: 5, leaseMs: 60_000 }),
        ),
      )
      const ids = claims.flat().map((delivery) => delivery.message.id)
      assert.deepEqual([ids.length, new Set(ids).size], [40, 40])
    })

    it('fence each other off: who stood still cannot commit', async () => {
      const clock = new SettableClock()
      const [zombie, holder] = [await open(clock), await open(clock)]
      await zombie.messages.subscribe('events', 's')
      await zombie.messages.append([message('m1')])
      await zombie.timers.schedule({ id: 't', topic: 'sla', dueAt: 0, payload: 1 })
      const stale = await claimOne(zombie.messages, 's', 30_000)
      const [fired] = await zombie.timers.claimDue('sla', { limit: 1, leaseMs: 30_000 })
      clock.advance(40_000)
      const fresh = await claimOne(holder.messages, 's', 30_000)
      const [again] = await holder.timers.claimDue('sla', { limit: 1, leaseMs: 30_000 })
      await failsWith('store.stale', zombie.messages.settle(stale))
      await failsWith('store.stale', zombie.timers.done(fired!))
      await holder.messages.settle(fresh)
      await holder.timers.done(again!)
    })

    it('wake each other', async () => {
      const [one, other] = [await open(), await open()]
      let heard = 0
      other.motor.onWake('events', () => {
        heard += 1
      })
      await eventually(() => {
        one.motor.wake('events')
        return heard > 0
      })
    })

    it('keep one order of a lane, whoever claims', async () => {
      const [one, other] = [await open(), await open()]
      await one.messages.subscribe('events', 'o', { ordered: true })
      const ids = Array.from({ length: 12 }, (_, index) => `m${index}`)
      for (const [index, id] of ids.entries()) await (index % 2 ? one : other).messages.append([message(id)])
      const order: string[] = []
      for (let round = 0; order.length < ids.length; round++) {
        const [left, right] = await Promise.all(
          [one, other].map(({ messages }) => messages.claim('o', { limit: 5, leaseMs: 60_000 })),
        )
        const claimed = [...left!, ...right!]
        assert.equal(claimed.length, 1, 'one of a key at a time')
        order.push(claimed[0]!.message.id)
        await (round % 2 ? one : other).messages.settle(claimed[0]!)
      }
      assert.deepEqual(order, ids)
    })

    it('make one audit chain and one winner of a key and of a document', async () => {
      const both = [await open(), await open()]
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          both[index % 2]!.audit.append({ actor: 'a', action: 'b', subject: 'c', details: { index } }),
        ),
      )
      assert.deepEqual(await both[0]!.audit.verify(), { ok: true, entries: 20 })
      const claims = await Promise.all(
        both.map(({ keys }, index) => keys.claim({ key: 'k', owner: `m${index}`, hash: 'h', ttlMs: 60_000 })),
      )
      assert.deepEqual(claims.map(({ outcome }) => outcome).sort(), ['first', 'repeated'])
      const puts = await Promise.allSettled(both.map(({ documents }) => documents.put('k', 'd', {}, { expect: 0 })))
      const lost = puts.filter((put) => put.status === 'rejected')
      assert.equal(lost.length, 1)
      assert.equal((lost[0]!.reason as CartageError).code, 'store.version')
    })
  })
})
