import assert from 'node:assert/strict'
import { TimerPump, timerWake } from '../../engine/delivery/timer-pump.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { storeBench } from '../support/store-bench.ts'

describe('TimerPump', () => {
  const bench = storeBench()
  let pump: TimerPump
  let published: NewMessage[]
  let complaints: unknown[]
  /** How often publishing fails before it works. */
  let failures: number
  beforeEach(() => {
    published = []
    complaints = []
    failures = 0
    pump = started()
  })
  afterEach(() => pump.stop())

  function started(): TimerPump {
    const { timers, motor } = bench.store
    const one = new TimerPump(
      {
        timers,
        motor,
        clock: bench.clock,
        crash: () => {},
        publish: async (messages) => {
          failures -= 1
          if (failures >= 0) throw new Error('the disk is full')
          published.push(...messages)
        },
        complain: (error) => complaints.push(error),
      },
      'sla.x',
    )
    one.start()
    return one
  }
  const schedule = async (id: string, dueAt: number, payload: object = {}) => {
    await bench.store.timers.schedule({ id, topic: 'sla.x', dueAt, payload: payload as never })
    wake()
  }
  const wake = () => bench.store.motor.wake(timerWake('sla.x'))

  it('makes one message of a timer that is due, and then the timer is done', async () => {
    const dueAt = bench.clock.now()
    await schedule('t-1', dueAt, { key: 'shp_1', correlationId: 'c' })
    await eventually(async () => (await bench.store.timers.get('t-1')) === undefined)
    assert.equal(published.length, 1)
    const [{ channel, key, correlationId, headers }] = published as [NewMessage]
    assert.deepEqual({ channel, key, correlationId }, { channel: 'sla.x', key: 'shp_1', correlationId: 'c' })
    assert.deepEqual(headers, { timer: 't-1', due: new Date(dueAt).toISOString() })
  })

  it('makes none before the time', async () => {
    await schedule('later', bench.clock.now() + 1000)
    await schedule('now', bench.clock.now())
    await eventually(() => published.length === 1)
    assert.equal(published[0]?.key, 'now')
    bench.clock.advance(1000)
    wake()
    await eventually(() => published.length === 2)
  })

  it('tells what fell due while nobody looked', async () => {
    await pump.stop()
    for (const n of [1, 2, 3]) await schedule(`t-${n}`, bench.clock.now() + n)
    bench.clock.advance(1000)
    pump = started()
    await eventually(() => published.length === 3)
  })

  it('gives a timer that comes again after a crash the same message', async () => {
    failures = 0
    const dueAt = bench.clock.now()
    const [fired] = await claimed('t-1', dueAt)
    assert.ok(fired)
    bench.clock.advance(60_000)
    wake()
    await eventually(() => published.length === 1)
    const first = published[0]?.id
    await schedule('t-1', dueAt)
    await eventually(() => published.length === 2)
    assert.equal(published[1]?.id, first)
    await schedule('t-1', dueAt - 1)
    await eventually(() => published.length === 3)
    assert.notEqual(published[2]?.id, first, 'another time is another message')
  })

  it('fires once when the clock jumps ahead, and no second time when it is set back', async () => {
    const dueAt = bench.clock.now() + 3_600_000
    await schedule('t-1', dueAt)
    bench.clock.advance(86_400_000)
    wake()
    await eventually(() => published.length === 1)
    bench.clock.set(dueAt - 7_200_000)
    await schedule('t-2', bench.clock.now())
    await eventually(() => published.length === 2)
    bench.clock.set(dueAt + 1)
    await schedule('t-3', bench.clock.now())
    await eventually(() => published.length === 3)
    assert.deepEqual(
      published.map(({ headers }) => headers.timer),
      ['t-1', 't-2', 't-3'],
    )
  })

  it('does not fire before its time when the clock is set back, and then does', async () => {
    const dueAt = bench.clock.now() + 1000
    await schedule('t-1', dueAt)
    bench.clock.set(dueAt - 3_600_000)
    await schedule('now', bench.clock.now())
    await eventually(() => published.length === 1)
    assert.equal(published[0]?.headers.timer, 'now')
    bench.clock.set(dueAt)
    wake()
    await eventually(() => published.length === 2)
  })

  /** A timer that another process took and did not finish. */
  async function claimed(id: string, dueAt: number) {
    await bench.store.timers.schedule({ id, topic: 'sla.x', dueAt, payload: null })
    return bench.store.timers.claimDue('sla.x', { limit: 1, leaseMs: 60_000 })
  }

  it('keeps the timer when its message cannot be stored, and tries again', async () => {
    failures = 1
    await schedule('t-1', bench.clock.now())
    await eventually(() => complaints.length === 1)
    assert.ok(await bench.store.timers.get('t-1'))
    bench.clock.advance(60_000)
    wake()
    await eventually(() => published.length === 1)
  })
})
