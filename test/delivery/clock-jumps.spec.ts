import assert from 'node:assert/strict'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import { Effects } from '../../engine/delivery/effects.ts'
import { Hub } from '../../engine/hub.ts'
import type { Verdict } from '../../engine/delivery/subscriber.ts'
import type { Delivery } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { HUB_OPTIONS, UNOBSERVED } from '../support/hub.ts'
import { storeBench } from '../support/store-bench.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const SETTLE: Verdict = { kind: 'settle' }

describe('a clock that jumps (F32)', () => {
  const bench = storeBench()
  let hub: Hub
  let work: (delivery: Delivery) => Promise<Verdict>
  let stop: () => Promise<void>

  async function start(): Promise<void> {
    hub = new Hub(bench.store, bench.clock, HUB_OPTIONS, UNOBSERVED)
    const subscriber = hub.subscriber({
      ...{ channel: 'work', subscription: 'work', ordered: true, concurrency: 4, visibilityMs: 60_000 },
      retry: DEFAULT_RETRY,
      work: (delivery) => work(delivery),
    })
    await subscriber.start()
    stop = () => subscriber.stop(100)
  }
  afterEach(async () => {
    await stop()
    await hub.drain()
  })
  const publish = (id: string) =>
    hub.publish([{ id, channel: 'work', key: id, payload: null, headers: {}, correlationId: id }])
  const open = async () => (await bench.store.messages.counts()).reduce((sum, one) => sum + one.waiting + one.leased, 0)
  /** Looks now: what the clock says has changed by itself. */
  const wake = () => bench.store.motor.wake('work')

  it('a day forward while a delivery is under way: the partner is asked once, and the delivery ends', async () => {
    const effects = new Effects({ documents: bench.store.documents, clock: bench.clock })
    const answered = Promise.withResolvers<void>()
    let sent = 0
    work = async () => {
      await effects.perform({
        ...{ id: 'booking', partner: 'p', operation: 'book', subject: 's', repeatable: false },
        send: async () => {
          sent += 1
          await answered.promise
          return { outcome: 'answered', status: 200, body: null }
        },
      })
      return SETTLE
    }
    await start()
    await publish('m-1')
    await eventually(() => sent === 1)
    bench.clock.advance(DAY)
    wake()
    await publish('m-2')
    answered.resolve()
    await eventually(async () => (await open()) === 0)
    assert.equal(sent, 1)
  })

  it('an hour back while a delivery waits for its next try: it is tried when the clock gets there, and lost never', async () => {
    let tries = 0
    work = async () => {
      tries += 1
      const failure = { category: 'transient' as const, code: 'x', message: 'x', causes: [] }
      return tries === 1 ? { kind: 'fail', failure } : SETTLE
    }
    await start()
    await publish('m-1')
    await eventually(async () => tries === 1 && (await bench.store.messages.nextDue('work')) !== undefined)
    bench.clock.advance(-HOUR)
    wake()
    bench.clock.advance(HOUR + DEFAULT_RETRY.maxMs)
    wake()
    await eventually(async () => (await open()) === 0)
    assert.equal(tries, 2)
  })

  it('forward over the time of a timer and back again: it fires once', async () => {
    const told: string[] = []
    work = async ({ message }) => {
      told.push(message.id)
      return SETTLE
    }
    await start()
    const dueAt = bench.clock.now() + HOUR
    await bench.store.timers.schedule({ id: 't', topic: 'work', dueAt, payload: { key: 't' } })
    hub.pump('work')
    bench.clock.advance(DAY)
    bench.store.motor.wake('timer:work')
    await eventually(() => told.length === 1)
    bench.clock.advance(-DAY)
    bench.store.motor.wake('timer:work')
    bench.clock.advance(DAY)
    bench.store.motor.wake('timer:work')
    await publish('after')
    await eventually(() => told.includes('after'))
    assert.equal(told.length, 2)
    assert.equal(await bench.store.timers.get('t'), undefined)
  })
})
