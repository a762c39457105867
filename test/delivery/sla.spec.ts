import assert from 'node:assert/strict'
import { type SlaNotice, SlaTimers, slaChannel } from '../../engine/delivery/sla.ts'
import type { FiredTimer } from '../../engine/store/ports.ts'
import { storeBench } from '../support/store-bench.ts'

const MINUTE = 60_000
const TOPIC = slaChannel('missing-pod')

describe('SlaTimers', () => {
  const bench = storeBench()
  let sla: SlaTimers
  beforeEach(() => {
    const { documents, timers, motor } = bench.store
    sla = new SlaTimers({ documents, timers, motor })
  })

  const start = (more: object = {}) =>
    sla.start({
      timer: 'missing-pod',
      key: 'shp_1',
      startedAt: bench.clock.now(),
      durationMs: 100 * MINUTE,
      warnShare: 0.8,
      correlationId: 'c',
      ...more,
    })
  /** What falls due at this time, taken for good. */
  async function due(minutes = 0): Promise<SlaNotice[]> {
    bench.clock.advance(minutes * MINUTE)
    const fired = await bench.store.timers.claimDue(TOPIC, { limit: 10, leaseMs: 1000 })
    await Promise.all(fired.map((timer: FiredTimer) => bench.store.timers.done(timer)))
    return fired.map(({ payload }) => payload as unknown as SlaNotice)
  }
  const phases = async (minutes: number) => (await due(minutes)).map(({ phase }) => phase)

  it('warns at its share of the time and breaches at the end', async () => {
    await start()
    assert.deepEqual(await phases(79), [])
    assert.deepEqual(await phases(1), ['warning'])
    assert.deepEqual(await phases(19), [])
    const [breach] = await due(1)
    assert.equal(breach?.phase, 'breach')
    assert.equal(await sla.holds(breach!), true)
    assert.equal(await sla.holds(breach!), true, 'a redelivery holds again')
  })

  it('gives no warning at a hundred per cent', async () => {
    await start({ warnShare: 1 })
    assert.deepEqual(await phases(100), ['breach'])
  })

  it('says nothing once it is stopped, and what was on its way does not hold', async () => {
    await start()
    const [warning] = await due(80)
    assert.equal(await sla.stop('missing-pod', 'shp_1'), true)
    assert.equal(await sla.holds(warning!), false)
    assert.deepEqual(await due(100), [])
    assert.equal(await sla.stop('missing-pod', 'shp_1'), false)
  })

  it('does not start again by the same message, but by a later one after it was stopped', async () => {
    const startedAt = bench.clock.now()
    const first = await start()
    bench.clock.advance(MINUTE)
    assert.deepEqual(await start(), first, 'runs already')
    await sla.stop('missing-pod', 'shp_1')
    assert.equal((await start({ startedAt })).state, 'stopped')
    assert.equal((await start()).state, 'running')
  })

  it('keeps the time that is left over a pause', async () => {
    await start()
    bench.clock.advance(30 * MINUTE)
    await sla.pause('missing-pod', 'shp_1', bench.clock.now())
    assert.deepEqual(await due(1000), [])
    await sla.resume('missing-pod', 'shp_1', bench.clock.now())
    assert.deepEqual(await phases(49), [])
    assert.deepEqual(await phases(1), ['warning'])
    assert.deepEqual(await phases(20), ['breach'])
  })

  it('takes stop, pause and resume of what does not run for no error', async () => {
    const now = bench.clock.now()
    assert.equal(await sla.stop('missing-pod', 'nobody'), false)
    assert.equal(await sla.pause('missing-pod', 'nobody', now), false)
    assert.equal(await sla.resume('missing-pod', 'nobody', now), false)
    await start()
    assert.equal(await sla.resume('missing-pod', 'shp_1', now), false)
  })

  it('keeps keys and agreements apart', async () => {
    await start()
    await start({ key: 'shp_2' })
    await sla.stop('missing-pod', 'shp_1')
    await sla.stop('another', 'shp_2')
    assert.deepEqual(
      (await due(100)).filter(({ phase }) => phase === 'breach').map(({ key }) => key),
      ['shp_2'],
    )
  })

  for (const durationMs of [0, -1, Number.NaN])
    it(`refuses a time of ${durationMs}`, () =>
      assert.rejects(start({ durationMs }), { category: 'invalid', code: 'sla.duration' }))

  it('sets the timers again when a crash came between the state and them', async () => {
    const state = await start()
    for (const timer of await bench.store.timers.claimDue(TOPIC, { limit: 10, leaseMs: 1 })) assert.fail(timer.id)
    await forgetTimers()
    await start({ startedAt: state.startedAt })
    assert.deepEqual(await phases(80), ['warning'])
    await sla.pause('missing-pod', 'shp_1', bench.clock.now())
    await sla.resume('missing-pod', 'shp_1', bench.clock.now())
    await forgetTimers()
    await sla.resume('missing-pod', 'shp_1', bench.clock.now())
    assert.deepEqual(await phases(20), ['breach'])
  })

  /** As if the process had died right after it had written the state. */
  async function forgetTimers(): Promise<void> {
    for (let next = await bench.store.timers.nextDue(TOPIC); next !== undefined; ) {
      const [now] = [bench.clock.now()]
      bench.clock.set(next)
      const fired = await bench.store.timers.claimDue(TOPIC, { limit: 10, leaseMs: 1000 })
      await Promise.all(fired.map((timer) => bench.store.timers.done(timer)))
      bench.clock.set(now)
      next = await bench.store.timers.nextDue(TOPIC)
    }
  }
})
