import assert from 'node:assert/strict'
import { isSuspect, Quarantine } from '../../engine/delivery/quarantine.ts'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import { Subscriber, type Verdict } from '../../engine/delivery/subscriber.ts'
import type { Delivery, FailureReport } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { storeBench } from '../support/store-bench.ts'

const FAILURE: FailureReport = { category: 'transient', code: 'x', message: 'x', causes: [] }

describe('a delivery under which the process died', () => {
  const after = (attempt: number, lastFailure?: FailureReport) =>
    isSuspect({ attempt, ...(lastFailure && { lastFailure }) } as Delivery)

  it('is a suspect after two such deaths in a row, not after one', () => {
    assert.deepEqual([after(1), after(2), after(3)], [false, false, true])
  })
  it('is none for attempts that ended with a report', () => {
    assert.equal(after(9, { ...FAILURE, attempt: 8 }), false)
    assert.equal(after(9, { ...FAILURE, attempt: 7 }), false)
    assert.equal(after(9, { ...FAILURE, attempt: 6 }), true)
  })
})

describe('suspects', () => {
  const bench = storeBench()
  const subscribers: Subscriber[] = []
  let quarantine: Quarantine
  let under: string[]
  let most: number
  let seen: string[]
  let gates: Map<string, () => void>
  beforeEach(() => {
    quarantine = new Quarantine()
    under = []
    most = 0
    seen = []
    gates = new Map()
  })
  afterEach(async () => {
    await Promise.all(subscribers.splice(0).map((subscriber) => subscriber.stop(100)))
  })

  const publish = (channel: string, ...ids: string[]) =>
    bench.store.messages.append(
      ids.map((id) => ({ id, channel, key: id, payload: null, headers: {}, correlationId: id })),
    )
  /** The process dies with all of the subscription under way. */
  async function dieWithAll(subscription: string): Promise<void> {
    await bench.store.messages.claim(subscription, { limit: 100, leaseMs: 1000 })
    bench.clock.advance(1001)
  }
  async function work(delivery: Delivery): Promise<Verdict> {
    const { id } = delivery.message
    seen.push(`${id} ${delivery.attempt}`)
    under.push(id)
    if (!id.startsWith('fresh')) most = Math.max(most, under.filter((one) => !one.startsWith('fresh')).length)
    await new Promise<void>((resolve) => gates.set(id, resolve))
    under = under.filter((one) => one !== id)
    return { kind: 'settle' }
  }
  async function start(subscription: string): Promise<void> {
    const { messages, keys, motor } = bench.store
    const deps = { messages, keys, motor, clock: bench.clock, crash: () => {}, random: () => 0.5, quarantine }
    const silent = {
      observe: () => {},
      beforeBury: async () => {},
      complain: (error: unknown) => assert.fail(String(error)),
    }
    const options = { channel: subscription, subscription, ordered: false, concurrency: 4, visibilityMs: 60_000 }
    const subscriber = new Subscriber({ ...deps, ...silent }, { ...options, retry: DEFAULT_RETRY, work })
    subscribers.push(subscriber)
    await subscriber.start()
  }
  const reached = (id: string) => eventually(() => gates.get(id))

  it('run one at a time, over all subscriptions of the process, and their waiting does not count as an attempt', async () => {
    await bench.store.messages.subscribe('a', 'a')
    await bench.store.messages.subscribe('b', 'b')
    await publish('a', 'a1', 'a2', 'a3')
    await publish('b', 'b1', 'b2')
    for (const subscription of ['a', 'b', 'a', 'b']) await dieWithAll(subscription)
    await start('a')
    await start('b')
    for (let count = 0; count < 5; count += 1) {
      const id = await eventually(() => under[0])
      const open = await reached(id)
      gates.delete(id)
      open()
      await eventually(() => !under.includes(id))
    }
    assert.equal(most, 1)
    assert.deepEqual([...seen].sort(), ['a1 3', 'a2 3', 'a3 3', 'b1 3', 'b2 3'])
  })

  it('do not hold up what is none for longer than they run', async () => {
    await bench.store.messages.subscribe('a', 'a')
    await publish('a', 'a1')
    await dieWithAll('a')
    await dieWithAll('a')
    await publish('a', 'fresh-1', 'fresh-2')
    await start('a')
    await reached('fresh-1')
    await reached('fresh-2')
    ;(await reached('a1'))()
    await publish('a', 'fresh-3')
    bench.store.motor.wake('a')
    await reached('fresh-3')
    for (const open of gates.values()) open()
  })
})
