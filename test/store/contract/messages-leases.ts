import assert from 'node:assert/strict'
import type { Delivery, MessageStore } from '../../../engine/store/ports.ts'
import type { SettableClock } from '../../support/clock.ts'
import { claimOne, failsWith, failure, idsOf, message } from './support.ts'

export function leaseContract(clock: SettableClock, store: () => MessageStore): void {
  describe('claiming', () => {
    beforeEach(() => store().subscribe('events', 's'))

    it('gives a delivery with its message, attempt, token and lease', async () => {
      await store().append([message('m1', { raw: Uint8Array.of(1) })])
      const delivery = await claimOne(store(), 's', 500)
      assert.deepEqual(delivery, {
        message: await store().get('m1'),
        subscription: 's',
        attempt: 1,
        token: delivery.token,
        leaseUntil: clock.now() + 500,
        firstClaimedAt: clock.now(),
      })
    })

    it('never gives the same delivery to two claimers', async () => {
      await store().append(Array.from({ length: 100 }, (_, index) => message(`m${index}`, { key: `k${index}` })))
      const claims = await Promise.all(
        Array.from({ length: 20 }, () => store().claim('s', { limit: 10, leaseMs: 1_000 })),
      )
      const ids = claims.flatMap(idsOf)
      assert.equal(ids.length, 100)
      assert.equal(new Set(ids).size, 100)
    })

    it('gives it again when the lease has lapsed, by the clock, and counts the attempt', async () => {
      await store().append([message('m1')])
      const first = await claimOne(store(), 's', 1_000)
      clock.advance(999)
      assert.deepEqual(await store().claim('s', { limit: 1, leaseMs: 1_000 }), [])
      clock.advance(1)
      const second = await claimOne(store(), 's', 1_000)
      assert.equal(second.attempt, 2)
      assert.notEqual(second.token, first.token)
      assert.equal(second.firstClaimedAt, first.firstClaimedAt)
    })

    it('gives it to one of many who want a lapsed one', async () => {
      await store().append([message('m1')])
      await claimOne(store(), 's', 10)
      clock.advance(10)
      const claims = await Promise.all(
        Array.from({ length: 10 }, () => store().claim('s', { limit: 5, leaseMs: 1_000 })),
      )
      assert.equal(claims.flat().length, 1)
    })

    it('does not give a settled one again', async () => {
      await store().append([message('m1')])
      await store().settle(await claimOne(store(), 's'))
      clock.advance(1_000_000)
      assert.deepEqual(await store().claim('s', { limit: 1, leaseMs: 1 }), [])
      assert.deepEqual(await store().append([message('m1')]), ['present'])
      assert.deepEqual(await store().claim('s', { limit: 1, leaseMs: 1 }), [])
    })
  })

  describe('fencing', () => {
    const ends: Record<string, (delivery: Delivery) => Promise<unknown>> = {
      settle: (delivery) => store().settle(delivery),
      retry: (delivery) => store().retry(delivery, clock.now(), failure()),
      bury: (delivery) => store().bury(delivery, failure()),
      extend: (delivery) => store().extend(delivery, 1_000),
      'give back': (delivery) => store().giveBack(delivery),
    }
    beforeEach(async () => {
      await store().subscribe('events', 's')
      await store().append([message('m1')])
    })

    for (const [what, end] of Object.entries(ends)) {
      it(`does not let a zombie ${what} what was claimed anew`, async () => {
        const zombie = await claimOne(store(), 's', 10)
        clock.advance(10)
        const holder = await claimOne(store(), 's', 1_000)
        await failsWith('store.stale', end(zombie))
        await store().settle(holder)
      })

      it(`does not let anybody ${what} what is settled`, async () => {
        const delivery = await claimOne(store(), 's')
        await store().settle(delivery)
        await failsWith('store.stale', end(delivery))
      })

      it(`does not let anybody ${what} what was given back`, async () => {
        const delivery = await claimOne(store(), 's')
        await store().giveBack(delivery)
        await failsWith('store.stale', end(delivery))
      })

      it(`does not let a holder from before a burial ${what} what was put back to work`, async () => {
        const zombie = await claimOne(store(), 's', 10)
        clock.advance(10)
        await store().bury(await claimOne(store(), 's'), failure())
        await store().requeue('s', 'm1')
        const holder = await claimOne(store(), 's')
        await failsWith('store.stale', end(zombie))
        await store().settle(holder)
      })
    }

    it('does not let a forged or misdirected token through', async () => {
      await store().subscribe('events', 'other')
      const delivery = await claimOne(store(), 's')
      await failsWith('store.stale', store().settle({ ...delivery, token: delivery.token + 1 }))
      await failsWith('store.stale', store().settle({ ...delivery, subscription: 'other' }))
      await failsWith('store.stale', store().settle({ ...delivery, subscription: 'nobody' }))
      await store().settle(delivery)
    })

    it('lets a late holder settle while nobody else has taken over: the work is done', async () => {
      const delivery = await claimOne(store(), 's', 10)
      clock.advance(1_000)
      await store().settle(delivery)
      assert.deepEqual(await store().claim('s', { limit: 1, leaseMs: 1 }), [])
    })

    it('settles once of many simultaneous settlements', async () => {
      const delivery = await claimOne(store(), 's')
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => store().settle(delivery)))
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    })
  })

  describe('leases', () => {
    beforeEach(async () => {
      await store().subscribe('events', 's')
      await store().append([message('m1')])
    })

    it('are lengthened from now on', async () => {
      const delivery = await claimOne(store(), 's', 1_000)
      clock.advance(900)
      const longer = await store().extend(delivery, 1_000)
      assert.deepEqual(longer, { ...delivery, leaseUntil: clock.now() + 1_000 })
      clock.advance(999)
      assert.deepEqual(await store().claim('s', { limit: 1, leaseMs: 1 }), [])
      await store().settle(longer)
    })

    it('given back make the delivery due at once and do not count', async () => {
      const first = await claimOne(store(), 's')
      clock.advance(5)
      await store().giveBack(first)
      const second = await claimOne(store(), 's')
      assert.equal(second.attempt, 1)
      assert.equal(second.firstClaimedAt, clock.now())
    })
  })

  describe('retries', () => {
    beforeEach(async () => {
      await store().subscribe('events', 's')
      await store().append([message('m1')])
    })

    it('come back at their time, with what went wrong', async () => {
      const report = failure({ nodeId: 'n1', nodeType: 'http request', flow: 'orders' })
      await store().retry(await claimOne(store(), 's'), clock.now() + 100, report)
      clock.advance(99)
      assert.deepEqual(await store().claim('s', { limit: 1, leaseMs: 1 }), [])
      clock.advance(1)
      const again = await claimOne(store(), 's')
      assert.equal(again.attempt, 2)
      assert.deepEqual(again.lastFailure, report)
    })

    it('come before younger messages once they are due', async () => {
      await store().retry(await claimOne(store(), 's'), clock.now() + 100, failure())
      await store().append([message('m2')])
      clock.advance(100)
      assert.deepEqual(idsOf(await store().claim('s', { limit: 2, leaseMs: 1 })), ['m1', 'm2'])
    })

    it('do not hold back others', async () => {
      await store().retry(await claimOne(store(), 's'), clock.now() + 100, failure())
      await store().append([message('m2')])
      assert.deepEqual(idsOf(await store().claim('s', { limit: 2, leaseMs: 1 })), ['m2'])
    })
  })

  describe('next due', () => {
    beforeEach(() => store().subscribe('events', 's'))

    it('is now for a new message, the time of a retry, the end of a lease, nothing when nothing is open', async () => {
      assert.equal(await store().nextDue('s'), undefined)
      await store().append([message('m1')])
      assert.ok((await store().nextDue('s'))! <= clock.now())
      const delivery = await claimOne(store(), 's', 700)
      assert.equal(await store().nextDue('s'), clock.now() + 700)
      await store().retry(delivery, clock.now() + 5_000, failure())
      assert.equal(await store().nextDue('s'), clock.now() + 5_000)
      clock.advance(5_000)
      await store().bury(await claimOne(store(), 's'), failure())
      assert.equal(await store().nextDue('s'), undefined)
    })
  })
}
