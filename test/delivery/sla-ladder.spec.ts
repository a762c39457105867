import assert from 'node:assert/strict'
import { Calendar } from '../../engine/delivery/calendar.ts'
import { type SlaNotice, SlaTimers, slaChannel } from '../../engine/delivery/sla.ts'
import type { FiredTimer } from '../../engine/store/ports.ts'
import { weekdays } from '../support/calendars.ts'
import { storeBench } from '../support/store-bench.ts'

const MINUTE = 60_000
const TIMER = 'silent-feed'
const KEY = 'shp_1'

describe('SlaTimers with a ladder', () => {
  const bench = storeBench()
  let sla: SlaTimers
  beforeEach(() => {
    const { documents, timers, motor } = bench.store
    sla = new SlaTimers({ documents, timers, motor })
  })

  const start = (more: object = {}) =>
    sla.start({
      ...{ timer: TIMER, key: KEY, startedAt: bench.clock.now(), term: { amount: 100, unit: 'minutes' } },
      ...{ warnShare: 1, ladder: [30, 90], correlationId: 'c' },
      ...more,
    })
  const fired = () => bench.store.timers.claimDue(slaChannel(TIMER), { limit: 10, leaseMs: 1000 })
  /** What falls due after so many minutes and still holds, as `phase` or `phase step`. */
  async function told(minutes: number): Promise<string[]> {
    bench.clock.advance(minutes * MINUTE)
    const words: string[] = []
    for (const timer of await fired()) {
      const notice = timer.payload as unknown as SlaNotice
      if (await sla.holds(notice)) words.push([notice.phase, notice.step].filter(Boolean).join(' '))
      await bench.store.timers.done(timer as FiredTimer)
    }
    return words
  }

  it('escalates step by step after the breach, and then says no more', async () => {
    await start()
    assert.deepEqual(await told(100), ['breach'])
    assert.deepEqual(await told(29), [])
    assert.deepEqual(await told(1), ['escalation 1'])
    assert.deepEqual(await told(60), ['escalation 2'])
    assert.deepEqual(await told(10_000), [])
  })

  it('says nothing without one', async () => {
    await start({ ladder: [] })
    assert.deepEqual(await told(100), ['breach'])
    assert.deepEqual(await told(10_000), [])
  })

  it('ends once what it waits for has happened', async () => {
    await start()
    assert.deepEqual([await told(100), await told(30)], [['breach'], ['escalation 1']])
    assert.equal(await sla.stop(TIMER, KEY), true)
    assert.deepEqual(await told(10_000), [])
  })

  it('keeps what is left until the next step over a pause', async () => {
    await start()
    await told(110)
    await sla.pause(TIMER, KEY, bench.clock.now())
    assert.deepEqual(await told(10_000), [])
    await sla.resume(TIMER, KEY, bench.clock.now())
    assert.deepEqual([await told(19), await told(1), await told(60)], [[], ['escalation 1'], ['escalation 2']])
  })

  it('tells a step again on a redelivery only, and never one that was stopped on its way', async () => {
    await start()
    await told(100)
    bench.clock.advance(30 * MINUTE)
    const [timer] = await fired()
    const step = timer?.payload as unknown as SlaNotice
    assert.deepEqual([await sla.holds(step), await sla.holds(step)], [true, true])
    await sla.stop(TIMER, KEY)
    assert.equal(await sla.holds(step), false)
  })

  it('climbs in business time', async () => {
    const calendar = new Calendar(weekdays('08:00-16:00', { zone: 'UTC' }))
    // a Friday: an hour before it closes
    bench.clock.set('2026-03-06T15:00:00Z')
    await start({ calendar, term: { amount: 30, unit: 'minutes' }, ladder: [60] })
    assert.deepEqual(await told(30), ['breach'])
    bench.clock.set('2026-03-09T08:29:00Z')
    assert.deepEqual([await told(0), await told(1)], [[], ['escalation 1']])
  })

  for (const ladder of [
    [0],
    [-1, 5],
    [30, 30],
    [60, 30],
    [Number.NaN],
    [600_000],
    Array.from({ length: 11 }, (_, i) => i + 1),
  ])
    it(`refuses ${JSON.stringify(ladder)}`, () =>
      assert.rejects(start({ ladder }), { category: 'invalid', code: 'sla.ladder', field: 'ladder' }))
})

describe('SlaTimers that are started anew', () => {
  const bench = storeBench()
  let sla: SlaTimers
  beforeEach(() => {
    const { documents, timers, motor } = bench.store
    sla = new SlaTimers({ documents, timers, motor })
  })
  const sign = (startedAt = bench.clock.now()) =>
    sla.start({
      ...{ timer: TIMER, key: KEY, startedAt, term: { amount: 100, unit: 'minutes' }, warnShare: 1 },
      ...{ correlationId: 'c', anew: true },
    })

  it('are due so long after the last sign of life, whatever came of the time before', async () => {
    await sign()
    bench.clock.advance(60 * MINUTE)
    const { dueAt } = await sign()
    assert.equal(dueAt - bench.clock.now(), 100 * MINUTE)
    bench.clock.advance(100 * MINUTE)
    await sla.holds({ timer: TIMER, key: KEY, phase: 'breach', dueAt, correlationId: 'c' })
    bench.clock.advance(MINUTE)
    assert.equal((await sign()).state, 'running')
    await sla.pause(TIMER, KEY, bench.clock.now())
    bench.clock.advance(MINUTE)
    assert.equal((await sign()).state, 'running')
  })

  it('take no notice of an older message that comes again', async () => {
    const old = bench.clock.now()
    await sign()
    bench.clock.advance(MINUTE)
    const newer = await sign()
    assert.deepEqual(await sign(old), newer)
    await sla.stop(TIMER, KEY)
    assert.equal((await sign(old)).state, 'stopped')
  })
})
