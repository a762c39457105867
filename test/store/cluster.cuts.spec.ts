import assert from 'node:assert/strict'
import { GridFSBucket, MongoClient, ObjectId } from 'mongodb'
import { LARGE_BODY } from '../../engine/store/arguments.ts'
import { type ClusterStore, openCluster } from '../../engine/store/cluster/open.ts'
import type { Delivery } from '../../engine/store/ports.ts'
import { SettableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { databaseName } from '../support/servers/cluster.ts'
import { type Line, openLine } from '../support/servers/line.ts'
import { type MongoServer, sharedMongo } from '../support/servers/mongodb.ts'
import { findProgram } from '../support/servers/programs.ts'
import { sharedRedis } from '../support/servers/redis.ts'
import { skip } from '../support/skip.ts'
import { bodyOf } from './contract/messages-bodies.ts'
import { failure, message } from './contract/support.ts'

const LEASE_MS = 10_000
/** More than the patience with what is not committed, and than a lease. */
const LATER_MS = 60_000

/** One round: the channel and its two subscriptions are its own. */
interface Round {
  channel: string
  free: string
  lane: string
  id: (name: string) => string
}

/** What one process does, cut behind each of its commands; and what must hold then. */
interface Scenario {
  prepare?: (round: Round) => Promise<unknown>
  act: (dying: ClusterStore, round: Round) => Promise<unknown>
  holds: (round: Round, finished: boolean) => Promise<unknown>
}

describe('cluster store, cut behind any command', function () {
  this.timeout(180_000)
  const clock = new SettableClock()
  let mongo: MongoServer
  let port: number
  let redis: string
  let database: string
  let healthy: ClusterStore
  const abandoned: Promise<void>[] = []

  before(async function () {
    if (!findProgram('redis-server')) return skip(this, 'no Redis: apt-get install redis-server')
    const found = await sharedMongo()
    if (found?.port === undefined)
      return skip(this, 'no MongoDB of its own: install mongod or ferretdb, or Go to build FerretDB')
    mongo = found
    port = found.port
    redis = (await sharedRedis()).url
  })
  beforeEach(async () => {
    database = databaseName()
    healthy = await open(port)
  })
  afterEach(() => healthy?.close())
  after(() => Promise.allSettled(abandoned))

  const open = (at: number) =>
    openCluster(`mongodb://127.0.0.1:${at}/${database}?directConnection=true`, { clock, redis, sweepMs: 3_600_000 })

  async function roundOf(number: number): Promise<Round> {
    const channel = `c${number}`
    const round = {
      channel,
      free: `${channel}-free`,
      lane: `${channel}-lane`,
      id: (name: string) => `${channel}-${name}`,
    }
    return round
  }

  async function subscribed(round: Round): Promise<void> {
    await healthy.messages.subscribe(round.channel, round.free)
    await healthy.messages.subscribe(round.channel, round.lane, { ordered: true })
  }

  const batch = ({ channel, id }: Round) =>
    Object.entries({ m1: 'a', m2: 'a', m3: 'b' }).map(([name, key]) => message(id(name), { channel, key }))
  const largeBatch = (round: Round) => {
    const [m1, m2, m3] = batch(round)
    return [{ ...m1!, raw: bodyOf(LARGE_BODY + 1) }, { ...m2!, payload: 'x'.repeat(2 * LARGE_BODY) }, m3!]
  }

  /** Takes all there is, later; what was given, in this order. */
  async function drained(subscription: string): Promise<string[]> {
    const given: string[] = []
    clock.advance(LATER_MS)
    await healthy.sweep()
    for (let idle = 0; idle < 2; ) {
      const claimed = await healthy.messages.claim(subscription, { limit: 10, leaseMs: LEASE_MS })
      idle = claimed.length === 0 ? idle + 1 : 0
      for (const delivery of claimed) {
        given.push(delivery.message.id)
        await healthy.messages.settle(delivery)
      }
      clock.advance(1_000)
    }
    return given
  }

  async function play(number: number, { prepare, act, holds }: Scenario): Promise<boolean> {
    const round = await roundOf(number)
    await prepare?.(round)
    const line = await openLine(port)
    const dying = await open(line.port)
    line.cutAfter(number)
    let finished = false
    const acting = act(dying, round).then(
      () => {
        finished = true
      },
      () => undefined,
    )
    await Promise.race([acting, eventually(() => line.ended, 20_000)])
    await line.close()
    abandoned.push(acting.then(() => dying.close()).catch(() => undefined))
    await holds(round, finished)
    return finished
  }

  /** Cuts behind the first command, the second, … until it runs through. */
  async function everywhere(scenario: Scenario): Promise<void> {
    for (let number = 1; number < 60; number++)
      if (await play(number, scenario)) return assert.ok(number > 1, 'it was never cut')
    assert.fail('it never ran through')
  }

  const given = async (round: Round, expected: string[]) => {
    assert.deepEqual((await drained(round.free)).sort(), expected.map(round.id))
    assert.deepEqual((await drained(round.lane)).sort(), expected.map(round.id))
  }

  it('an append is made again: every message is given once, in the order of its lane', () =>
    everywhere({
      prepare: subscribed,
      act: (dying, round) => dying.messages.append(largeBatch(round)),
      holds: async (round) => {
        const outcomes = await healthy.messages.append(largeBatch(round))
        assert.ok(!outcomes.includes('conflict'), String(outcomes))
        const order = await drained(round.lane)
        assert.ok(order.indexOf(round.id('m1')) < order.indexOf(round.id('m2')), String(order))
        assert.deepEqual(order.sort(), ['m1', 'm2', 'm3'].map(round.id))
        assert.deepEqual((await drained(round.free)).sort(), ['m1', 'm2', 'm3'].map(round.id))
        for (const { id, raw, payload } of largeBatch(round)) {
          const found = await healthy.messages.get(id)
          assert.deepEqual([found!.raw, found!.payload], [raw, payload])
        }
        // FerretDB reads all there is to find one.
        assert.equal(await healthy.messages.purge(clock.now() + 1, 100), 3)
      },
    }))

  it('an append that is not made again left a message with all its deliveries, or nothing', () =>
    everywhere({
      prepare: subscribed,
      act: (dying, round) => dying.messages.append([largeBatch(round)[0]!]),
      holds: async (round, finished) => {
        const there = (await healthy.messages.get(round.id('m1'))) !== undefined
        assert.ok(there || !finished)
        await given(round, there ? ['m1'] : [])
      },
    }))

  it('an append whose command never arrives fails, and is not said to be stored', async () => {
    for (let number = 0; number < 60; number++) {
      const round = await roundOf(number)
      await subscribed(round)
      const line = await openLine(port)
      const dying = await open(line.port)
      line.cutBefore(number)
      const only = batch(round).slice(0, 1)
      const said = await dying.messages.append(only).catch(() => undefined)
      const there = (await healthy.messages.get(round.id('m1'))) !== undefined
      const broken = line.ended
      await line.close()
      abandoned.push(dying.close().catch(() => undefined))
      assert.ok(
        there || said === undefined,
        `cut before command ${number + 1} (${line.commands.at(-1)} was the last): ${said}`,
      )
      if (broken) continue
      assert.ok(number > 2, 'it was never cut')
      return
    }
    assert.fail('it never ran through')
  })

  it('what waited for the first subscription is handed over once', () =>
    everywhere({
      prepare: (round) => healthy.messages.append(batch(round)),
      act: (dying, round) => dying.messages.subscribe(round.channel, round.free),
      holds: async (round) => {
        await healthy.messages.subscribe(round.channel, round.free)
        assert.deepEqual((await drained(round.free)).sort(), ['m1', 'm2', 'm3'].map(round.id))
      },
    }))

  const claimFirst = async (store: ClusterStore, round: Round): Promise<Delivery> => {
    const [delivery] = await store.messages.claim(round.lane, { limit: 1, leaseMs: LEASE_MS })
    return delivery!
  }
  const prepareLane = async (round: Round) => {
    await subscribed(round)
    await healthy.messages.append(batch(round))
  }

  it('a settlement is made or not, and its lane goes on', () =>
    everywhere({
      prepare: prepareLane,
      act: async (dying, round) => dying.messages.settle(await claimFirst(dying, round)),
      holds: async (round, finished) => {
        const order = await drained(round.lane)
        const first = order.includes(round.id('m1')) ? ['m1'] : []
        assert.ok(!finished || first.length === 0)
        assert.deepEqual(
          order.filter((id) => id !== round.id('m3')),
          [...first, 'm2'].map(round.id),
        )
        assert.ok(order.includes(round.id('m3')))
      },
    }))

  it('a burial leaves it dead or open, never both, and its lane goes on', () =>
    everywhere({
      prepare: prepareLane,
      act: async (dying, round) => dying.messages.bury(await claimFirst(dying, round), failure()),
      holds: async (round) => {
        const dead = await healthy.messages.countDead({ subscription: round.lane })
        assert.deepEqual(
          (await drained(round.lane)).sort(),
          (dead === 1 ? ['m2', 'm3'] : ['m1', 'm2', 'm3']).map(round.id),
        )
      },
    }))

  const bury = async (round: Round) => {
    await prepareLane(round)
    await healthy.messages.bury(await claimFirst(healthy, round), failure())
  }
  const corrected = { corrected: 'x'.repeat(2 * LARGE_BODY) }

  it('a correction puts it back to work corrected, or leaves it dead as it was', () =>
    everywhere({
      prepare: bury,
      act: (dying, round) => dying.messages.requeue(round.lane, round.id('m1'), corrected),
      holds: async (round) => {
        if ((await healthy.messages.countDead({ subscription: round.lane })) === 1)
          assert.equal(await healthy.messages.requeue(round.lane, round.id('m1'), corrected), true)
        const again = await claimFirst(healthy, round)
        assert.equal(again.message.id, round.id('m1'))
        assert.deepEqual(again.message.payload, corrected)
        await healthy.messages.settle(again)
        assert.deepEqual((await drained(round.lane)).sort(), ['m2', 'm3'].map(round.id))
      },
    }))

  it('a message is given anew once, to each subscription', () =>
    everywhere({
      prepare: async (round) => {
        await prepareLane(round)
        await drained(round.lane)
        await drained(round.free)
      },
      act: (dying, round) => dying.messages.redeliver(round.id('m1')),
      holds: async (round) => {
        await healthy.messages.redeliver(round.id('m1'))
        await given(round, ['m1'])
      },
    }))

  it('a purge is gone on with; nothing of what it deleted is left', () =>
    everywhere({
      prepare: async (round) => {
        await prepareLane(round)
        await drained(round.lane)
        await drained(round.free)
      },
      act: (dying) => dying.messages.purge(clock.now() + 1, 100),
      holds: async (round) => {
        while ((await healthy.messages.purge(clock.now() + 1, 100)) > 0);
        for (const name of ['m1', 'm2', 'm3']) assert.equal(await healthy.messages.get(round.id(name)), undefined)
      },
    }))

  it('files that nobody names any more go after an hour, those of messages stay', async () => {
    const kept = { ...message('kept'), raw: bodyOf(LARGE_BODY + 1) }
    await healthy.messages.append([kept])
    const client = new MongoClient(mongo.url(database))
    const db = client.db()
    const metadata = { collection: 'messages', id: 'gone', at: clock.now() }
    const upload = new GridFSBucket(db, { bucketName: 'bodies' }).openUploadStream('gone', { metadata })
    await new Promise((resolve) => upload.end(Buffer.from('x'), () => resolve(undefined)))
    const torn = { files_id: ObjectId.createFromTime(1_700_000_000), n: 0, data: Buffer.from('x') }
    const young = { files_id: new ObjectId(), n: 0, data: Buffer.from('x') }
    await db.collection('bodies.chunks').insertMany([torn, young])
    const left = async () => [
      await db.collection('bodies.files').countDocuments(),
      await db.collection('bodies.chunks').countDocuments(),
    ]
    await healthy.tidy()
    assert.deepEqual(await left(), [2, 3])
    clock.advance(3_600_000)
    // Twice: one stretch may have come to the end.
    for (let time = 0; time < 2; time++) await healthy.tidy()
    assert.deepEqual(await left(), [1, 2])
    assert.deepEqual((await healthy.messages.get('kept'))!.raw, kept.raw)
    await client.close()
  })

  it('an audit entry is in the chain or not, and the chain goes on', () =>
    everywhere({
      act: (dying) => dying.audit.append({ actor: 'anna', action: 'x', subject: 's', details: {} }),
      holds: async () => {
        await healthy.audit.append({ actor: 'anna', action: 'y', subject: 's', details: {} })
        assert.equal((await healthy.audit.verify()).ok, true)
      },
    }))

  it('a process that stood still between its deliveries and their message stores it anew, once', async () => {
    const round = await roundOf(1)
    await subscribed(round)
    const line: Line = await openLine(port)
    const frozen = await open(line.port)
    const only = [batch(round)[2]!]
    const atInsert = async (number: number) => {
      line.commands.length = 0
      line.freezeAfter(number)
    }
    await atInsert(4)
    const appended = frozen.messages.append(only)
    await eventually(() => line.ended)
    assert.deepEqual(line.commands.at(-1), 'insert')
    assert.equal(await healthy.messages.get(only[0]!.id), undefined)
    assert.deepEqual(await drained(round.free), [])
    line.thaw()
    assert.deepEqual(await appended, ['stored'])
    await given(round, ['m3'])
    await frozen.close()
    await line.close()
  })
})
