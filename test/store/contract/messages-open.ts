import assert from 'node:assert/strict'
import type { MessageStore } from '../../../engine/store/ports.ts'
import type { SettableClock } from '../../support/clock.ts'
import { claimOne, failure, message, refuses, STRANGE } from './support.ts'

export function openDeliveriesContract(clock: SettableClock, store: () => MessageStore): void {
  describe('open deliveries of a key', () => {
    const states = async (key = 'shp_1', limit = 10) =>
      (await store().openOf(key, limit)).map(({ subscription, messageId, state }) => [subscription, messageId, state])
    beforeEach(async () => {
      await store().subscribe('events', 'a', { ordered: true })
      await store().subscribe('events', 'b', { ordered: true })
    })

    it('are named with what became of them so far, until they are settled', async () => {
      await store().append([message('m1', { correlationId: 'cor_7' })])
      const acceptedAt = clock.now()
      await store().settle(await claimOne(store(), 'b'))
      await store().retry(await claimOne(store(), 'a'), clock.now() + 500, failure())
      assert.deepEqual(await store().openOf('shp_1', 10), [
        {
          ...{ subscription: 'a', channel: 'events', messageId: 'm1', correlationId: 'cor_7', partner: 'uber-direct' },
          ...{ acceptedAt, state: 'scheduled', dueAt: acceptedAt + 500, attempts: 1, failure: failure() },
        },
      ])
      clock.advance(500)
      await store().settle(await claimOne(store(), 'a'))
      assert.deepEqual(await store().openOf('shp_1', 10), [])
    })

    it('are ready, under way, or blocked by an earlier one', async () => {
      await store().append([message('m1'), message('m2'), message('m3', { key: 'shp_2' })])
      await claimOne(store(), 'a')
      assert.deepEqual((await states()).toSorted(), [
        ['a', 'm1', 'leased'],
        ['a', 'm2', 'blocked'],
        ['b', 'm1', 'ready'],
        ['b', 'm2', 'blocked'],
      ])
    })

    it('do not count once they are dead, and do again when they are put back to work', async () => {
      await store().append([message('m1')])
      await store().settle(await claimOne(store(), 'b'))
      await store().bury(await claimOne(store(), 'a'), failure())
      assert.deepEqual(await states(), [])
      await store().requeue('a', 'm1')
      assert.deepEqual(await states(), [['a', 'm1', 'ready']])
      await store().settle(await claimOne(store(), 'a'))
      await store().redeliver('m1', 'a')
      assert.deepEqual(await states(), [['a', 'm1', 'ready']])
    })

    it('are the oldest ones, and not more than asked for', async () => {
      for (const id of ['m1', 'm2', 'm3']) await store().append([message(id)])
      const found = await store().openOf('shp_1', 2)
      assert.deepEqual(new Set(found.map(({ messageId }) => messageId)), new Set(['m1']))
      assert.equal(found.length, 2)
    })

    it('are found by any key, and by no other', async () => {
      await store().append(STRANGE.map((key, n) => message(`m${n}`, { key })))
      for (const [n, key] of STRANGE.entries())
        assert.deepEqual(
          (await store().openOf(key, 10)).map(({ messageId }) => messageId),
          [`m${n}`, `m${n}`],
        )
      assert.deepEqual(await store().openOf('shp_9', 10), [])
    })

    it('are asked for by a key and a number of them', async () => {
      await refuses('store.invalid', () => store().openOf('', 1))
      await refuses('store.invalid', () => store().openOf('k', 0))
    })
  })
}
