import assert from 'node:assert/strict'
import type { MessageStore, Store } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { againContract } from './messages-again.ts'
import { largeBodyContract } from './messages-bodies.ts'
import { deadLetterContract } from './messages-dead.ts'
import { openDeliveriesContract } from './messages-open.ts'
import { leaseContract } from './messages-leases.ts'
import { orderContract } from './messages-order.ts'
import { partnerContract } from './messages-partners.ts'
import { claimOne, failsWith, ILL_FORMED, idsOf, message, type OpenClean, refuses, STRANGE } from './support.ts'

/** Everything that `MessageStore` promises; the larger sections stand in files of their own. */
export function messageStoreContract(name: string, open: OpenClean): void {
  describe(`message store: ${name}`, () => {
    const clock = new SettableClock()
    let store: Store
    let messages: MessageStore

    beforeEach(async () => {
      clock.set('2026-03-02T08:00:00Z')
      store = await open(clock)
      messages = store.messages
    })
    afterEach(() => store.close())

    describe('lifecycle', () => {
      it('finds what was appended, as it was, with its position and time', async () => {
        const given = message('m1', { raw: Uint8Array.of(0, 255, 10), payload: { a: [1, null, 'x'] } })
        assert.deepEqual(await messages.append([given]), ['stored'])
        const found = await messages.get('m1')
        assert.deepEqual(found, { ...given, seq: found?.seq, acceptedAt: clock.now() })
        assert.equal(await messages.get('m2'), undefined)
      })

      it('leaves `raw` out when there was none', async () => {
        await messages.append([message('m1')])
        assert.equal('raw' in (await messages.get('m1'))!, false)
      })

      it('takes an empty list', async () => {
        assert.deepEqual(await messages.append([]), [])
      })

      it('refuses work after closing, with one code', async () => {
        await store.close()
        await store.close()
        await failsWith('store.closed', messages.append([message('m1')]))
        await failsWith('store.closed', messages.get('m1'))
        await failsWith('store.closed', messages.append([message('m1', { raw: new Uint8Array(100_000) })]))
        await failsWith('store.closed', messages.claim('s', { limit: 1, leaseMs: 1 }))
        await failsWith('store.closed', messages.redeliver('m1'))
        await failsWith('store.closed', messages.discard('s', 'm1'))
        await failsWith('store.closed', messages.countDead({}))
        await failsWith('store.closed', messages.deadLetter('s', 'm1'))
        await failsWith('store.closed', messages.hold('a', true))
        await failsWith('store.closed', messages.heldPartners())
        await failsWith('store.closed', messages.backlog('a'))
        await failsWith('store.closed', store.ping())
      })

      it('finishes what was asked before closing', async () => {
        const appended = [messages.append([message('m1')])]
        appended.push(messages.append([message('m2', { raw: new Uint8Array(100_000) })]))
        const closed = store.close()
        assert.deepEqual(await Promise.all(appended), [['stored'], ['stored']])
        await closed
      })

      it('answers a ping', async () => {
        await store.ping()
      })
    })

    describe('isolation', () => {
      it('keeps no hold of the arguments', async () => {
        const given = message('m1', { payload: { list: [1] }, raw: Uint8Array.of(1, 2) })
        const appended = messages.append([given])
        Object.assign(given.payload as object, { list: [2] })
        given.headers.partner = 'other'
        given.raw!.fill(9)
        await appended
        const found = (await messages.get('m1'))!
        assert.deepEqual(found.payload, { list: [1] })
        assert.deepEqual(found.headers, { partner: 'uber-direct' })
        assert.deepEqual(found.raw, Uint8Array.of(1, 2))
      })

      it("gives results that are the caller's own", async () => {
        await messages.append([message('m1')])
        const found = (await messages.get('m1'))!
        found.headers.partner = 'other'
        assert.equal((await messages.get('m1'))!.headers.partner, 'uber-direct')
      })
    })

    describe('idempotency', () => {
      it('stores an id once and says so', async () => {
        assert.deepEqual(await messages.append([message('m1')]), ['stored'])
        assert.deepEqual(await messages.append([message('m1')]), ['present'])
        assert.deepEqual(await messages.append([message('m2'), message('m1'), message('m2')]), [
          'stored',
          'present',
          'present',
        ])
      })

      it('counts the same payload with keys in another order, other headers and another correlation as the same', async () => {
        await messages.append([message('m1', { payload: { a: 1, b: { c: 2, d: 3 } } })])
        const again = message('m1', {
          payload: { b: { d: 3, c: 2 }, a: 1 },
          headers: { traceparent: 't' },
          correlationId: 'x',
        })
        assert.deepEqual(await messages.append([again]), ['present'])
        assert.deepEqual((await messages.get('m1'))!.headers, { partner: 'uber-direct' })
      })

      for (const [what, other] of Object.entries({
        payload: { payload: { id: 'changed' } },
        key: { key: 'shp_2' },
        channel: { channel: 'orders' },
        'raw body': { raw: Uint8Array.of(1) },
      })) {
        it(`reports another ${what} under the same id as a conflict and changes nothing`, async () => {
          await messages.append([message('m1')])
          const before = await messages.get('m1')
          assert.deepEqual(await messages.append([message('m1', other)]), ['conflict'])
          assert.deepEqual(await messages.get('m1'), before)
        })
      }

      it('gives one of many simultaneous appends of an id', async () => {
        await messages.subscribe('events', 's')
        const outcomes = await Promise.all(Array.from({ length: 10 }, () => messages.append([message('m1')])))
        assert.deepEqual(outcomes.flat().sort(), [...Array<string>(9).fill('present'), 'stored'])
        assert.equal((await messages.claim('s', { limit: 10, leaseMs: 1 })).length, 1)
      })

      it('stores all of a call or nothing', async () => {
        await refuses('store.invalid', () => messages.append([message('m1'), message('')]))
        assert.equal(await messages.get('m1'), undefined)
      })
    })

    describe('subscriptions', () => {
      it('gives every message to every subscription of its channel, and to no other', async () => {
        await messages.subscribe('events', 'a')
        await messages.subscribe('events', 'b')
        await messages.subscribe('orders', 'c')
        await messages.append([message('m1'), message('m2', { channel: 'orders' })])
        assert.deepEqual(idsOf(await messages.claim('a', { limit: 9, leaseMs: 1 })), ['m1'])
        assert.deepEqual(idsOf(await messages.claim('b', { limit: 9, leaseMs: 1 })), ['m1'])
        assert.deepEqual(idsOf(await messages.claim('c', { limit: 9, leaseMs: 1 })), ['m2'])
      })

      it('keeps what came before anybody subscribed for the first who does', async () => {
        await messages.append([message('m1'), message('m2')])
        await messages.subscribe('events', 'first')
        await messages.subscribe('events', 'second')
        await messages.append([message('m3')])
        assert.deepEqual(idsOf(await messages.claim('first', { limit: 9, leaseMs: 1 })), ['m1', 'm2', 'm3'])
        assert.deepEqual(idsOf(await messages.claim('second', { limit: 9, leaseMs: 1 })), ['m3'])
      })

      it('is not disturbed by subscribing again', async () => {
        await messages.subscribe('events', 's')
        await messages.append([message('m1')])
        await messages.subscribe('events', 's')
        assert.deepEqual(idsOf(await messages.claim('s', { limit: 9, leaseMs: 1 })), ['m1'])
      })

      it('belongs to one channel', async () => {
        await messages.subscribe('events', 's')
        await refuses('store.invalid', () => messages.subscribe('orders', 's'))
      })

      it('claims nothing for a name that never subscribed', async () => {
        await messages.append([message('m1')])
        assert.deepEqual(await messages.claim('nobody', { limit: 1, leaseMs: 1 }), [])
        assert.equal(await messages.nextDue('nobody'), undefined)
      })
    })

    describe('counts', () => {
      it('tells waiting, leased, dead and the age of the oldest, by subscription', async () => {
        await messages.subscribe('events', 's')
        await messages.subscribe('orders', 't')
        await messages.append([message('m1')])
        clock.advance(5)
        await messages.append([message('m2'), message('m3')])
        const first = await claimOne(messages, 's')
        const expected = {
          subscription: 's',
          channel: 'events',
          waiting: 2,
          leased: 1,
          dead: 0,
          oldestAt: clock.now() - 5,
        }
        const idle = { subscription: 't', channel: 'orders', waiting: 0, leased: 0, dead: 0 }
        assert.deepEqual(await messages.counts(), [expected, idle])
        await messages.settle(first)
        assert.deepEqual(await messages.counts(), [{ ...expected, leased: 0, oldestAt: clock.now() }, idle])
      })
    })

    describe('purge', () => {
      const settleAll = async (subscription: string) => {
        for (const delivery of await messages.claim(subscription, { limit: 100, leaseMs: 1_000 }))
          await messages.settle(delivery)
      }

      it('deletes what is old and settled everywhere, at most so many at a time', async () => {
        await messages.subscribe('events', 'a')
        await messages.subscribe('events', 'b')
        await messages.append(['m1', 'm2', 'm3'].map((id) => message(id)))
        await settleAll('a')
        assert.equal(await messages.purge(clock.now() + 1, 10), 0)
        await settleAll('b')
        assert.equal(await messages.purge(clock.now(), 10), 0)
        assert.equal(await messages.purge(clock.now() + 1, 2), 2)
        assert.equal(await messages.purge(clock.now() + 1, 2), 1)
        assert.equal(await messages.get('m3'), undefined)
      })

      it('never deletes what is dead, open, or waits for its first subscription', async () => {
        await messages.subscribe('events', 'a')
        await messages.append([message('dead'), message('open'), message('orphan', { channel: 'orders' })])
        await messages.bury(await claimOne(messages, 'a'), { category: 'refused', code: 'x', message: 'x', causes: [] })
        assert.equal(await messages.purge(clock.now() + 1, 10), 0)
        for (const id of ['dead', 'open', 'orphan']) assert.ok(await messages.get(id), id)
      })

      it('never gives a position out again', async () => {
        await messages.subscribe('events', 'a')
        await messages.append([message('m1')])
        const { seq } = (await messages.get('m1'))!
        await settleAll('a')
        await messages.purge(clock.now() + 1, 10)
        await messages.append([message('m1')])
        assert.ok((await messages.get('m1'))!.seq > seq)
      })
    })

    describe('size limits', () => {
      it('keeps a payload of 1 MiB and a raw body of 5 MiB', async () => {
        const raw = new Uint8Array(5 * 1024 * 1024).fill(7)
        await messages.append([message('m1', { payload: 'x'.repeat(1024 * 1024), raw })])
        const found = (await messages.get('m1'))!
        assert.equal((found.payload as string).length, 1024 * 1024)
        assert.equal(Buffer.compare(found.raw!, raw), 0)
      })

      it('refuses what is too large, without storing a part of it', async () => {
        await refuses('store.invalid', () => messages.append([message('m1', { payload: 'x'.repeat(9 * 1024 * 1024) })]))
        await refuses('store.invalid', () =>
          messages.append([message('m1', { raw: new Uint8Array(33 * 1024 * 1024) })]),
        )
        await refuses('store.invalid', () => messages.append([message('x'.repeat(1025))]))
        assert.equal(await messages.get('m1'), undefined)
      })

      it('refuses what is not JSON', async () => {
        const loop: Record<string, never> = {}
        Object.assign(loop, { loop })
        for (const payload of [undefined, loop, 1n, () => 1]) {
          await refuses('store.invalid', () => messages.append([message('m1', { payload: payload as never })]))
        }
        await refuses('store.invalid', () => messages.append([message('m1', { headers: { n: 1 as never } })]))
      })

      it('refuses limits and spans that mean nothing', async () => {
        await messages.subscribe('events', 's')
        for (const limit of [0, -1, 1.5, Number.NaN]) {
          await refuses('store.invalid', () => messages.claim('s', { limit, leaseMs: 1 }))
          await refuses('store.invalid', () => messages.purge(1, limit))
        }
        await refuses('store.invalid', () => messages.claim('s', { limit: 1, leaseMs: Number.NaN }))
      })
    })

    describe('unicode', () => {
      it('tells strange identifiers apart and gives them back', async () => {
        for (const text of STRANGE) {
          await messages.subscribe(text, text)
          const given = message(text, { channel: text, key: text, correlationId: text, headers: { [text]: text } })
          assert.deepEqual(await messages.append([given]), ['stored'], JSON.stringify(text))
          const { message: found } = await claimOne(messages, text)
          assert.deepEqual(found, { ...given, seq: found.seq, acceptedAt: clock.now() })
        }
      })

      it('keeps lone surrogates in payloads and headers', async () => {
        const given = message('m1', { payload: { [ILL_FORMED]: ILL_FORMED }, headers: { a: ILL_FORMED } })
        await messages.append([given])
        const found = (await messages.get('m1'))!
        assert.deepEqual([found.payload, found.headers], [given.payload, given.headers])
      })

      it('refuses them in identifiers, where two could become one', async () => {
        for (const field of ['id', 'channel', 'key', 'correlationId']) {
          await refuses('store.invalid', () => messages.append([message('m1', { [field]: ILL_FORMED })]))
        }
      })
    })

    leaseContract(clock, () => messages)
    orderContract(clock, () => messages)
    deadLetterContract(clock, () => messages)
    openDeliveriesContract(clock, () => messages)
    againContract(clock, () => messages)
    partnerContract(clock, () => messages)
    largeBodyContract(clock, () => messages)
  })
}
