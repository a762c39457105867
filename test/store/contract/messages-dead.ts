import assert from 'node:assert/strict'
import type { DeadLetterFilter, MessageStore } from '../../../engine/store/ports.ts'
import type { SettableClock } from '../../support/clock.ts'
import { claimOne, failure, message, refuses } from './support.ts'

export function deadLetterContract(clock: SettableClock, store: () => MessageStore): void {
  describe('dead letters', () => {
    const bury = async (id: string, subscription = 's', category = failure().category, code = failure().code) => {
      const delivery = await claimOne(store(), subscription)
      assert.equal(delivery.message.id, id)
      await store().bury(delivery, failure({ category, code }))
    }
    const ids = async (filter: DeadLetterFilter) =>
      (await store().deadLetters(filter, { limit: 100 })).items.map(({ message }) => message.id)
    beforeEach(() => store().subscribe('events', 's'))

    it('keep the message, the failure, the attempts and the times', async () => {
      await store().append([message('m1', { raw: Uint8Array.of(1) })])
      const firstAt = clock.now()
      await store().retry(await claimOne(store(), 's'), clock.now(), failure())
      clock.advance(50)
      const report = failure({ category: 'refused', nodeId: 'n', nodeType: 't', nodeName: 'Post', flow: 'f' })
      await store().bury(await claimOne(store(), 's'), report)
      const { items, next } = await store().deadLetters({}, { limit: 10 })
      assert.equal(next, undefined)
      assert.deepEqual(items, [
        {
          subscription: 's',
          message: await store().get('m1'),
          failure: report,
          attempts: 2,
          firstAt,
          lastAt: clock.now(),
        },
      ])
      assert.deepEqual((await store().counts())[0], {
        subscription: 's',
        channel: 'events',
        waiting: 0,
        leased: 0,
        dead: 1,
      })
      clock.advance(1_000_000)
      assert.deepEqual(await store().claim('s', { limit: 1, leaseMs: 1 }), [])
    })

    it('are found by subscription, channel, category, key and correlation, alone and together', async () => {
      await store().subscribe('orders', 't')
      await store().append([message('m1', { key: 'k1' }), message('m2', { correlationId: 'cor_2' })])
      await store().append([message('m3', { channel: 'orders', key: 'k1' })])
      await bury('m1', 's', 'refused')
      await bury('m2', 's', 'invalid')
      await bury('m3', 't', 'refused')
      assert.deepEqual(await ids({}), ['m1', 'm2', 'm3'])
      assert.deepEqual(await ids({ subscription: 's' }), ['m1', 'm2'])
      assert.deepEqual(await ids({ channel: 'orders' }), ['m3'])
      assert.deepEqual(await ids({ category: 'refused' }), ['m1', 'm3'])
      assert.deepEqual(await ids({ key: 'k1' }), ['m1', 'm3'])
      assert.deepEqual(await ids({ correlationId: 'cor_2' }), ['m2'])
      assert.deepEqual(await ids({ category: 'refused', subscription: 's', key: 'k1' }), ['m1'])
      assert.deepEqual(await ids({ subscription: 'nobody' }), [])
      await refuses('store.invalid', () => ids({ key: { $ne: null } as never }))
    })

    it('are found by partner, failure code and time of burial, and counted by any of it', async () => {
      await store().append([message('m1'), message('m2')])
      await store().append([message('m3', { headers: { partner: 'kiosk' } }), message('m4', { headers: {} })])
      const start = clock.now()
      for (const delivery of await store().claim('s', { limit: 9, leaseMs: 60_000 })) {
        const { id } = delivery.message
        await store().bury(delivery, failure({ code: id === 'm2' ? 'partner.limit' : 'partner.timeout' }))
        clock.advance(100)
      }
      const found = async (filter: DeadLetterFilter) => {
        const all = await ids(filter)
        assert.equal(await store().countDead(filter), all.length)
        return all
      }
      assert.deepEqual(await found({}), ['m1', 'm2', 'm3', 'm4'])
      assert.deepEqual(await found({ partner: 'uber-direct' }), ['m1', 'm2'])
      assert.deepEqual(await found({ partner: '' }), ['m4'])
      assert.deepEqual(await found({ code: 'partner.timeout' }), ['m1', 'm3', 'm4'])
      assert.deepEqual(await found({ code: 'partner.timeout', partner: 'kiosk', subscription: 's' }), ['m3'])
      assert.deepEqual(await found({ since: start + 100 }), ['m2', 'm3', 'm4'])
      assert.deepEqual(await found({ since: start + 100, before: start + 300 }), ['m2', 'm3'])
      assert.deepEqual(await found({ before: start }), [])
      assert.deepEqual(await found({ subscription: 'nobody' }), [])
      assert.deepEqual(
        await found({ category: 'transient', key: 'shp_1', correlationId: 'cor_1', channel: 'events' }),
        ['m1', 'm2', 'm3', 'm4'],
      )
    })

    it('are not found by what is no filter', async () => {
      const unusable = [
        { since: -1 },
        { before: Number.NaN },
        { since: '2026' },
        { partner: null },
        { code: { $gt: '' } },
        { $where: '1' },
        null,
        'all',
      ]
      for (const filter of unusable as DeadLetterFilter[]) {
        await refuses('store.invalid', () => store().countDead(filter))
        await refuses('store.invalid', () => ids(filter))
      }
    })

    it('are opened one by one, as the list shows them', async () => {
      await store().append([message('m1', { raw: Uint8Array.of(1) }), message('m2')])
      await bury('m1')
      const [listed] = (await store().deadLetters({}, { limit: 1 })).items
      assert.deepEqual(await store().deadLetter('s', 'm1'), listed)
      for (const [subscription, id] of [
        ['s', 'm2'],
        ['s', 'unknown'],
        ['nobody', 'm1'],
      ] as const)
        assert.equal(await store().deadLetter(subscription, id), undefined, `${subscription} ${id}`)
      await refuses('store.invalid', () => store().deadLetter('s', ''))
      await refuses('store.invalid', () => store().deadLetter({ $ne: null } as never, 'm1'))
    })

    it('are paged in the order of their burial, stable while others are buried and revived', async () => {
      await store().append(['m1', 'm2', 'm3', 'm4', 'm5'].map((id) => message(id)))
      for (const id of ['m1', 'm2', 'm3', 'm4']) await bury(id)
      const first = await store().deadLetters({}, { limit: 2 })
      await store().requeue('s', 'm1')
      await store().settle(await claimOne(store(), 's'))
      await bury('m5')
      const second = await store().deadLetters({}, { after: first.next!, limit: 2 })
      const third = await store().deadLetters({}, { after: second.next!, limit: 2 })
      const pages = [first, second, third].map(({ items }) => items.map(({ message }) => message.id))
      assert.deepEqual(pages, [['m1', 'm2'], ['m3', 'm4'], ['m5']])
      assert.equal(third.next, undefined)
      await refuses('store.invalid', () => store().deadLetters({}, { after: 'x', limit: 1 }))
    })

    it('go back to work with attempts at zero', async () => {
      await store().append([message('m1')])
      await store().retry(await claimOne(store(), 's'), clock.now(), failure())
      await bury('m1')
      clock.advance(5)
      assert.equal(await store().requeue('s', 'm1'), true)
      assert.deepEqual(await ids({}), [])
      const again = await claimOne(store(), 's')
      assert.equal(again.attempt, 1)
      assert.equal(again.firstClaimedAt, clock.now())
      assert.equal(again.lastFailure, undefined)
    })

    it('go back corrected for the subscription that failed; the message itself stays what was accepted', async () => {
      await store().subscribe('events', 'other')
      await store().append([message('m1')])
      await bury('m1')
      const corrected = { id: 'm1', fixed: true }
      const requeued = store().requeue('s', 'm1', corrected)
      corrected.fixed = false
      await requeued
      const repaired = await claimOne(store(), 's')
      assert.deepEqual(repaired.message.payload, { id: 'm1', fixed: true })
      assert.deepEqual((await claimOne(store(), 'other')).message.payload, { id: 'm1' })
      assert.deepEqual((await store().get('m1'))!.payload, { id: 'm1' })
      await store().bury(repaired, failure())
      assert.deepEqual((await store().deadLetters({}, { limit: 1 })).items[0]!.message.payload, {
        id: 'm1',
        fixed: true,
      })
      await store().requeue('s', 'm1')
      assert.deepEqual((await claimOne(store(), 's')).message.payload, { id: 'm1', fixed: true })
    })

    it('are revived by one of many, and only when they are dead', async () => {
      await store().append([message('m1')])
      assert.equal(await store().requeue('s', 'm1'), false)
      assert.equal(await store().requeue('s', 'unknown'), false)
      assert.equal(await store().requeue('nobody', 'm1'), false)
      await bury('m1')
      const revived = await Promise.all(Array.from({ length: 5 }, () => store().requeue('s', 'm1')))
      assert.deepEqual(revived.filter(Boolean), [true])
      assert.equal((await store().claim('s', { limit: 5, leaseMs: 1 })).length, 1)
    })

    it('leave the deliveries of other subscriptions alone', async () => {
      await store().subscribe('events', 'other')
      await store().append([message('m1')])
      await bury('m1')
      await store().settle(await claimOne(store(), 'other'))
      assert.equal(await store().purge(clock.now() + 1, 10), 0)
      await store().requeue('s', 'm1')
      await store().settle(await claimOne(store(), 's'))
      assert.equal(await store().purge(clock.now() + 1, 10), 1)
    })
  })
}
