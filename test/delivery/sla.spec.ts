import assert from 'node:assert/strict'
import { Calendar } from '../../engine/delivery/calendar.ts'
import { type SlaNotice, type SlaState, SlaTimers, slaChannel } from '../../engine/delivery/sla.ts'
import type { Term } from '../../engine/delivery/sla-term.ts'
import type { FiredTimer } from '../../engine/store/ports.ts'
import { weekdays } from '../support/calendars.ts'
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
      term: { amount: 100, unit: 'minutes' },
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

  it('does not start by what was told before the end and comes by only behind it', async () => {
    const startedAt = bench.clock.now()
    assert.equal(await sla.stop('missing-pod', 'shp_1', startedAt + 1), false)
    assert.equal((await start({ startedAt })).state, 'stopped')
    assert.deepEqual(await due(100), [])
    assert.equal((await start()).state, 'running', 'told later')
    assert.equal(await sla.stop('missing-pod', 'shp_2', startedAt), false)
    assert.equal((await start({ key: 'shp_2', startedAt })).state, 'running', 'told in the same moment')
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

  for (const [amount, unit] of [
    [0, 'minutes'],
    [-1, 'hours'],
    [Number.NaN, 'minutes'],
    [Number.POSITIVE_INFINITY, 'days'],
    [1, 'fortnights'],
    [1, 'end-of-day'],
  ] as const)
    it(`refuses a time of ${amount} ${unit} without a calendar`, () =>
      assert.rejects(start({ term: { amount, unit } }), { category: 'invalid', code: 'sla.duration' }))

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

describe('SlaTimers by a business calendar', () => {
  const bench = storeBench()
  const calendar = new Calendar(weekdays('08:00-16:00', { zone: 'UTC' }))
  let sla: SlaTimers
  beforeEach(() => {
    const { documents, timers, motor } = bench.store
    sla = new SlaTimers({ documents, timers, motor })
  })

  const start = (from: string, term: Term) => {
    bench.clock.set(from)
    const startedAt = bench.clock.now()
    return sla.start({
      timer: 'missing-pod',
      key: 'shp_1',
      startedAt,
      term,
      calendar,
      warnShare: 0.75,
      correlationId: 'c',
    })
  }
  const iso = (at: number) => new Date(at).toISOString().slice(0, 16)

  it('warns at a share of the business time and breaches at its end', async () => {
    // a Friday
    const { warnAt, dueAt } = await start('2026-03-06T12:00:00Z', { amount: 8, unit: 'hours' })
    assert.deepEqual([iso(warnAt), iso(dueAt)], ['2026-03-09T10:00', '2026-03-09T12:00'])
    const byDay = await sla.start({
      timer: 'by-day',
      key: 'shp_1',
      startedAt: bench.clock.now(),
      term: { amount: 1, unit: 'end-of-day' },
      calendar,
      warnShare: 0.5,
      correlationId: 'c',
    })
    assert.deepEqual([iso(byDay.warnAt), iso(byDay.dueAt)], ['2026-03-09T10:00', '2026-03-09T16:00'])
  })

  it('keeps what is left of the business time over a pause, whenever it ends', async () => {
    await start('2026-03-06T12:00:00Z', { amount: 8, unit: 'hours' })
    await sla.pause('missing-pod', 'shp_1', Date.parse('2026-03-06T14:00:00Z'))
    // six hours are left, four of them until the warning
    await sla.resume('missing-pod', 'shp_1', Date.parse('2026-03-11T03:00:00Z'))
    const found = await bench.store.documents.find<SlaState>('sla', 'shp_1')
    const state = found[0]!.body
    assert.deepEqual([iso(state.warnAt), iso(state.dueAt)], ['2026-03-11T12:00', '2026-03-11T14:00'])
    assert.deepEqual(state.calendar, calendar.plan)
  })

  it('speaks once when it is paused and resumed while closed', async () => {
    const before = await start('2026-03-06T12:00:00Z', { amount: 8, unit: 'hours' })
    await sla.pause('missing-pod', 'shp_1', Date.parse('2026-03-07T03:00:00Z'))
    await sla.resume('missing-pod', 'shp_1', Date.parse('2026-03-08T03:00:00Z'))
    const [found] = await bench.store.documents.find<SlaState>('sla', 'shp_1')
    assert.deepEqual(found?.body, before)
  })
})
