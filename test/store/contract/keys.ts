import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { KeyStore, Store } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { failsWith, ILL_FORMED, type OpenClean, refuses, STRANGE } from './support.ts'

const claimBy = (owner: string, more = {}) => ({
  key: 'uber-direct/shp_1/delivered',
  owner,
  hash: 'h1',
  ttlMs: 1_000,
  ...more,
})

export function keyStoreContract(name: string, open: OpenClean): void {
  describe(`key store: ${name}`, () => {
    const clock = new SettableClock()
    let store: Store
    let keys: KeyStore

    beforeEach(async () => {
      store = await open(clock)
      keys = store.keys
    })
    afterEach(() => store.close())

    describe('claiming', () => {
      it('is first once, again for the same owner, repeated for others', async () => {
        assert.deepEqual(await keys.claim(claimBy('m1')), { outcome: 'first', owner: 'm1' })
        assert.deepEqual(await keys.claim(claimBy('m1')), { outcome: 'again', owner: 'm1' })
        assert.deepEqual(await keys.claim(claimBy('m2')), { outcome: 'repeated', owner: 'm1' })
      })

      it('is a conflict when the content differs', async () => {
        await keys.claim(claimBy('m1'))
        assert.deepEqual(await keys.claim(claimBy('m2', { hash: 'h2' })), { outcome: 'conflict', owner: 'm1' })
      })

      it('lets the owner pass even when its redelivery was mapped differently', async () => {
        await keys.claim(claimBy('m1'))
        assert.deepEqual(await keys.claim(claimBy('m1', { hash: 'h2' })), { outcome: 'again', owner: 'm1' })
      })

      it('has one winner of many at once', async () => {
        const results = await Promise.all(Array.from({ length: 20 }, (_, index) => keys.claim(claimBy(`m${index}`))))
        const winners = results.filter(({ outcome }) => outcome === 'first')
        assert.equal(winners.length, 1)
        for (const { owner } of results) assert.equal(owner, winners[0]!.owner)
      })
    })

    describe('time to live', () => {
      for (const confirmed of [false, true]) {
        it(`frees a key that is ${confirmed ? 'confirmed' : 'only claimed'} when it ends, by the clock`, async () => {
          await keys.claim(claimBy('m1'))
          if (confirmed) await keys.confirm('m1')
          clock.advance(999)
          assert.equal((await keys.claim(claimBy('m2'))).outcome, 'repeated')
          clock.advance(1)
          assert.deepEqual(await keys.claim(claimBy('m2')), { outcome: 'first', owner: 'm2' })
        })
      }

      it('does not let a late confirm or release of the former owner touch the new one', async () => {
        await keys.claim(claimBy('m1'))
        clock.advance(1_000)
        await keys.claim(claimBy('m2'))
        await keys.release('m1')
        await keys.confirm('m1')
        assert.deepEqual(await keys.claim(claimBy('m3')), { outcome: 'repeated', owner: 'm2' })
        await keys.release('m2')
        assert.equal((await keys.claim(claimBy('m3'))).outcome, 'first')
      })
    })

    describe('confirm and release', () => {
      it("release frees every unconfirmed key of the owner and nobody else's", async () => {
        for (const key of ['a', 'b']) await keys.claim(claimBy('m1', { key }))
        await keys.claim(claimBy('m2', { key: 'c' }))
        await keys.release('m1')
        assert.equal((await keys.claim(claimBy('m3', { key: 'a' }))).outcome, 'first')
        assert.equal((await keys.claim(claimBy('m3', { key: 'b' }))).outcome, 'first')
        assert.equal((await keys.claim(claimBy('m3', { key: 'c' }))).outcome, 'repeated')
      })

      it('confirm makes keys final: a later release frees only newer claims', async () => {
        await keys.claim(claimBy('m1', { key: 'a' }))
        await keys.confirm('m1')
        await keys.claim(claimBy('m1', { key: 'b' }))
        await keys.release('m1')
        assert.equal((await keys.claim(claimBy('m2', { key: 'a' }))).outcome, 'repeated')
        assert.equal((await keys.claim(claimBy('m2', { key: 'b' }))).outcome, 'first')
      })

      it('are harmless for an owner without keys, and twice', async () => {
        for (let time = 0; time < 2; time++) {
          await keys.confirm('nobody')
          await keys.release('nobody')
        }
      })
    })

    it('agrees with a plain model for any run of claims, ends and waits', async () => {
      const step = fc.record({
        what: fc.constantFrom('claim', 'claim', 'claim', 'confirm', 'release', 'wait'),
        key: fc.integer({ min: 0, max: 2 }),
        owner: fc.integer({ min: 0, max: 2 }),
        hash: fc.integer({ min: 0, max: 1 }),
      })
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
          const prefix = `run${run++}`
          const model = new Map<string, { owner: string; hash: string; confirmed: boolean; until: number }>()
          for (const given of steps) {
            const [key, owner, hash] = [`${prefix}/${given.key}`, `${prefix}/${given.owner}`, `h${given.hash}`]
            const mine = [...model].filter(([, entry]) => entry.owner === owner && !entry.confirmed)
            if (given.what === 'wait') clock.advance(400)
            else if (given.what === 'confirm') {
              await keys.confirm(owner)
              for (const [, entry] of mine) entry.confirmed = true
            } else if (given.what === 'release') {
              await keys.release(owner)
              for (const [held] of mine) model.delete(held)
            } else {
              const entry = model.get(key)
              const result = await keys.claim({ key, owner, hash, ttlMs: 1_000 })
              if (!entry || entry.until <= clock.now()) {
                model.set(key, { owner, hash, confirmed: false, until: clock.now() + 1_000 })
                assert.deepEqual(result, { outcome: 'first', owner })
              } else {
                const outcome = entry.owner === owner ? 'again' : entry.hash === hash ? 'repeated' : 'conflict'
                assert.deepEqual(result, { outcome, owner: entry.owner })
              }
            }
          }
        }),
        { numRuns: 50 },
      )
    })

    it('tells strange keys and owners apart', async () => {
      for (const text of STRANGE) {
        assert.deepEqual(await keys.claim(claimBy(text, { key: text })), { outcome: 'first', owner: text })
      }
      for (const text of STRANGE) {
        assert.deepEqual(await keys.claim(claimBy('other', { key: text })), { outcome: 'repeated', owner: text })
      }
    })

    it('refuses unusable arguments and a closed store', async () => {
      for (const wrong of [
        { key: '' },
        { owner: '' },
        { key: ILL_FORMED },
        { key: 'x'.repeat(1025) },
        { ttlMs: -1 },
        { ttlMs: Number.NaN },
      ]) {
        await refuses('store.invalid', () => keys.claim(claimBy('m1', wrong)))
      }
      await store.close()
      await failsWith('store.closed', keys.claim(claimBy('m1')))
      await failsWith('store.closed', keys.confirm('m1'))
      await failsWith('store.closed', keys.release('m1'))
    })
  })
}
