import assert from 'node:assert/strict'
import type { Store, Timer, TimerStore } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { failsWith, ILL_FORMED, type OpenClean, refuses, STRANGE } from './support.ts'

export function timerStoreContract(name: string, open: OpenClean): void {
  describe(`timer store: ${name}`, () => {
    const clock = new SettableClock()
    let store: Store
    let timers: TimerStore
    const timer = (id: string, afterMs: number, more: Partial<Timer> = {}): Timer => ({
      id,
      topic: 'sla',
      dueAt: clock.now() + afterMs,
      payload: { id },
      ...more,
    })
    const claim = (limit = 10, leaseMs = 1_000) => timers.claimDue('sla', { limit, leaseMs })
    const claimedIds = async (limit?: number) => (await claim(limit)).map(({ id }) => id)

    beforeEach(async () => {
      store = await open(clock)
      timers = store.timers
    })
    afterEach(() => store.close())

    describe('lifecycle', () => {
      it('is not given before it is due, and then with all it was set with', async () => {
        const set = timer('t1', 100)
        await timers.schedule(set)
        assert.deepEqual(await timers.get('t1'), set)
        clock.advance(99)
        assert.deepEqual(await claim(), [])
        clock.advance(1)
        const [fired, ...others] = await claim()
        assert.deepEqual(others, [])
        assert.deepEqual(fired, { ...set, token: fired!.token })
        await timers.done(fired!)
        assert.equal(await timers.get('t1'), undefined)
        clock.advance(1_000_000)
        assert.deepEqual(await claim(), [])
      })

      it('is cancelled once', async () => {
        await timers.schedule(timer('t1', 0))
        assert.equal(await timers.cancel('t1'), true)
        assert.equal(await timers.cancel('t1'), false)
        assert.equal(await timers.get('t1'), undefined)
        assert.deepEqual(await claim(), [])
      })

      it('is replaced by one with the same id, also under another topic', async () => {
        await timers.schedule(timer('t1', 0))
        await timers.schedule(timer('t1', 500, { payload: 2 }))
        assert.deepEqual(await claim(), [])
        await timers.schedule(timer('t1', 0, { topic: 'eta' }))
        assert.deepEqual(await claim(), [])
        assert.equal((await timers.claimDue('eta', { limit: 1, leaseMs: 1 })).length, 1)
      })

      it('is given to its topic only', async () => {
        await timers.schedule(timer('t1', 0))
        assert.deepEqual(await timers.claimDue('other', { limit: 1, leaseMs: 1 }), [])
        assert.equal(await timers.nextDue('other'), undefined)
      })

      it('keeps no hold of the arguments', async () => {
        const set = timer('t1', 0, { payload: { list: [1] } })
        const scheduled = timers.schedule(set)
        Object.assign(set, { topic: 'other', payload: 2 })
        await scheduled
        assert.deepEqual((await claim())[0]!.payload, { list: [1] })
      })
    })

    describe('ordering and paging', () => {
      it('gives the longest due first, at most so many', async () => {
        for (const [id, after] of Object.entries({ c: 30, a: 10, b: 20, d: 9_000 }))
          await timers.schedule(timer(id, after))
        clock.advance(100)
        assert.deepEqual(await claimedIds(2), ['a', 'b'])
        assert.deepEqual(await claimedIds(2), ['c'])
      })

      it('tells when the next is due: a timer, or the end of a lease', async () => {
        assert.equal(await timers.nextDue('sla'), undefined)
        await timers.schedule(timer('late', 5_000))
        await timers.schedule(timer('t1', 100))
        assert.equal(await timers.nextDue('sla'), clock.now() + 100)
        clock.advance(100)
        const [fired] = await claim(1, 700)
        assert.equal(await timers.nextDue('sla'), clock.now() + 700)
        await timers.done(fired!)
        assert.equal(await timers.nextDue('sla'), clock.now() + 4_900)
      })
    })

    describe('concurrency', () => {
      it('gives each to one of many', async () => {
        for (let index = 0; index < 30; index++) await timers.schedule(timer(`t${index}`, 0))
        const claims = await Promise.all(Array.from({ length: 10 }, () => claim(5)))
        const ids = claims.flat().map(({ id }) => id)
        assert.equal(ids.length, 30)
        assert.equal(new Set(ids).size, 30)
      })

      it('is due again when its lease lapses, and fences the former holder off', async () => {
        await timers.schedule(timer('t1', 0))
        const [zombie] = await claim(1, 1_000)
        clock.advance(999)
        assert.deepEqual(await claim(), [])
        clock.advance(1)
        const [holder] = await claim(1, 1_000)
        assert.equal(holder!.dueAt, zombie!.dueAt)
        await failsWith('store.stale', timers.done(zombie!))
        await timers.done(holder!)
        await failsWith('store.stale', timers.done(holder!))
      })

      it('fences off whoever was firing one that is replaced', async () => {
        await timers.schedule(timer('t1', 0))
        const [zombie] = await claim()
        const next = timer('t1', 5_000)
        await timers.schedule(next)
        await failsWith('store.stale', timers.done(zombie!))
        assert.deepEqual(await timers.get('t1'), next)
      })

      it('fences off whoever was firing one that is cancelled and set and fired anew', async () => {
        await timers.schedule(timer('t1', 0))
        const [zombie] = await claim()
        await timers.cancel('t1')
        await timers.schedule(timer('t1', 0))
        await failsWith('store.stale', timers.done(zombie!))
        const [holder] = await claim()
        await failsWith('store.stale', timers.done(zombie!))
        await timers.done(holder!)
      })
    })

    it('tells strange ids and topics apart', async () => {
      for (const text of STRANGE)
        await timers.schedule(timer(text, 0, { topic: text, payload: { text, half: ILL_FORMED } }))
      for (const text of STRANGE) {
        const [fired, ...others] = await timers.claimDue(text, { limit: 9, leaseMs: 1 })
        assert.deepEqual(others, [])
        assert.deepEqual([fired!.id, fired!.payload], [text, { text, half: ILL_FORMED }])
      }
    })

    it('refuses unusable arguments and a closed store', async () => {
      for (const wrong of [
        { id: '' },
        { id: ILL_FORMED },
        { topic: '' },
        { dueAt: Number.NaN },
        { payload: undefined as never },
      ]) {
        await refuses('store.invalid', () => timers.schedule(timer('t1', 0, wrong)))
      }
      await refuses('store.invalid', () => claim(0))
      await store.close()
      await failsWith('store.closed', timers.schedule(timer('t1', 0)))
      await failsWith('store.closed', claim())
      await failsWith('store.closed', timers.cancel('t1'))
    })
  })
}
