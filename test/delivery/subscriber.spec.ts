import assert from 'node:assert/strict'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import {
  ownerOf,
  Subscriber,
  type SubscriberEvent,
  type SubscriberOptions,
  type Verdict,
} from '../../engine/delivery/subscriber.ts'
import { CartageError, type ErrorCategory } from '../../engine/errors.ts'
import type { Delivery } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { storeBench } from '../support/store-bench.ts'

const SETTLE: Verdict = { kind: 'settle' }
const failed = (category: ErrorCategory, code = 'x'): Verdict => ({
  kind: 'fail',
  failure: { category, code, message: 'x', causes: [] },
})

describe('Subscriber', () => {
  const bench = storeBench()
  let subscriber: Subscriber
  let events: [SubscriberEvent, number][]
  let complaints: unknown[]
  let announced: string[]
  let seen: Delivery[]
  let work: (delivery: Delivery) => Promise<Verdict>
  beforeEach(() => {
    events = []
    complaints = []
    announced = []
    seen = []
    work = async () => SETTLE
  })
  afterEach(() => subscriber.stop(100))

  async function start(options: Partial<SubscriberOptions> = {}): Promise<void> {
    const { messages, keys, motor } = bench.store
    subscriber = new Subscriber(
      {
        messages,
        keys,
        motor,
        clock: bench.clock,
        crash: () => {},
        random: () => 0.5,
        observe: (event, delivery) => events.push([event, delivery.attempt]),
        beforeBury: async (delivery, failure) => void announced.push(`${delivery.message.id} ${failure.code}`),
        complain: (error) => complaints.push(error),
      },
      {
        channel: 'work',
        subscription: 'work',
        ordered: true,
        concurrency: 4,
        visibilityMs: 60_000,
        retry: DEFAULT_RETRY,
        work: (delivery) => {
          seen.push(delivery)
          return work(delivery)
        },
        ...options,
      },
    )
    await subscriber.start()
  }
  /** Work that takes as long as the test likes; the answer lets it settle. */
  function holdWork(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    work = () => promise.then(() => SETTLE)
    return resolve
  }
  async function publish(id = 'm-1', key = id): Promise<void> {
    await bench.store.messages.append([{ id, channel: 'work', key, payload: null, headers: {}, correlationId: id }])
    wake()
  }
  const wake = () => bench.store.motor.wake('work')
  const ended = (count: number) => eventually(() => events.length >= count)
  const claim = (owner: string) => bench.store.keys.claim({ key: 'k', owner, hash: 'h', ttlMs: 1000 })
  /** The pause after attempt n of a message that fails each time. */
  async function attempts(count: number): Promise<void> {
    for (let attempt = 1; attempt <= count; attempt += 1) {
      await ended(attempt)
      bench.clock.advance(DEFAULT_RETRY.maxMs * 2)
      wake()
    }
  }

  it('settles what went well, once', async () => {
    await start()
    await publish()
    await ended(1)
    wake()
    assert.deepEqual(events, [['settled', 1]])
    assert.deepEqual(await bench.store.messages.claim('work', { limit: 1, leaseMs: 1 }), [])
  })

  it('confirms the keys of what went well, and frees those of what did not', async () => {
    for (const [verdict, outcome] of [
      [SETTLE, 'repeated'],
      [failed('refused'), 'first'],
    ] as const) {
      work = async (delivery) => {
        await claim(ownerOf(delivery))
        return verdict
      }
      await start()
      await publish(`m-${outcome}`)
      await ended(events.length + 1)
      await subscriber.stop(1000)
      assert.equal((await claim('another')).outcome, outcome)
      await bench.store.keys.release('another')
      bench.clock.advance(2000)
    }
  })

  it('tries a passing fault again after the pause, and not before', async () => {
    work = async ({ attempt }) => (attempt === 1 ? failed('transient') : SETTLE)
    await start()
    await publish()
    await ended(1)
    bench.clock.advance(DEFAULT_RETRY.baseMs - 1)
    assert.deepEqual(await bench.store.messages.claim('work', { limit: 1, leaseMs: 1 }), [])
    bench.clock.advance(1)
    wake()
    await ended(2)
    assert.deepEqual(events, [
      ['retried', 1],
      ['settled', 2],
    ])
  })

  it('announces a dead letter before it buries it', async () => {
    work = async () => failed('invalid', 'no.good')
    await start()
    await publish()
    await ended(1)
    assert.deepEqual(announced, ['m-1 no.good'])
    const { items } = await bench.store.messages.deadLetters({ subscription: 'work' }, { limit: 9 })
    assert.deepEqual(
      items.map(({ failure }) => failure.code),
      ['no.good'],
    )
  })

  for (const [what, thrown, category] of [
    ['any error', new Error('boom'), 'bug'],
    ['one of ours', new CartageError('refused', 'no', 'no'), 'refused'],
  ] as const)
    it(`takes ${what} that is thrown for a failure`, async () => {
      work = async () => {
        throw thrown
      }
      await start({ retry: { ...DEFAULT_RETRY, maxAttempts: 1 } })
      await publish()
      await ended(1)
      const { items } = await bench.store.messages.deadLetters({ subscription: 'work' }, { limit: 9 })
      assert.equal(items[0]?.failure.category, category)
    })

  it('waits for a partner that is away by the clock, far beyond the number of attempts', async () => {
    let away = true
    work = async () => (away ? failed('outage') : SETTLE)
    await start({ retry: { ...DEFAULT_RETRY, maxAttempts: 2 } })
    await publish()
    await attempts(20)
    assert.ok(
      events.every(([event]) => event === 'retried'),
      JSON.stringify(events.at(-1)),
    )
    away = false
    await eventually(() => events.at(-1)?.[0] === 'settled')
  })

  it('gives up on a message that takes the process down each time', async () => {
    await bench.store.messages.subscribe('work', 'work', { ordered: true })
    await publish()
    for (let crash = 1; crash <= 5; crash += 1) {
      assert.equal((await bench.store.messages.claim('work', { limit: 1, leaseMs: 10 })).length, 1)
      bench.clock.advance(11)
    }
    await start({ retry: { ...DEFAULT_RETRY, maxAttempts: 2 } })
    await ended(1)
    assert.deepEqual(seen, [])
    const { items } = await bench.store.messages.deadLetters({ subscription: 'work' }, { limit: 9 })
    assert.equal(items[0]?.failure.code, 'delivery.poison')
  })

  it('gives back what was abandoned, without counting the attempt', async () => {
    let first = true
    work = async () => {
      const verdict: Verdict = first ? { kind: 'abandon' } : SETTLE
      first = false
      return verdict
    }
    await start()
    await publish()
    await ended(2)
    assert.deepEqual(events, [
      ['abandoned', 1],
      ['settled', 1],
    ])
  })

  it('has no more under way than it may', async () => {
    const release = holdWork()
    await start({ concurrency: 2 })
    await Promise.all(['a', 'b', 'c'].map((id) => publish(id)))
    await eventually(() => seen.length === 2)
    assert.equal(subscriber.busy, 2)
    release()
    await ended(3)
  })

  it('takes nothing after it was stopped, and waits for what is under way', async () => {
    const release = holdWork()
    await start()
    await publish('a')
    await eventually(() => seen.length === 1)
    const stopped = subscriber.stop(5000)
    await publish('b')
    release()
    await stopped
    assert.deepEqual(events, [['settled', 1]])
    assert.equal(seen.length, 1)
  })

  it('takes nothing when it was stopped before its start was through', async () => {
    const starting = start()
    await subscriber.stop(100)
    await starting
    await start({ subscription: 'next' })
    await publish('a')
    await publish('b')
    await ended(2)
    assert.deepEqual([...new Set(seen.map(({ subscription }) => subscription))], ['next'])
  })

  it('complains, and writes nothing, when somebody else has the delivery by now', async () => {
    work = async () => {
      bench.clock.advance(10_000_000)
      await bench.store.messages.claim('work', { limit: 1, leaseMs: 60_000 })
      return SETTLE
    }
    await start()
    await publish()
    await eventually(() => complaints.length === 1)
    assert.equal((complaints[0] as CartageError).code, 'store.stale')
    assert.deepEqual(events, [])
  })
})
