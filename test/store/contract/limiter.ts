import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Limiter, Store } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { type OpenClean, refuses } from './support.ts'

export function limiterContract(name: string, open: OpenClean): void {
  describe(`limiter: ${name}`, () => {
    const clock = new SettableClock()
    let store: Store
    let limiter: Limiter
    const rate = { tokens: 5, perMs: 1_000 }
    const policy = { openAfter: 3, openMs: 10_000 }

    beforeEach(async () => {
      store = await open(clock)
      limiter = store.limiter
    })
    afterEach(() => store.close())

    describe('tokens', () => {
      const take = (key = 'uber') => limiter.take(key, rate)

      it('go out at once up to the size of the bucket, then at the rate', async () => {
        for (let index = 0; index < 5; index++) assert.equal(await take(), 0)
        assert.equal(await take(), 200)
        clock.advance(199)
        assert.equal(await take(), 1)
        clock.advance(1)
        assert.equal(await take(), 0)
        assert.equal(await take(), 200)
      })

      it('are not used up by those who were told to wait', async () => {
        for (let index = 0; index < 50; index++) await take()
        clock.advance(200)
        assert.equal(await take(), 0)
      })

      it('are counted per key', async () => {
        for (let index = 0; index < 5; index++) await take('a')
        assert.notEqual(await take('a'), 0)
        assert.equal(await take('b'), 0)
      })

      it('never go out faster than the rate allows, and all waiting is enough', async () => {
        let run = 0
        await fc.assert(
          fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), async (waits) => {
            const key = `run${run++}`
            const gone: number[] = []
            for (const wait of waits) {
              clock.advance(wait)
              const told = await limiter.take(key, rate)
              if (told === 0) gone.push(clock.now())
              else {
                clock.advance(told)
                assert.equal(await limiter.take(key, rate), 0, 'waited as told and was refused')
                gone.push(clock.now())
              }
            }
            for (const [index, at] of gone.entries()) {
              // In any span at most a full bucket and what flowed in meanwhile.
              const from = gone.findIndex((earlier) => at - earlier <= rate.perMs)
              assert.ok(index - from + 1 <= 2 * rate.tokens, 'more than the rate allows')
            }
          }),
          { numRuns: 40 },
        )
      })

      it('do not wait long for a clock that was set back', async () => {
        await take()
        clock.advance(-86_400_000)
        for (let index = 0; index < 5; index++) await take()
        assert.ok((await take()) <= 1_000)
      })

      it('wait out a hold, the longest one told', async () => {
        await limiter.holdUntil('uber', clock.now() + 3_000)
        await limiter.holdUntil('uber', clock.now() + 500)
        assert.equal(await take(), 3_000)
        assert.equal(await take('other'), 0)
        clock.advance(2_999)
        assert.equal(await take(), 1)
        clock.advance(1)
        assert.equal(await take(), 0)
      })

      it('refuse a rate that means nothing', async () => {
        for (const wrong of [
          { tokens: 0, perMs: 1 },
          { tokens: 1, perMs: 0 },
          { tokens: Number.NaN, perMs: 1 },
        ]) {
          await refuses('store.invalid', () => limiter.take('k', wrong))
        }
      })
    })

    describe('breaker', () => {
      const admit = () => limiter.admit('erp')
      const report = (ok: boolean) => limiter.report('erp', ok, policy)
      const failTimes = async (times: number) => {
        for (let index = 0; index < times; index++) await report(false)
      }

      it('is closed at first and lets everybody through', async () => {
        assert.deepEqual(await admit(), { go: true, state: { state: 'closed', failures: 0, openUntil: 0 } })
        await failTimes(2)
        assert.deepEqual(await admit(), { go: true, state: { state: 'closed', failures: 2, openUntil: 0 } })
      })

      it('opens after so many failures in a row', async () => {
        await failTimes(2)
        await report(true)
        await failTimes(2)
        assert.equal((await admit()).go, true)
        const opened = { state: 'open', failures: 3, openUntil: clock.now() + 10_000 }
        assert.deepEqual(await report(false), opened)
        clock.advance(9_999)
        assert.deepEqual(await admit(), { go: false, state: opened })
      })

      it('lets exactly one of many through as the trial, and closes when it goes well', async () => {
        await failTimes(3)
        clock.advance(10_000)
        const admissions = await Promise.all(Array.from({ length: 10 }, admit))
        assert.equal(admissions.filter(({ go }) => go).length, 1)
        assert.equal(admissions[0]!.state.state, 'half-open')
        assert.deepEqual(await report(true), { state: 'closed', failures: 0, openUntil: 0 })
        assert.equal((await admit()).go, true)
      })

      it('opens again when the trial fails', async () => {
        await failTimes(3)
        clock.advance(10_000)
        await admit()
        assert.equal((await report(false)).state, 'open')
        assert.equal((await admit()).go, false)
        clock.advance(10_000)
        assert.equal((await admit()).go, true)
      })

      it('lets another one try when the trial never reports', async () => {
        await failTimes(3)
        clock.advance(10_000)
        await admit()
        clock.advance(9_999)
        assert.equal((await admit()).go, false)
        clock.advance(1)
        assert.equal((await admit()).go, true)
      })

      it('is not closed or lengthened by late answers to calls from before', async () => {
        await failTimes(3)
        const until = clock.now() + 10_000
        clock.advance(5_000)
        await report(true)
        assert.equal((await report(false)).openUntil, until)
        assert.equal((await admit()).go, false)
      })

      it('is looked at without using up its trial', async () => {
        const state = () => limiter.state('erp')
        assert.deepEqual(await state(), { state: 'closed', failures: 0, openUntil: 0 })
        await failTimes(2)
        assert.deepEqual(await state(), { state: 'closed', failures: 2, openUntil: 0 })
        await report(false)
        const until = clock.now() + 10_000
        assert.deepEqual(await state(), { state: 'open', failures: 3, openUntil: until })
        clock.advance(10_000)
        assert.deepEqual(await state(), { state: 'open', failures: 3, openUntil: until })
        assert.equal((await admit()).go, true)
        assert.equal((await state()).state, 'half-open')
        assert.equal((await admit()).go, false)
        await refuses('store.invalid', () => limiter.state(''))
      })

      it('is one per destination', async () => {
        await failTimes(3)
        assert.equal((await limiter.admit('crm')).go, true)
      })
    })
  })
}
