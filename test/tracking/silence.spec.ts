import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Position } from '../../engine/canonical/index.ts'
import { Positions } from '../../engine/delivery/positions.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { Aboard } from '../../engine/tracking/aboard.ts'
import { Silence } from '../../engine/tracking/silence.ts'
import type { Told } from '../../engine/tracking/telling.ts'
import { type LifecycleBench, openLifecycle } from '../support/lifecycle.ts'
import { DEPOT, load, position, tell } from '../support/vehicles.ts'

const TOPIC = 'geofence.test'

describe('the silence of a vehicle', () => {
  let bench: LifecycleBench
  let told: Map<string, NewMessage>
  beforeEach(async () => {
    bench = await openLifecycle()
    told = new Map()
  })
  afterEach(() => bench.close())

  function silence(minutes = 30) {
    const { store, lifecycle, clock } = bench
    const publish = async (messages: NewMessage[]) => {
      for (const message of messages) told.set(message.id, message)
    }
    const { documents, timers, motor } = store
    const aboard = new Aboard({ lifecycle, clock })
    return new Silence({ aboard, documents, timers, motor, clock, publish }, { minutes, channel: TOPIC })
  }
  /** The vehicle is heard at a minute after noon. */
  async function heard(watch: Silence, minute: number): Promise<void> {
    const one: Position = position(minute, DEPOT)
    bench.clock.set(one.receivedAt)
    await new Positions({ documents: bench.store.documents, clock: bench.clock }).keep(one)
    await watch.heard(one)
  }
  /** What is due at a minute after noon is looked at. */
  async function look(watch: Silence, minute: number): Promise<number> {
    bench.clock.set(position(minute, DEPOT).at)
    const due = await bench.store.timers.claimDue(TOPIC, { limit: 10, leaseMs: 1000 })
    for (const { payload } of due) await watch.look(payload as never)
    for (const timer of due) await bench.store.timers.done(timer).catch(() => undefined)
    return due.length
  }
  const events = () => [...told.values()].map(({ payload }) => (payload as unknown as Told).event.data)

  it('is told of everything in it, once, when the time is over', async () => {
    for (const place of [1, 2]) await load(bench.lifecycle, `SO-${place}`, { place })
    await load(bench.lifecycle, 'SO-3', { place: 3, pickedUp: false })
    const watch = silence()
    await heard(watch, 0)
    assert.equal(await look(watch, 29), 0)
    assert.equal(await look(watch, 30), 1)
    assert.equal(await look(watch, 300), 0)
    assert.deepEqual(
      events().map(({ type, rawCode, occurredAt }) => [type, rawCode, occurredAt]),
      Array(2).fill(['tracking.expired', 'device.silent', '2026-03-02T12:30:00.000Z']),
    )
  })

  it('is not told while it is heard, and one timer is enough for any number of positions', async () => {
    await load(bench.lifecycle, 'SO-1')
    const watch = silence()
    for (const minute of [0, 1, 2, 20]) await heard(watch, minute)
    assert.equal(await look(watch, 30), 1)
    assert.equal(await look(watch, 49), 0)
    assert.deepEqual(events(), [])
    assert.equal(await look(watch, 50), 1)
    assert.equal(events().length, 1)
  })

  it('is told again when the vehicle was heard in between', async () => {
    await load(bench.lifecycle, 'SO-1')
    const watch = silence()
    await heard(watch, 0)
    await look(watch, 30)
    await heard(watch, 60)
    await look(watch, 90)
    assert.equal(events().length, 2)
  })

  it('is nobody’s business once everything is delivered, nor while nothing is in it', async () => {
    const watch = silence()
    await heard(watch, 0)
    assert.equal(await look(watch, 60), 0)
    await load(bench.lifecycle, 'SO-1')
    await heard(watch, 61)
    await tell(bench.lifecycle, 'SO-1', 'delivery.completed', 62)
    assert.equal(await look(watch, 120), 1)
    assert.deepEqual(events(), [])
  })

  it('is never told where the limit is 0', async () => {
    await load(bench.lifecycle, 'SO-1')
    const watch = silence(0)
    await heard(watch, 0)
    assert.equal(await look(watch, 600), 0)
  })
})
