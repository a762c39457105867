import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import { ownerOf, Subscriber, type SubscriberEvent, type Verdict } from '../../engine/delivery/subscriber.ts'
import type { Delivery } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { storeBench } from '../support/store-bench.ts'

const LEASE_MS = 30
const HOUR_MS = 3_600_000

describe('a worker among others', () => {
  const bench = storeBench()
  let subscriber: Subscriber
  let events: SubscriberEvent[]
  let lost: Delivery[]
  let complaints: unknown[]
  beforeEach(() => {
    events = []
    lost = []
    complaints = []
  })
  afterEach(() => subscriber.stop(100))

  async function start(work: (delivery: Delivery) => Promise<Verdict>, leaseMs = LEASE_MS): Promise<void> {
    const { messages, keys, motor } = bench.store
    subscriber = new Subscriber(
      {
        messages,
        keys,
        motor,
        clock: bench.clock,
        crash: () => {},
        random: () => 0.5,
        observe: (event) => events.push(event),
        beforeBury: async () => {},
        complain: (error) => complaints.push(error),
      },
      {
        channel: 'work',
        subscription: 'work',
        ordered: true,
        concurrency: 1,
        visibilityMs: 60_000,
        leaseMs,
        retry: DEFAULT_RETRY,
        work,
        lost: (delivery) => lost.push(delivery),
      },
    )
    await messages.append([{ id: 'm', channel: 'work', key: 'm', payload: null, headers: {}, correlationId: 'm' }])
    await subscriber.start()
  }

  /** What another worker does after this one was not heard of for an hour. */
  async function takeOver(): Promise<Delivery> {
    bench.clock.advance(HOUR_MS)
    const [delivery] = await bench.store.messages.claim('work', { limit: 1, leaseMs: HOUR_MS })
    return delivery ?? assert.fail('nothing to take over')
  }

  const failed: Verdict = { kind: 'fail', failure: { category: 'refused', code: 'x', message: 'x', causes: [] } }
  const claimKey = (owner: string) => bench.store.keys.claim({ key: 'k', owner, hash: 'h', ttlMs: 2 * HOUR_MS })

  it('renews its hold on a delivery for as long as the flow takes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let begun = false
    await start(async () => {
      begun = true
      await promise
      return { kind: 'settle' }
    })
    await eventually(() => begun)
    for (let round = 0; round < 3; round += 1) {
      bench.clock.advance(LEASE_MS - 5)
      const renewed = bench.clock.now() + LEASE_MS
      await eventually(async () => (await bench.store.messages.nextDue('work')) === renewed)
    }
    resolve()
    await eventually(() => events.length === 1)
    assert.deepEqual(events, ['settled'])
  })

  it('learns while it works that another has taken over, and then writes nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let begun = false
    await start(async () => {
      begun = true
      await promise
      return failed
    })
    await eventually(() => begun)
    const other = await takeOver()
    await eventually(() => lost.length === 1)
    resolve()
    await eventually(() => events.length === 1)
    assert.deepEqual(events, ['abandoned'])
    assert.deepEqual(complaints, [])
    await bench.store.messages.settle(other)
  })

  it('frozen right before its verdict, leaves the keys of the flow to the attempt that took over', async () => {
    let other: Delivery | undefined
    await start(async (delivery) => {
      await claimKey(ownerOf(delivery))
      other = await takeOver()
      return failed
    }, 60_000)
    await eventually(() => events.length === 1)
    assert.deepEqual(events, ['abandoned'])
    assert.equal((await claimKey('another message')).outcome, 'repeated')
    await bench.store.messages.settle(other ?? assert.fail())
  })

  it('comes to its verdict after a lapse that nobody used', async () => {
    await start(async () => {
      bench.clock.advance(HOUR_MS)
      return { kind: 'settle' }
    }, 60_000)
    await eventually(() => events.length === 1)
    assert.deepEqual(events, ['settled'])
    assert.equal(await bench.store.messages.nextDue('work'), undefined)
  })
})
