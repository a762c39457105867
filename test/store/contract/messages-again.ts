import assert from 'node:assert/strict'
import type { MessageStore } from '../../../engine/store/ports.ts'
import type { SettableClock } from '../../support/clock.ts'
import { claimOne, failsWith, failure, idsOf, ILL_FORMED, message, refuses } from './support.ts'

export function againContract(clock: SettableClock, store: () => MessageStore): void {
  const claim = (subscription: string) => store().claim(subscription, { limit: 9, leaseMs: 1_000 })
  const settleNext = async (subscription: string) => store().settle(await claimOne(store(), subscription))
  const buryNext = async (subscription: string) => store().bury(await claimOne(store(), subscription), failure())

  describe('messages given anew', () => {
    beforeEach(async () => {
      await store().subscribe('events', 's')
      await store().subscribe('events', 't')
      await store().append([message('m1')])
    })

    it('go to every subscription where they had ended, due at once and with attempts at zero', async () => {
      await store().retry(await claimOne(store(), 's'), clock.now(), failure())
      await settleNext('s')
      await settleNext('t')
      clock.advance(5)
      assert.equal(await store().redeliver('m1'), 2)
      for (const subscription of ['s', 't']) {
        assert.equal(await store().nextDue(subscription), clock.now())
        const again = await claimOne(store(), subscription)
        assert.deepEqual([again.attempt, again.firstClaimedAt], [1, clock.now()])
        assert.equal(again.lastFailure, undefined)
        assert.deepEqual(again.message, await store().get('m1'))
      }
    })

    it('go to one subscription alone when it is named', async () => {
      await settleNext('s')
      await settleNext('t')
      assert.equal(await store().redeliver('m1', 't'), 1)
      assert.deepEqual(await claim('s'), [])
      assert.deepEqual(idsOf(await claim('t')), ['m1'])
    })

    it('are left alone where they are open: waiting, leased or to be tried again', async () => {
      assert.equal(await store().redeliver('m1'), 0)
      const leased = await claimOne(store(), 's')
      await store().retry(await claimOne(store(), 't'), clock.now() + 50, failure())
      assert.equal(await store().redeliver('m1'), 0)
      await store().settle(leased)
      assert.equal(await store().redeliver('m1'), 1)
      assert.equal(await store().nextDue('t'), clock.now() + 50)
    })

    it('take their dead letter back, with the payload as it was accepted', async () => {
      await buryNext('s')
      await store().requeue('s', 'm1', { corrected: true })
      await buryNext('s')
      assert.equal(await store().redeliver('m1', 's'), 1)
      assert.deepEqual((await store().deadLetters({}, { limit: 9 })).items, [])
      assert.deepEqual((await claimOne(store(), 's')).message.payload, { id: 'm1' })
      assert.equal((await store().counts())[0]!.dead, 0)
    })

    it('come to a subscription that was not there when they were accepted', async () => {
      await store().subscribe('events', 'later')
      assert.equal(await store().redeliver('m1', 'later'), 1)
      assert.deepEqual(idsOf(await claim('later')), ['m1'])
    })

    it('are none for what is not known, or for a subscription of another channel', async () => {
      await store().subscribe('orders', 'o')
      await settleNext('s')
      for (const [id, subscription] of [['unknown'], ['m1', 'o'], ['m1', 'nobody'], ['unknown', 's']] as const)
        assert.equal(await store().redeliver(id, subscription), 0, `${id} ${subscription}`)
      await store().append([message('alone', { channel: 'nobody-listens' })])
      assert.equal(await store().redeliver('alone'), 0)
      assert.deepEqual(await claim('o'), [])
    })

    it('are given once, however many ask at the same time', async () => {
      await settleNext('s')
      const counts = await Promise.all(Array.from({ length: 5 }, () => store().redeliver('m1', 's')))
      assert.deepEqual(counts.sort(), [0, 0, 0, 0, 1])
      assert.equal((await claim('s')).length, 1)
    })

    it('fence off whoever held them before, in every life', async () => {
      const lives = []
      for (let life = 0; life < 3; life++) {
        const holder = await claimOne(store(), 's', 10)
        for (const former of lives) {
          await failsWith('store.stale', store().settle(former))
          await failsWith('store.stale', store().extend(former, 1_000))
        }
        lives.push(holder)
        await (life === 1 ? store().bury(holder, failure()) : store().settle(holder))
        assert.equal(await store().redeliver('m1', 's'), 1)
      }
      assert.equal((await claim('s')).length, 1)
    })

    it('are no longer finished: they stay until they are settled again', async () => {
      await settleNext('s')
      await settleNext('t')
      await store().redeliver('m1', 's')
      assert.equal(await store().purge(clock.now() + 1, 9), 0)
      await settleNext('s')
      assert.equal(await store().purge(clock.now() + 1, 9), 1)
      assert.equal(await store().redeliver('m1'), 0)
    })

    it('keep the order of their lane: before the younger ones of their key, behind the older ones', async () => {
      await store().subscribe('events', 'o', { ordered: true })
      await store().append(['a1', 'a2', 'a3'].map((id) => message(id, { key: 'a' })))
      await settleNext('o')
      await settleNext('o')
      assert.equal(await store().redeliver('a2', 'o'), 1)
      assert.deepEqual(idsOf(await claim('o')), ['a2'])
      assert.equal(await store().redeliver('a1', 'o'), 1)
      clock.advance(1_000)
      const claimed = await claim('o')
      assert.deepEqual(idsOf(claimed), ['a1'])
      await store().settle(claimed[0]!)
      assert.deepEqual(idsOf(await claim('o')), ['a2'])
    })

    it('refuse unusable names', async () => {
      await refuses('store.invalid', () => store().redeliver(''))
      await refuses('store.invalid', () => store().redeliver({ $ne: null } as never))
      await refuses('store.invalid', () => store().redeliver('m1', ILL_FORMED))
      await refuses('store.invalid', () => store().redeliver('m1', { $ne: null } as never))
    })
  })

  describe('dead letters that are discarded', () => {
    beforeEach(async () => {
      await store().subscribe('events', 's')
      await store().append([message('m1')])
    })

    it('are gone for good, and their message may be purged', async () => {
      await buryNext('s')
      assert.equal(await store().purge(clock.now() + 1, 9), 0)
      assert.equal(await store().discard('s', 'm1'), true)
      assert.deepEqual((await store().deadLetters({}, { limit: 9 })).items, [])
      assert.equal((await store().counts())[0]!.dead, 0)
      assert.deepEqual(await claim('s'), [])
      assert.equal(await store().requeue('s', 'm1'), false)
      assert.equal(await store().purge(clock.now() + 1, 9), 1)
    })

    it('leave the message where another subscription still has it', async () => {
      await store().subscribe('events', 't')
      await store().append([message('m2')])
      await buryNext('s')
      await buryNext('s')
      await buryNext('t')
      for (const id of ['m1', 'm2']) assert.equal(await store().discard('s', id), true)
      assert.equal(await store().purge(clock.now() + 1, 9), 1)
      assert.equal(await store().discard('t', 'm2'), true)
      assert.equal(await store().purge(clock.now() + 1, 9), 1)
    })

    it('are those that are dead, and once', async () => {
      assert.equal(await store().discard('s', 'm1'), false)
      assert.equal(await store().discard('s', 'unknown'), false)
      assert.equal(await store().discard('nobody', 'm1'), false)
      await buryNext('s')
      const results = await Promise.all(Array.from({ length: 4 }, () => store().discard('s', 'm1')))
      assert.deepEqual(results.filter(Boolean), [true])
      await refuses('store.invalid', () => store().discard('s', ''))
      await refuses('store.invalid', () => store().discard({ $ne: null } as never, 'm1'))
    })

    it('can be given anew while their message is there', async () => {
      await buryNext('s')
      await store().discard('s', 'm1')
      assert.equal(await store().redeliver('m1'), 1)
      assert.deepEqual(idsOf(await claim('s')), ['m1'])
    })
  })
}
